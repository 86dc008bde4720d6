/**
 * One available resource on another server, as an account here has heard of it, pure. Of its presence only a digest is kept:
 * enough to know a repetition.
 */
import type { Millis } from '../base/clock.ts'
import { capsIn, type Caps } from '../xmpp/caps.ts'
import type { Jid } from '../xmpp/jid.ts'
import { storedJid } from '../xmpp/stored-jid.ts'
import type { Packet } from '../xmpp/packet.ts'
import { doubtsIn, mayBeAnnotated, plain, type Doubt } from '../xmpp/state-annotation.ts'
import { contactKey, type Account } from './account.ts'
import type { OfResource } from './by-resource.ts'
import { digestOf } from './presence-digest.ts'

/** An available resource of a contact, as an account knows of it. */
export interface AvailableResource extends OfResource {
  /** Null: its presence states none. */
  readonly caps: Caps | null
  /** When it was last known to be available: by its client, or by what its server said. */
  readonly confirmedAt: Millis
  /** The account is subscribed to it: presence was not sent directly, or not only. */
  readonly isBySubscription: boolean
}
/** One on another server. */
export interface HeardResource extends AvailableResource {
  /** Through what: a stanza that says something new, or one that says the same again. */
  readonly sign: 'stanza' | 'probe'
  /** The turn in which it was last given to all. */
  readonly givenAt: number
  /** What its own server says against that. */
  readonly doubts: readonly Doubt[]
  /** It was sent to the account, so that all resources that were available then have seen it. */
  readonly isForAll: boolean
}
/**
 * What an available presence has changed: the resource was not known to be available; it has other capabilities; it says
 * something else of itself; nothing, or no more than annotations (XEP-0310).
 */
export type HeardNews = 'available' | 'capabilities' | 'presence' | 'nothing'

/** Of the moment at which a presence has come. */
export interface HeardMoment {
  readonly at: Millis
  /** How often the link to the other server had been lost by then. */
  readonly losses: number
  /** Counts, to say what came before what. */
  readonly turn: number
}
/** What is remembered of a resource over a restart: its full JID, the digest of its presence, what it can do. */
export type HeardJson = readonly [full: string, digest: number, Caps | null]

/** As the ledger holds it. */
export type HeardEntry = { -readonly [K in keyof HeardResource]: HeardResource[K] } & {
  readonly jid: Jid
  digest: number
  /** How often the link to its server had been lost when that was said; -1: it was said in another run of the server. */
  losses: number
}

/** It is heard of for the first time. */
export const heardFirst = (account: Account, packet: Packet, { at, losses, turn }: HeardMoment): HeardEntry => ({
  jid: packet.from,
  caps: capsIn(packet.payload),
  confirmedAt: at,
  sign: 'stanza',
  givenAt: turn,
  doubts: doubtsIn(packet),
  isForAll: packet.to!.isBare,
  isBySubscription: isSubscribed(account, packet.from),
  digest: digestOf(plain(packet)),
  losses,
})
/** Its server says once more that it is available. */
export function heardAgain(account: Account, entry: HeardEntry, packet: Packet, { at, losses, turn }: HeardMoment): HeardNews {
  const digest = digestOf(plain(packet))
  const isForAll = packet.to!.isBare
  const isSame = entry.digest === digest
  entry.confirmedAt = at
  if (!account.isAvailable || !isBareRepeat(entry, packet, digest, losses)) entry.doubts = doubtsIn(packet)
  entry.losses = losses
  entry.isBySubscription = isSubscribed(account, packet.from)
  entry.sign = isSame ? 'probe' : 'stanza'
  const isRepeated = isSame && (entry.isForAll || !isForAll)
  if (isForAll || !isRepeated) entry.givenAt = turn
  if (isRepeated) return 'nothing'
  entry.digest = digest
  entry.isForAll = isForAll
  const caps = capsIn(packet.payload)
  if (caps === null || caps.ver === entry.caps?.ver) return isSame ? 'nothing' : 'presence' // XEP-0115 8.4
  entry.caps = caps
  return 'capabilities'
}
/** It was heard of before: that is not confirmed. */
export const heardBefore = (account: Account, [full, digest, caps]: HeardJson, turn: number): HeardEntry => ({
  jid: storedJid(full),
  caps,
  confirmedAt: 0,
  sign: 'stanza',
  givenAt: turn,
  doubts: [],
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
const isBareRepeat = (entry: HeardEntry, { payload }: Packet, digest: number, losses: number): boolean =>
  entry.doubts.length > 0 && entry.digest === digest && !mayBeAnnotated(payload) && entry.losses === losses

const isSubscribed = ({ roster }: Account, jid: Jid): boolean => roster.isSubscribedTo(contactKey(jid))
