/** What was said in a room while it was on another server, as entries of its log here. */
import type { Millis } from '../base/clock.ts'
import type { Wire } from '../xml/wire.ts'
import type { Payload } from '../xmpp/packet.ts'
import type { Entry, Positions } from './log.ts'

export interface PastSaying {
  readonly at: Millis
  /** Its id in the archive, if it can have the same here; null: it gets another one. */
  readonly id: string | null
  /** The bare JID of the author; null if unknown. */
  readonly by: string | null
  /** The nickname of the author; null: the room itself. */
  readonly nick: string | null
  /** The `id` attribute of the stanza; null: it had none. */
  readonly fromId: string | null
  readonly lang: Wire | null
  /** Without what only a room may say. */
  readonly payload: Payload
  readonly isSubject: boolean
  /** It was taken back: the payload says so. */
  readonly isRetracted: boolean
}

/** @param veiled real addresses were for moderators only */
export function pastEntry(saying: PastSaying, positions: Positions, at: Millis, veiled: boolean): Entry {
  const { by, nick, fromId, lang, payload, isSubject, isRetracted } = saying
  const said = { payload, lang, fromId, givenId: positions.id, mx: null, isPassing: false }
  const about = { at, by, byFull: null, nick, veiled, transaction: null, isRetracted, isKept: true }
  return { ...positions, ...about, ...said, kind: isSubject ? 'subject' : 'message' }
}
