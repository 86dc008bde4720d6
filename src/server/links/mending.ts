/**
 * After a link was broken, neither side knows what the other has missed: whoever is available here asks about those there
 * whom they may see (RFC 6121 4.3.1, "to refresh"), and tells those there who may see them (4.4.2, once more), or were sent presence directly. What an
 * answer to a probe of the other side has said meanwhile is not said again. Nobody here notices but by what has changed.
 *
 * The other side handles only so much in a second, and may be asking us as much: with thousands of pairs of contacts this
 * takes minutes. So little is under way at a time, with marks behind it (mark.ts), and what others send overtakes the rest.
 * Each step sends what is so when its turn comes. When the last mark is through, the link is settled: who has not been
 * confirmed until then is not hidden by a queue.
 */
import type { Clock, Millis, Timer } from '../../base/clock.ts'
import { contactKey } from '../../im/account.ts'
import type { Counter, Metrics } from '../../base/metrics.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Asking } from '../routing/asking.ts'
import type { LocalAccount } from '../account/session.ts'
import type { FactBoard, LinkFact } from '../account/facts.ts'
import type { Links } from './links.ts'
import type { Probing } from '../contacts/probing.ts'
import type { Router } from '../routing/router.ts'
import type { Session } from '../account/session.ts'
import type { Sessions } from '../account/sessions.ts'
import { setMark, type Passage } from './mark.ts'

export interface MendingParts {
  readonly clock: Clock
  readonly facts: FactBoard
  readonly metrics: Metrics
  readonly sessions: Sessions
  readonly router: Router
  readonly probing: Probing
  readonly asking: Asking
}

/** Stanzas before each mark, and marks that are under way at a time: others wait behind so much at most. */
const PORTION = 25
const MARKS_MAX = 2
/** Sessions looked at in one go; others have their turn before the next. */
const LOOKS = 500
const PAUSE: Millis = 5
/** What could not be sent is tried once more after this. */
const AGAIN: Millis = 15_000
/** A server that has never answered a mark, and was given so many chances to, answers none: it is not waited for. */
const CHANCES = 3

/** The links that are being mended. */
export class Mending {
  readonly #parts: MendingParts
  readonly #links: Links
  readonly #passes = new Map<string, Pass>()
  readonly #settled: Counter

  constructor(parts: MendingParts, links: Links) {
    const { facts, probing, metrics } = parts
    this.#parts = parts
    this.#links = links
    facts.on('link-mended', (link) => this.#begin(link))
    metrics.gauge(
      'porchlight_links_mending',
      'Links that were broken and over which contacts are being asked for anew',
      () => this.#passes.size,
    )
    this.#settled = metrics.counter(
      'porchlight_links_settled_total',
      'Links that were broken and over which all contacts were asked for anew',
    )
    probing.onAnswered((account, prober) => {
      if (this.#passes.size > 0) this.#passes.get(keyOf(account.domain, prober.domain))?.hasSaid(account, prober)
    })
  }

  #begin(link: LinkFact): void {
    const { facts, clock } = this.#parts
    const key = keyOf(link.local, link.remote)
    this.#passes.get(key)?.stop()
    const since = clock.now()
    const isUp = (): boolean => this.#links.get(link.local, link.remote)?.state === 'up'
    const pass = new Pass(this.#parts, link, isUp, (outcome) => {
      this.#passes.delete(key)
      if (outcome === 'done') {
        this.#settled.value += 1
        facts.tell('link-settled', { ...link, since })
      } else if (isUp()) this.#begin(link)
    })
    this.#passes.set(key, pass)
    pass.goOn()
  }
}

type Outcome = 'done' | /** To be done once more, unless the link is broken: then it will be mended again. */ 'undone'

/** Once through all pairs of contacts of one link. */
class Pass {
  /** Whose presence was said to whom since the link is back, in answer to a probe. */
  readonly #said = new Set<string>()
  readonly #parts: MendingParts
  readonly #link: LinkFact
  readonly #isUp: () => boolean
  readonly #over: (outcome: Outcome) => void
  readonly #steps: Iterator<boolean>
  #isThroughSteps = false
  #isStopped = false
  #marks = 0
  #timer: Timer | null = null
  #hasAnswered = false
  #chances = CHANCES

