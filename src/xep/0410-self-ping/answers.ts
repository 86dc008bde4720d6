/** What the answer of a room to the ping of oneself means (XEP-0410 3.2; ROOM-122). Pure. */
import type { Packet } from '../../xmpp/packet.ts'
import { errorIn } from '../../xmpp/stanza-error.ts'

export type Meaning =
  | 'in'
  | 'out'
  /** The room is not there, or the nickname is another one: whether there is such a room says which. */
  | 'see whether the room is there'
  /** Nobody knows: it is asked again. */
  | 'undecided'

/** A client may not know the ping that the room has passed on to it. */
const IN = ['service-unavailable', 'feature-not-implemented']
const UNDECIDED = ['remote-server-not-found', 'remote-server-timeout']

/** @param answer null: none has come in time */
export function meaningOf(answer: Packet | null): Meaning {
  if (answer === null) return 'undecided'
  if (answer.type === 'result') return 'in'
  const { condition, type } = errorIn(answer)
  if (IN.includes(condition)) return 'in'
  if (condition === 'item-not-found') return 'see whether the room is there'
  return UNDECIDED.includes(condition) || type === 'wait' ? 'undecided' : 'out'
}
/** The same for the question whether there is such a room. */
export function isThere(answer: Packet | null): Meaning {
  if (answer === null) return 'undecided'
  if (answer.type === 'result') return 'in'
  const { condition, type } = errorIn(answer)
  if (UNDECIDED.includes(condition) || type === 'wait') return 'undecided'
  return condition === 'item-not-found' || condition === 'gone' ? 'out' : 'in'
}
