/**
 * After a link was broken, neither side knows what the other has missed: whoever is available here asks about those there
 * whom they may see (RFC 6121 4.3.1, "to refresh"), and tells those there who may see them (4.4.2, once more), or were sent presence directly. What an
 * answer to a probe of the other side has said meanwhile is not said again. Nobody here notices but by what has changed.
 *
 * The other side handles only so much in a second, and may be asking us as much: with thousands of pairs of contacts this
 * takes minutes. So little is under way at a time, with marks behind it (mark.ts), and what others send overtakes the rest.
 * Each step sends what is so when its turn comes. When the last mark is through, the link is settled: who has not been
 * confirmed until then is not hidden by a queue.
 *
 * What a user says to more contacts there than the queue takes, while there is no stream yet, goes the same way once one is
 * there: nothing was broken then, so only what did not get into the queue is said.
 */
import type { Clock, Millis, Timer } from '../../base/clock.ts'
import { contactKey } from '../../im/account.ts'
import type { Counter, Metrics } from '../../base/metrics.ts'
import { pairKey } from '../../xmpp/domain-pair.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Accounts } from '../account/accounts.ts'
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
  readonly accounts: Accounts
  /** Says what has not been said over the link of those who have gone. */
  readonly belated: (link: LinkFact) => void
}

/** Whose presence, and questions about whom, did not get into the queue: by account, the addresses. */
type Missed = Map<LocalAccount, Set<string>>

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
    const { facts, metrics } = parts
    this.#parts = parts
    this.#links = links
    facts.on('link-mended', (link) => this.#begin(link))
    metrics.gauge(
      'porchlight_links_mending',
      'Links over which contacts are being asked for in portions: they were broken, or there was no room in the queue',
      () => this.#passes.size,
    )
    this.#settled = metrics.counter(
      'porchlight_links_settled_total',
      'Links that were broken and over which all contacts were asked for anew',
    )
    facts.on('probe-answered', ({ account, prober }) => {
      if (this.#passes.size > 0)
        this.#passes.get(pairKey({ local: account.domain, remote: prober.domain }))?.hasSaid(account, prober)
    })
  }

  /** Presence of ours found no room in the queue. It is said when there is some. */
  missed({ type, from, to }: Packet): void {
    const link = { local: from.domain, remote: to!.domain }
    const missed = (this.#passes.get(pairKey(link)) ?? this.#wait(link, new Map())).missed()
    const account = type === 'unavailable' ? undefined : this.#parts.accounts.get(from.bare)
    if (account === undefined) return
    const addresses = missed.get(account)
    if (addresses === undefined) missed.set(account, new Set([to!.full]))
    else addresses.add(to!.full)
  }

  #begin(link: LinkFact): void {
    const { facts, clock } = this.#parts
    const since = clock.now()
    const isUp = this.#isUp(link)
    const pass = this.#pass(link, null, (outcome) => {
      if (outcome === 'done') {
        this.#settled.value += 1
        facts.tell('link-settled', { ...link, since })
      } else if (isUp()) this.#begin(link)
    })
    pass.goOn()
  }
  /** Until stanzas flow. If the link is lost before, all is said when it is mended. */
  #wait(link: LinkFact, missed: Missed): Pass {
    const losses = (): number | undefined => this.#links.get(link.local, link.remote)?.losses
    const before = losses()
    const pass = this.#pass(link, missed, (outcome) => {
      if (outcome === 'undone' && losses() === before) this.#wait(link, pass.missed())
    })
    pass.wait()
    return pass
  }
  #pass(link: LinkFact, missed: Missed | null, over: (outcome: Outcome) => void): Pass {
    const key = pairKey(link)
    this.#passes.get(key)?.stop()
    const pass = new Pass(this.#parts, link, this.#isUp(link), missed, (outcome) => {
      this.#passes.delete(key)
      over(outcome)
    })
    this.#passes.set(key, pass)
    return pass
  }
  #isUp({ local, remote }: LinkFact): () => boolean {
    return () => this.#links.get(local, remote)?.state === 'up'
  }
}

type Outcome = 'done' | /** To be done once more, unless the link is broken: then it will be mended again. */ 'undone'

/** Once through all pairs of contacts of one link, or through those that were missed. */
class Pass {
  /** Whose presence was said to whom since the link is back, in answer to a probe. */
  readonly #said = new Set<string>()
  readonly #parts: MendingParts
  readonly #link: LinkFact
  readonly #isUp: () => boolean
  readonly #over: (outcome: Outcome) => void
  #steps: Iterator<boolean>
  /** Null: nothing. */
  #missed: Missed | null
  #isThroughSteps = false
  #isStopped = false
  #marks = 0
  #timer: Timer | null = null
  #hasAnswered = false
  #chances = CHANCES

  /** @param missed null: all pairs */
  constructor(parts: MendingParts, link: LinkFact, isUp: () => boolean, missed: Missed | null, over: (outcome: Outcome) => void) {
    this.#parts = parts
    this.#link = link
    this.#isUp = isUp
    this.#over = over
    this.#missed = missed
    this.#steps = missed === null ? this.#all() : [][Symbol.iterator]()
  }
  /** What it has still to say beside; whoever asks may add to it. */
  missed(): Missed {
    this.#isThroughSteps = false
    return (this.#missed ??= new Map())
  }
  /** The contact has just been sent the presence of all resources of the account. */
  hasSaid(account: Jid, contact: Jid): void {
    this.#said.add(bothOf(account, contact))
  }
  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }
  /** Sends nothing before stanzas flow. */
  wait(): void {
    this.#mark()
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
      if (done === true && !this.#hasMissed()) break
      if (value === true) sent += 1
    }
    if (sent > 0) this.#mark()
  }
  /** Was something missed meanwhile? That comes next. */
  #hasMissed(): boolean {
    const missed = this.#missed
    this.#isThroughSteps = missed === null
    if (missed === null) return false
    this.#missed = null
    this.#steps = this.#rest(missed)
    return true
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
    for (const account of new Set(here.map((session) => session.account))) yield* this.#ask(account, this.#isThere)
    for (const session of here) {
      yield* this.#tell(session, this.#isThere)
      yield* this.#tellDirectly(session)
    }
  }
  *#rest(missed: Missed): Generator<boolean> {
    this.#parts.belated(this.#link)
    for (const [account, addresses] of missed) {
      const isMissed = ({ full }: Jid): boolean => addresses.has(full)
      yield* this.#ask(account, isMissed)
      for (const session of [...account.sessions]) yield* this.#tell(session, isMissed)
    }
  }
  *#ask(account: LocalAccount, which: (contact: Jid) => boolean): Generator<boolean> {
    yield false
    for (const contact of account.reachable(account.roster.subscriptions).filter(which)) {
      // The answer to one probe is for all resources
      const session = account.sessions.find((s) => s.takesPart)
      if (session === undefined) return
      if (!account.roster.isSubscribedTo(contactKey(contact)) || account.hidden(contact)) continue
      this.#parts.probing.ask(session, [contact])
      yield true
    }
  }
  *#tell(session: Session, which: (contact: Jid) => boolean): Generator<boolean> {
    yield false
    const { account } = session
    for (const contact of account.audience.filter(which)) {
      if (session.ended || session.presence === null || !session.takesPart) return
      if (!account.roster.isSubscriber(contactKey(contact)) || account.hidden(contact)) continue
      if (this.#said.has(bothOf(account.bare, contact))) continue
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

/** The same text for equal pairs of bare addresses only. */
const bothOf = (account: Jid, contact: Jid): string => `${account.bare} ${contact.bare}`
