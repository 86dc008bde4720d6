/**
 * What accounts here hear from other servers: which resources are available, what they can do (their capabilities, for
 * XEP-0310 4.2: only from their presence can we know that they ask for annotations), and when their server has last said
 * so. Of their presence only a digest is kept: enough to know it again, so that nobody is shown twice what has not changed.
 */
import type { Millis } from '../../base/clock.ts'
import { contactKey } from '../../im/account.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Host } from '../../server/feature.ts'
import type { Slot } from '../../server/account/slots.ts'
import { standingElsewhere } from '../../server/explaining/standing.ts'
import type { Sign } from '../../server/account/sign.ts'
import type { Known } from '../../server/explaining/presence-journal.ts'
import type { Element } from '../../xml/element.ts'
import { DELAY } from '../../xmpp/delay.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import { roomMark } from '../../xmpp/muc-user.ts'
import { Payload, type Packet } from '../../xmpp/packet.ts'
import { doubtsIn, mayBeAnnotated, plain, type Doubt } from '../../xmpp/state-annotation.ts'
import { capsIn, type Caps } from '../0115-entity-capabilities/index.ts'
import { ByResource } from './by-resource.ts'
import { languageOf } from './news.ts'

/** An available resource elsewhere. */
export interface Heard {
  readonly jid: Jid
  readonly caps: Caps | null
  /** When its server last said that it is available. */
  readonly confirmedAt: Millis
  /** Through what: a stanza that says something new, or one that says the same again. */
  readonly sign: Sign
  /** All resources that were shown presence before that turn have been given its presence, as it is but for annotations. */
  readonly givenBefore: number
  /** The turn in which it was last given to all. */
  readonly givenAt: number
  /** What its own server says against that. */
  readonly doubts: readonly Doubt[]
  /** The last presence was the one before, but for annotations. */
  readonly isRepeated: boolean
  /** It was sent to the account, so that all resources that were available then have seen it. */
  readonly isForAll: boolean
  /** The account was subscribed to it then: it was not sent directly, or not only. */
  readonly isBySubscription: boolean
}
interface Entry {
  readonly jid: Jid
  caps: Caps | null
  confirmedAt: Millis
  sign: Sign
  givenBefore: number
  /** When it was last given to all. */
  givenAt: number
  doubts: readonly Doubt[]
  isRepeated: boolean
  isForAll: boolean
  isBySubscription: boolean
  digest: number
  /** How often the link to its server had been lost when that was said. */
  losses: number
}
/** What the server of a contact of whom nobody is available has said of that. */
interface Gone {
  readonly jid: Jid
  /** When it last said so; null: before the server was started. */
  at: Millis | null
  /** Of what it said beside; null: not known any more. */
  digest: number | null
  /** It said the same before. */
  isRepeated: boolean
  /** As of an available resource. */
  isForAll: boolean
  givenBefore: number
  givenAt: number
}
/** Of one account. */
interface Ears {
  readonly resources: ByResource<Entry>
  /** Contacts of whom nobody is available, by bare JID. */
  readonly gone: Map<string, Gone>
}

/** The full JID of a resource, by what its presence is known again, and what it can do. */
export type HeardJson = readonly [full: string, digest: number, Caps | null]

export interface HearingObserver {
  /** A resource has become available, or has shown other capabilities. */
  heard?(account: LocalAccount, heard: Heard): void
  /** A resource is not available any more. */
  lost?(account: LocalAccount, jid: Jid): void
  /**
   * Nobody is available, it is said for all of them at once, though these are, and nothing can have been lost since that
   * was said.
   */
  denied?(account: LocalAccount, contact: Jid, available: readonly Jid[]): void
}

export class Hearing {
  readonly #host: Host
  readonly #resourcesMax: number
  readonly #slot: Slot<LocalAccount, Ears | null>
  readonly #observers: HearingObserver[] = []
  #turns = 0

