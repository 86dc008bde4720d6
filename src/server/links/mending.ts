/**
 * After a broken link neither side knows what the other has missed. Local users probe the contacts there whose presence they
 * may see (RFC 6121 4.3.1, "to refresh"), and send their presence again to contacts there that may see it (4.4.2) or that were
 * sent it directly. Presence that was meanwhile sent as an answer to a probe is not repeated. Users notice only real changes.
 *
 * The other side processes only so much per second, and may be asking us as much: with thousands of pairs of contacts this takes
 * minutes. So only a little is in progress at a time, with marks after it (mark.ts), and other stanzas overtake the rest. Each
 * step sends the state at its time. When the last mark is answered, the link is settled: a resource that is unconfirmed then is
 * not hidden by a queue.
 *
 * The same happens when a user sends to more contacts than the queue accepts while there is no stream yet: nothing was broken
 * then, so only what did not fit into the queue is sent later.
 */
import type { Clock, Millis, Timer } from '../../base/clock.ts'
import { contactKey } from '../../im/account.ts'
import type { Counter, Metrics } from '../../base/metrics.ts'
import { pairKey } from '../../xmpp/domain-pair.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Accounts } from '../account/accounts.ts'
import type { Asking } from '../routing/asking.ts'
import type { LocalAccount, LocalEndpoint } from '../account/session.ts'
import type { FactBoard, LinkFact } from '../account/facts.ts'
import type { Links } from './links.ts'
import type { Probing } from '../contacts/probing.ts'
import type { Router } from '../routing/router.ts'
import { setMark, type Passage } from './mark.ts'

export interface MendingParts {
  readonly clock: Clock
  readonly facts: FactBoard
  readonly metrics: Metrics
  readonly router: Router
  readonly probing: Probing
  readonly asking: Asking
  readonly accounts: Accounts
  /** Sends what could not be sent over the link about resources that became unavailable. */
  readonly belated: (link: LinkFact) => void
}

/** Presence and probes that did not fit into the queue: by account, the addresses. */
type Missed = Map<LocalAccount, Set<string>>

/** Stanzas before each mark, and marks in progress at a time: other stanzas wait behind at most this much. */
const PORTION = 25
const MARKS_MAX = 2
/** Sessions checked at a time; other work has its turn between. */
const LOOKS = 500
const PAUSE: Millis = 5
/** What could not be sent is tried again after this time. */
const AGAIN: Millis = 15_000
/** A server that did not answer this many marks, and never answered one, is not waited for. */
const CHANCES = 3

/** The links on which presence is being exchanged again. */
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

  /** A presence found no room in the queue. It is sent when there is some. */
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
  /** Waits until stanzas are delivered. If the link is lost before, everything is sent when it is up again. */
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

/** One pass through all pairs of contacts of one link, or through those that were missed. */
class Pass {
  /** The pairs for which presence was sent since the link is back, as an answer to a probe. */
  readonly #said = new Set<string>()
  readonly #parts: MendingParts
  readonly #link: LinkFact
  readonly #isUp: () => boolean
  readonly #over: (outcome: Outcome) => void
  #steps: Iterator<boolean>
  /** Null if there is nothing. */
  #missed: Missed | null
  #isThroughSteps = false
  #isStopped = false
  #marks = 0
  #timer: Timer | null = null
  #hasAnswered = false
  #chances = CHANCES

  /** @param missed null for all pairs */
  constructor(parts: MendingParts, link: LinkFact, isUp: () => boolean, missed: Missed | null, over: (outcome: Outcome) => void) {
    this.#parts = parts
    this.#link = link
    this.#isUp = isUp
    this.#over = over
    this.#missed = missed
    this.#steps = missed === null ? this.#all() : [][Symbol.iterator]()
  }
  /** What it has still to send in addition; the caller may add to it. */
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
  /** Sends nothing until stanzas are delivered. */
  wait(): void {
    this.#mark()
  }
  /** Sends as much as may be in progress. */
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
  /** Was something missed meanwhile? It comes next. */
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
    const here = [...this.#parts.accounts.attended()].filter(({ bare }) => bare.domain === this.#link.local)
    for (const account of here) yield* this.#ask(account, this.#isThere)
    for (const endpoint of here.flatMap(({ resources }) => resources)) {
      yield* this.#tell(endpoint, this.#isThere)
      yield* this.#tellDirectly(endpoint)
    }
  }
  *#rest(missed: Missed): Generator<boolean> {
    this.#parts.belated(this.#link)
    for (const [account, addresses] of missed) {
      const isMissed = ({ full }: Jid): boolean => addresses.has(full)
      yield* this.#ask(account, isMissed)
      for (const endpoint of [...account.resources]) yield* this.#tell(endpoint, isMissed)
    }
  }
  *#ask(account: LocalAccount, which: (contact: Jid) => boolean): Generator<boolean> {
    yield false
    for (const contact of account.reachable(account.roster.subscriptions).filter(which)) {
      // The answer to one probe is for all resources.
      const endpoint = account.resources.find((e) => e.isPresent)
      if (endpoint === undefined) return
      if (!account.roster.isSubscribedTo(contactKey(contact)) || account.hidden(contact)) continue
      this.#parts.probing.ask(endpoint, [contact])
      yield true
    }
  }
  *#tell(endpoint: LocalEndpoint, which: (contact: Jid) => boolean): Generator<boolean> {
    yield false
    const { account } = endpoint
    for (const contact of account.audience.filter(which)) {
      if (endpoint.ended || endpoint.presence === null) return
      if (!account.roster.isSubscriber(contactKey(contact)) || account.hidden(contact)) continue
      if (this.#said.has(bothOf(account.bare, contact))) continue
      yield this.#parts.probing.repeat(endpoint, contact)
    }
  }
  /** 4.6.3: these entities believe the endpoint's presence until it is withdrawn, and cannot probe it. */
  *#tellDirectly(endpoint: LocalEndpoint): Generator<boolean> {
    for (const to of [...(endpoint.directed?.values() ?? [])].filter(this.#isThere)) {
      if (endpoint.ended) return
      if (endpoint.directed?.has(to.full) === true) yield this.#parts.probing.repeat(endpoint, to)
    }
  }
  readonly #isThere = ({ domain }: Jid): boolean => domain === this.#link.remote
}

/** Gives the same text only for equal pairs of bare addresses. */
const bothOf = (account: Jid, contact: Jid): string => `${account.bare} ${contact.bare}`
