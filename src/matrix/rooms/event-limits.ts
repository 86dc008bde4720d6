/** How large an event may be, and what a room keeps of states that only Matrix has (MXR-151). Pure. */
import { forbidden, invalidParam, tooLarge } from '../http/errors.ts'
import type { JsonObject } from './json.ts'
import { stateKey } from './picture.ts'

/** Octets of the content of an event, and of its type, its key, and the name of a transaction. */
const EVENT_OCTETS_MAX = 65_536
const NAME_OCTETS_MAX = 255

/** States of one room that only Matrix has. */
export interface StateLimits {
  readonly count: number
  readonly octets: number
}

/** Can something be stored under that name? */
export const isName = (text: string): boolean =>
  text !== '' && Buffer.byteLength(text) <= NAME_OCTETS_MAX && !/[\0\n\r]/.test(text)
/** @throws MatrixError */
export function checkName(text: string): void {
  if (!isName(text)) throw invalidParam(`A name has 1 to ${NAME_OCTETS_MAX} octets, without NUL and ends of lines`)
}
/** @param key of a state; '' for an event that is none @throws MatrixError */
export function checkEvent(type: string, key: string, content: JsonObject): void {
  checkName(type)
  if (key !== '') checkName(key)
  if (Buffer.byteLength(JSON.stringify(content)) > EVENT_OCTETS_MAX) throw tooLarge('The event is too large')
}
/**
 * May the room have this state too?
 * @param known the states that it has, as JSON, by type and key
 * @throws MatrixError
 */
export function checkRoomFor(
  known: ReadonlyMap<string, string>,
  type: string,
  key: string,
  content: JsonObject,
  max: StateLimits,
) {
  const own = stateKey(type, key)
  if (!known.has(own) && known.size >= max.count) throw forbidden(`A room has at most ${max.count} states of this kind`)
  let octets = octetsOf(own, JSON.stringify(content))
  for (const [other, text] of known) if (other !== own) octets += octetsOf(other, text)
  if (octets > max.octets) throw tooLarge(`The states of a room have at most ${max.octets} octets together`)
}
const octetsOf = (own: string, text: string): number => Buffer.byteLength(own) + Buffer.byteLength(text)