  constructor(parts: MendingParts, link: LinkFact, isUp: () => boolean, over: (outcome: Outcome) => void) {
    this.#parts = parts
    this.#link = link
    this.#isUp = isUp
    this.#over = over
    this.#steps = this.#all()
  }
  /** The contact has just been sent the presence of all resources of the account. */
  hasSaid(account: Jid, contact: Jid): void {
    this.#said.add(keyOf(account.bare, contact.bare))
  }
  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }
  /** Sends as much as may be under way. */
  goOn(): void {
    while (!this.#isThroughSteps && this.#marks < MARKS_MAX && this.#timer === null) this.#portion()
    if (this.#isThroughSteps && this.#marks === 0 && !this.#isStopped) this.#end('done')
  }

  #portion(): void {
    let sent = 0
    for (let looks = 0; sent < PORTION; looks += 1) {
      if (looks >= LOOKS) return this.#later(PAUSE, () => this.goOn())
      const { done, value } = this.#steps.next()
      if (done === true) {
        this.#isThroughSteps = true
        break
      }
      if (value) sent += 1
    }
    if (sent > 0) this.#mark()
  }
  #mark(): void {
    this.#marks += 1
    setMark(this.#parts.asking, this.#link, (passage) => {
      this.#marks -= 1
      if (!this.#isStopped) this.#passed(passage)
    })
  }
  #passed(passage: Passage): void {
    if (passage === 'unsent') return this.#again()
    if (passage === 'through') this.#hasAnswered = true
    else if (this.#hasAnswered || !this.#isUp() || (this.#chances -= 1) > 0) return this.#mark()
    this.goOn()
  }
  #again(): void {
    this.stop()
    this.#timer = this.#parts.clock.after(AGAIN, () => this.#over('undone'))
  }
  #later(span: Millis, what: () => void): void {
    this.#timer = this.#parts.clock.after(span, () => {
      this.#timer = null
      what()
    })
  }
  #end(outcome: Outcome): void {
    this.stop()
    this.#over(outcome)
  }

  /** Was anything sent? */
  *#all(): Generator<boolean> {
    const { sessions } = this.#parts
    const here = [...sessions.all()].filter(({ jid }) => jid.domain === this.#link.local)
    for (const account of new Set(here.map((session) => session.account))) yield* this.#ask(account)
    for (const session of here) {
      yield* this.#tell(session)
      yield* this.#tellDirectly(session)
    }
  }
  *#ask(account: LocalAccount): Generator<boolean> {
    yield false
    for (const contact of account.reachable(account.roster.subscriptions).filter(this.#isThere)) {
      // The answer to one probe is for all resources
      const session = account.sessions.find((s) => s.takesPart)
      if (session === undefined) return
      if (!account.roster.isSubscribedTo(contactKey(contact)) || account.hidden(contact)) continue
      this.#parts.probing.ask(session, [contact])
      yield true
    }
  }
  *#tell(session: Session): Generator<boolean> {
    yield false
    const { account } = session
    for (const contact of account.audience.filter(this.#isThere)) {
      if (session.ended || session.presence === null || !session.takesPart) return
      if (!account.roster.isSubscriber(contactKey(contact)) || account.hidden(contact)) continue
      if (this.#said.has(keyOf(account.bare.bare, contact.bare))) continue
      yield this.#parts.probing.repeat(session, contact)
    }
  }
  /** 4.6.3: they take the session's presence for theirs until it is taken back, and nobody can ask for it. */
  *#tellDirectly(session: Session): Generator<boolean> {
    for (const to of [...(session.directed?.values() ?? [])].filter(this.#isThere)) {
      if (session.ended) return
      if (session.directed?.has(to.full) === true) yield this.#parts.probing.repeat(session, to)
    }
  }
  readonly #isThere = ({ domain }: Jid): boolean => domain === this.#link.remote
}

/** Neither a domain nor a bare address that is prepared holds a space between two. */
const keyOf = (one: string, other: string): string => `${one} ${other}`
