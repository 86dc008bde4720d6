/** The occupants of a room as JSON: for a restart and a crash of the server. */
import type { Millis } from '../base/clock.ts'
import { decode, encode } from '../xml/wire.ts'
import type { Jid } from '../xmpp/jid.ts'
import type { Doubt } from '../xmpp/state-annotation.ts'
import { payloadOfStored, storedPayload } from '../xmpp/stored-packet.ts'
import { storedJid } from '../xmpp/stored-jid.ts'
import type { Affiliation, Role } from './machine/affiliation.ts'
import { NO_HATS } from './machine/hats.ts'
import { occupantOf } from './machine/occupants.ts'
import { putOccupant, type Hat, type Occupant, type OccupantSession, type Room, type Seq } from './machine/room.ts'

/** Of the shape of `KeptRoom`. */
export const KEPT_ROOM_VERSION = 2

export interface KeptRoom {
  /** Another room at the address is not this one. */
  readonly uid: string
  /** The position of its log at that time. Absent in version 1. */
  readonly seq?: Seq
  readonly occupants: readonly KeptOccupant[]
  /** Who has gone lately. */
  readonly gone?: readonly Departed[]
  /** If the room is quiet: since which arrival. */
  readonly quietFrom?: number
}
/** Nickname, bare JID, when. */
export type Departed = readonly [nick: string, bare: string, at: Millis]
interface KeptOccupant {
  readonly nick: string
  readonly bare: string
  readonly id: string
  readonly affiliation: Affiliation
  readonly role: Role
  readonly sessions: readonly KeptSession[]
  readonly arrival?: number
  readonly isHeard?: true
  /** What the others see them wear; absent: nothing. */
  readonly hats?: readonly Hat[]
}
/** Address, face, presence, language, priority, does it want doubts, doubts, since when. */
type KeptSession = readonly [string, string, string, string | null, number, 0 | 1, readonly Doubt[], Millis]

/** Null: nobody is there. */
export function keepOccupants({ uid, lastSeq: seq, occupants, facts }: Room, gone: readonly Departed[]): KeptRoom | null {
  if (occupants.size === 0) return null
  const quiet = facts.quietFrom === null ? {} : { quietFrom: facts.quietFrom }
  return { uid, seq, occupants: Array.from(occupants.values(), keptOf), ...(gone.length === 0 ? {} : { gone }), ...quiet }
}
const keptOf = ({ nick, bare, id, arrival, isHeard, affiliation, role, hats, sessions }: Occupant): KeptOccupant => ({
  arrival,
  ...(isHeard ? { isHeard } : {}),
  ...(hats.length > 0 ? { hats } : {}),
  nick,
  bare,
  id,
  affiliation,
  role,
  sessions: sessions.map(({ jid, face, presence: { payload, lang, priority }, wantsDoubts, doubts, at }) => [
    jid.full,
    face,
    storedPayload(payload),
    lang === null ? null : decode(lang),
    priority,
    wantsDoubts ? 1 : 0,
    doubts,
    at,
  ]),
})

/** The sessions in a saved room. */
export const sessionsIn = ({ occupants }: KeptRoom): readonly { readonly nick: string; readonly jid: Jid }[] =>
  occupants.flatMap(({ nick, sessions }) => sessions.map(([full]) => ({ nick, jid: storedJid(full) })))

/** Has something changed since then that others can see of the occupants? The log says nothing of hats. */
export const mayBeOther = ({ lastSeq, facts }: Room, { seq = lastSeq, occupants }: KeptRoom): boolean =>
  seq < lastSeq || facts.hats.length > 0 || occupants.some(({ hats }) => hats !== undefined)

/** Puts the occupants into a room that was just loaded, as they were. `recovery.ts` applies what has changed since. */
export function restoreOccupants(room: Room, kept: KeptRoom): void {
  if (kept.uid !== room.uid) return
  room.facts = { ...room.facts, quietFrom: kept.quietFrom ?? null }
  for (const one of kept.occupants) {
    const { nick, affiliation, role, sessions, arrival = room.arrivals + 1, isHeard = false, hats = NO_HATS } = one
    room.arrivals = Math.max(room.arrivals, arrival)
    putOccupant(room, nick, occupantOf({ ...one, arrival, isHeard, hats }, affiliation, role, sessions.map(sessionOf)))
  }
}
const sessionOf = ([full, face, payload, lang, priority, wantsDoubts, doubts, at]: KeptSession): OccupantSession => ({
  jid: storedJid(full),
  face,
  presence: { payload: payloadOfStored(payload), lang: lang === null ? null : encode(lang), priority },
  wantsDoubts: wantsDoubts === 1,
  doubts,
  at,
})
