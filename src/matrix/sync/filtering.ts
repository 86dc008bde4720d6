/** What a client wants of events (MXR-131). Pure. */
import type { JsonObject } from '../rooms/json.ts'

export interface EventFilter {
  readonly limit?: number | undefined
  /** With `*` for any characters. */
  readonly types?: readonly string[] | undefined
  readonly not_types?: readonly string[] | undefined
  readonly senders?: readonly string[] | undefined
  readonly not_senders?: readonly string[] | undefined
}
export interface RoomEventFilter extends EventFilter {
  readonly rooms?: readonly string[] | undefined
  readonly not_rooms?: readonly string[] | undefined
  readonly contains_url?: boolean | undefined
  readonly lazy_load_members?: boolean | undefined
}
export interface RoomFilter {
  readonly rooms?: readonly string[] | undefined
  readonly not_rooms?: readonly string[] | undefined
  readonly include_leave?: boolean | undefined
  readonly timeline?: RoomEventFilter | undefined
  readonly state?: RoomEventFilter | undefined
  readonly ephemeral?: RoomEventFilter | undefined
  readonly account_data?: RoomEventFilter | undefined
}
export interface SyncFilter {
  readonly room?: RoomFilter | undefined
  readonly presence?: EventFilter | undefined
  readonly account_data?: EventFilter | undefined
}

interface Filterable {
  readonly type: string
  readonly sender?: string
  readonly content: JsonObject
}
export function passes(filter: RoomEventFilter | undefined, { type, sender = '', content }: Filterable): boolean {
  if (filter === undefined) return true
  const { types, not_types, senders, not_senders, contains_url: withUrl } = filter
  if (not_types !== undefined && isAnyOf(not_types, type)) return false
  if (types !== undefined && !isAnyOf(types, type)) return false
  if (not_senders?.includes(sender) === true || senders?.includes(sender) === false) return false
  return withUrl === undefined || (typeof content['url'] === 'string') === withUrl
}
const isAnyOf = (patterns: readonly string[], type: string): boolean => patterns.some((pattern) => isLike(pattern, type))
function isLike(pattern: string, type: string): boolean {
  const [first, ...rest] = pattern.split('*') as [string, ...string[]]
  if (rest.length === 0) return first === type
  if (!type.startsWith(first)) return false
  const last = rest.pop()!
  let at = first.length
  for (const part of rest) {
    const found = type.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return type.length - last.length >= at && type.endsWith(last)
}

export const wantsRoom = (filter: Pick<RoomFilter, 'rooms' | 'not_rooms'> | undefined, id: string): boolean =>
  filter?.not_rooms?.includes(id) !== true && filter?.rooms?.includes(id) !== false

/** Nothing passes: the work need not be done. */
export const wantsNothing = (filter: EventFilter | undefined): boolean => filter?.types?.length === 0 || filter?.limit === 0