  /** @param resourcesMax of one account */
  constructor(host: Host, resourcesMax: number) {
    this.#host = host
    this.#resourcesMax = resourcesMax
    this.#slot = host.accountSlot<Ears | null>('resources-elsewhere', 'kept in shown-before', () => null)
    for (const fact of ['presence-changed', 'visibility-changed', 'session-ended'] as const)
      host.on(fact, ({ session: { account } }) => this.#forgetUnattended(account))
    host.on('blocking-changed', ({ account, isChanged }) => this.#blocked(account, isChanged))
    host.metrics.gauge(
      'porchlight_resources_elsewhere',
      'Available resources on other servers that accounts here know of',
      () => {
        const accounts = new Set(Array.from(host.sessions.all(), (session) => session.account))
        return [...accounts].reduce((sum, account) => sum + (account.get(this.#slot)?.resources.size ?? 0), 0)
      },
    )
  }
  observe(observer: HearingObserver): void {
    this.#observers.push(observer)
  }
  /** Counts, to say what came before what. */
  turn(): number {
    return (this.#turns += 1)
  }
  /** Null: nothing is known of it. */
  get(account: LocalAccount, jid: Jid): Heard | null {
    return account.get(this.#slot)?.resources.get(jid) ?? null
  }
  all(account: LocalAccount): Iterable<Heard> {
    return account.get(this.#slot)?.resources.all() ?? []
  }
  ofDomain(account: LocalAccount, domain: string): Iterable<Heard> {
    return account.get(this.#slot)?.resources.ofDomain(domain) ?? []
  }
  ofAccount(account: LocalAccount, contact: Jid): Iterable<Heard> {
    return account.get(this.#slot)?.resources.ofAccount(contact) ?? []
  }

  /** What is known of `contact`, who is elsewhere. What a broken link has left unsaid is not known. */
  known(account: LocalAccount, contact: Jid): Known {
    const link = this.#host.links.get(account.bare.domain, contact.domain)
    const resources = Array.from(this.ofAccount(account, contact), ({ jid, confirmedAt: at, sign, doubts }) => ({
      jid,
      standing: standingElsewhere(link, { at, sign }, doubts.length > 0),
    }))
    const goneAt = account.get(this.#slot)?.gone.get(contact.bare)?.at ?? null
    const isOld = goneAt !== null && (link?.lostAt ?? 0) > goneAt
    return { resources, goneAt: isOld || resources.length > 0 ? null : goneAt }
  }
  /**
   * The server of a contact has just said once more that nobody is available. All resources that were shown presence
   * before that turn know it. Null: it is news.
   */
  goneBefore(account: LocalAccount, contact: Jid): number | null {
    const gone = account.get(this.#slot)?.gone.get(contact.bare)
    return gone?.isRepeated === true ? gone.givenBefore : null
  }
  /** The next presence of that contact is shown to all, even if they know it: somebody has asked for it. */
  tellAgain(account: LocalAccount, contact: Jid): void {
    const ears = account.get(this.#slot)
    for (const entry of ears?.resources.ofAccount(contact) ?? []) entry.isForAll = false
    const gone = ears?.gone.get(contact.bare)
    if (gone !== undefined) gone.isForAll = false
  }
  /** What has been heard, to be remembered over a restart. */
  memory(account: LocalAccount): readonly HeardJson[] {
    return Array.from(account.get(this.#slot)?.resources.all() ?? [], ({ jid, digest, caps }) => [jid.full, digest, caps])
  }
  /** What was heard before the server was started. Nobody has confirmed it since. */
  remember(account: LocalAccount, memory: readonly HeardJson[]): void {
    const { resources } = this.#earsOf(account)
    for (const json of memory) {
      const entry = remembered(json, this.turn(), account)
      if (resources.get(entry.jid) === undefined && resources.size < this.#resourcesMax) resources.add(entry)
    }
    for (const contact of account.roster.subscriptions) this.#rememberGone(account, contact)
  }
  /** A client is shown an old presence: until somebody confirms it, it is known as one that nobody has confirmed. */
  recall(account: LocalAccount, { from, payload }: Packet): void {
    const { resources } = this.#earsOf(account)
    if (resources.get(from) !== undefined || resources.size >= this.#resourcesMax) return
    resources.add(remembered([from.full, 0, capsIn(payload)], this.turn(), account))
  }
  /** Of a contact of whom nothing was remembered nobody was available. */
  #rememberGone(account: LocalAccount, contact: Jid): void {
    const { resources, gone } = this.#earsOf(account)
    if (this.#host.router.placeOf(contact) === 'here' || resources.hasAccount(contact) || gone.has(contact.bare)) return
    if (gone.size >= this.#resourcesMax) return
    const turn = this.turn()
    const said = { at: null, digest: null, isRepeated: false, isForAll: true, givenBefore: turn, givenAt: turn }
    gone.set(contact.bare, { jid: contact, ...said })
  }
  /** Presence that has come for the account from another server. */
  note(account: LocalAccount, packet: Packet): void {
    const { from, type } = packet
    if (type === 'unavailable') return this.#lose(account, packet)
    account.get(this.#slot)?.gone.delete(from.bare)
    if (type !== '' || from.isBare || !account.isAttended || !concerns(account, from) || roomMark(packet) !== undefined) return
    const { resources } = this.#earsOf(account)
    const old = resources.get(from)
    if (old !== undefined) return this.#again(account, old, packet)
    if (resources.size >= this.#resourcesMax) return
    const entry = this.#entryOf(account, packet)
    resources.add(entry)
    for (const observer of this.#observers) observer.heard?.(account, entry)
  }

  #again(account: LocalAccount, entry: Entry, packet: Packet): void {
    const now = this.#host.clock.now()
    const digest = digestOf(plain(packet))
    const isForAll = packet.to!.isBare
    const losses = this.#lossesOf(account, packet)
    entry.confirmedAt = now
    if (!account.isAvailable || !isBareRepeat(entry, packet, digest, losses)) entry.doubts = doubtsIn(packet)
    entry.losses = losses
    entry.isBySubscription = isSubscribed(account, packet.from)
    entry.sign = entry.digest === digest ? 'probe' : 'stanza'
    entry.isRepeated = entry.digest === digest && (entry.isForAll || !isForAll)
    entry.givenBefore = entry.givenAt
    if (isForAll || !entry.isRepeated) entry.givenAt = this.turn()
    if (entry.isRepeated) return
    entry.digest = digest
    entry.isForAll = isForAll
    const caps = capsIn(packet.payload)
    if (caps === null || caps.ver === entry.caps?.ver) return // XEP-0115 8.4: without it nothing has changed
    entry.caps = caps
    for (const observer of this.#observers) observer.heard?.(account, entry)
  }
  #lossesOf({ bare: { domain } }: LocalAccount, { from }: Packet): number {
    return this.#host.links.get(domain, from.domain)?.losses ?? 0
  }
  #entryOf(account: LocalAccount, packet: Packet): Entry {
    const now = this.#host.clock.now()
    return {
      jid: packet.from,
      caps: capsIn(packet.payload),
      confirmedAt: now,
      sign: 'stanza',
      givenBefore: 0,
      givenAt: this.turn(),
      doubts: doubtsIn(packet),
      isRepeated: false,
      isForAll: packet.to!.isBare,
      isBySubscription: isSubscribed(account, packet.from),
      digest: digestOf(plain(packet)),
      losses: this.#lossesOf(account, packet),
    }
  }
  /** Nobody is left who is told anything: what contacts say from now on is not heard, and what they said grows old. */
  #forgetUnattended(account: LocalAccount): void {
    if (!account.isAttended) account.set(this.#slot, null)
  }
  #earsOf(account: LocalAccount): Ears {
    const ears = account.get(this.#slot) ?? { resources: new ByResource<Entry>(), gone: new Map<string, Gone>() }
    account.set(this.#slot, ears)
    return ears
  }
  /** Clients may show those who were blocked for a while in any way: they are told again. */
  #blocked(account: LocalAccount, isChanged: (entity: Jid) => boolean): void {
    const ears = account.get(this.#slot)
    for (const entry of ears?.resources.all() ?? []) if (isChanged(entry.jid)) entry.isForAll = false
    for (const gone of ears?.gone.values() ?? []) if (isChanged(gone.jid)) gone.isForAll = false
  }
  #lose(account: LocalAccount, packet: Packet): void {
    const { from } = packet
    if (!account.isAttended) return
    const ears = this.#earsOf(account)
    const losses = this.#lossesOf(account, packet)
    const gone = from.isBare ? [...ears.resources.ofAccount(from)] : [ears.resources.get(from)].filter((one) => one !== undefined)
    for (const { jid } of gone) {
      ears.resources.remove(jid)
      for (const observer of this.#observers) observer.lost?.(account, jid)
    }
    this.#noteGone(account, ears, packet)
    const denied = from.isBare ? gone.filter((entry) => entry.losses === losses).map(({ jid }) => jid) : []
    if (denied.length > 0) for (const observer of this.#observers) observer.denied?.(account, from, denied)
  }
  /** It is said for all resources, or of the last one that was known. */
  #noteGone({ roster }: LocalAccount, { resources, gone }: Ears, packet: Packet): void {
    const { from, to } = packet
    if (!roster.isSubscribedTo(contactKey(from)) || resources.hasAccount(from)) return
    const old = gone.get(from.bare)
    if (old === undefined && gone.size >= this.#resourcesMax) return
    const [at, digest, isForAll] = [this.#host.clock.now(), digestOf(undelayed(packet)), to!.isBare]
    const isRepeated = old !== undefined && old.isForAll && isForAll && (old.digest ?? digest) === digest
    gone.set(from.bare, {
      jid: from.asBare,
      at,
      digest,
      isRepeated,
      isForAll,
      givenBefore: old?.givenAt ?? 0,
      givenAt: this.turn(),
    })
  }
}

const isSubscribed = ({ roster }: LocalAccount, jid: Jid): boolean => roster.isSubscribedTo(contactKey(jid))

const remembered = ([full, digest, caps]: HeardJson, turn: number, account: LocalAccount): Entry => ({
  jid: storedJid(full),
  caps,
  confirmedAt: 0,
  sign: 'stanza',
  givenBefore: turn,
  givenAt: turn,
  doubts: [],
  isRepeated: false,
  isForAll: true,
  isBySubscription: isSubscribed(account, storedJid(full)),
  digest,
  losses: -1,
})

/**
 * The same said once more without the annotation that it had, as when another resource asks. XEP-0310 4.2 has an empty
 * annotation take the doubt back, so it holds; but what was annotated before the link broke is history. An account that shows
 * itself to nobody (XEP-0186) is not told when the doubt is over (PSA-22): for it the presence is what was said last.
 */
const isBareRepeat = (entry: Entry, { payload }: Packet, digest: number, losses: number): boolean =>
  entry.doubts.length > 0 && entry.digest === digest && !mayBeAnnotated(payload) && entry.losses === losses

/** Do the two have anything to do with each other? Presence of others is shown, and need not be remembered. */
function concerns(account: LocalAccount, from: Jid): boolean {
  const item = account.roster.item(contactKey(from))
  return (item !== undefined && item.subscription !== 'none') || account.resources.some((r) => r.hasTold(from))
}

/** Since when it is so is no news to who was told then. */
function undelayed(packet: Packet): Packet {
  const { elements } = packet.payload
  const isDelay = (e: Element): boolean => e.is('delay', DELAY)
  return elements.some(isDelay) ? packet.with({ payload: Payload.of(...elements.filter((e) => !isDelay(e))) }) : packet
}

/** FNV-1a, 32 bits: to know a presence again, nothing more. */
function digestOf(packet: Packet): number {
  const { text } = packet.payload
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  for (const c of languageOf(packet) ?? '') hash = Math.imul(hash ^ c.charCodeAt(0), 0x01000193)
  return hash
}
