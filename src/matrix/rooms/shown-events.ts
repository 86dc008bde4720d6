/** Events as one viewer is shown them: how old they are, what has taken them back, and the echo for the device that sent them. Pure. */
import type { Millis } from '../../base/clock.ts'
import type { Entry } from '../../rooms/log.ts'
import type { Hides } from '../data/ignored.ts'
import { entryOfEvent, eventIdOf } from '../ids/event-id.ts'
import { authorOf, saidIn, type MatrixEvent, type Rendered } from './events.ts'
import type { JsonObject } from './json.ts'
import { isOfInside, isOfKnock } from './memberships.ts'
import type { Sight } from './names.ts'
import type { Reactions } from './reactions.ts'
import { REACTION } from './relations.ts'
import { MEMBER } from './states.ts'

export type Correction = Extract<Entry, { kind: 'correct' }>
/** What the log says of some entries elsewhere, by their ids. */
export interface Related {
  /** What has taken them back. */
  readonly redactions: ReadonlyMap<string, Entry>
  readonly corrections: ReadonlyMap<string, Correction>
}
export interface Shown {
  readonly sight: Sight
  /** As `deviceKey` makes it. */
  readonly deviceKey: string
  readonly now: Millis
  readonly related: Related
  readonly reactions: Reactions
  /** What these people say is not shown; states are. */
  readonly hides: Hides
}
/** What the log calls a device: names of transactions are of one device (MXR-19). */
export const deviceKey = (bare: string, device: string): string => `${bare} ${device}`
/** The name of a request to send something, as the log has it. */
export const sendKey = (type: string, transaction: string): string => `send ${type} ${transaction}`

export function shownEvents(
  { entry, events }: Rendered,
  shown: Shown,
): readonly (MatrixEvent & { readonly unsigned: JsonObject })[] {
  const { transaction, at, by } = entry
  const isEcho = transaction !== null && transaction.device === shown.deviceKey
  const { sight, hides } = shown
  // A block that took effect here would tell whose address the id stands for
  const isIgnored = by !== null && !entry.veiled && hides(by)
  const isAbsent = isOfAbsent(entry, sight)
  const wanted = events.filter(({ type, state_key: key }) => (key !== undefined || !isIgnored) && !(isAbsent && type === MEMBER))
  return wanted.map((event) => {
    const taken = takenBack(entry, event, shown)
    const relations = taken === null ? relationsOf(entry, shown) : null
    return {
      ...event,
      ...(taken === null ? {} : { content: {} }),
      unsigned: {
        ...event.unsigned,
        age: Math.max(0, shown.now - at),
        ...(isEcho ? { transaction_id: transaction.key.slice(transaction.key.lastIndexOf(' ') + 1) } : {}),
        ...(taken === null ? {} : { redacted_because: taken }),
        ...(relations === null ? {} : { 'm.relations': relations }),
      },
    }
  })
}
/** The event that has taken this one back; null: it stands. */
function takenBack(entry: Entry, event: MatrixEvent, { related, reactions, sight }: Shown): JsonObject | null {
  const whole = related.redactions.get(entry.id)
  if (whole !== undefined) return redaction({ ...whole, event: eventIdOf(whole.id) }, event.event_id, sight)
  if (entry.kind !== 'react' || event.type !== REACTION) return null
  const key = entry.added[entryOfEvent(event.event_id)?.part ?? 0]
  const later = key === undefined ? null : reactions.after(entry, key)
  return later === null ? null : redaction(later, event.event_id, sight)
}
function redaction(
  { event, by, veiled, at }: Pick<Entry, 'by' | 'veiled' | 'at'> & { readonly event: string },
  redacts: string,
  sight: Sight,
): JsonObject {
  const sender = sight.idOf(authorOf(by, sight.names), veiled)
  return { type: 'm.room.redaction', event_id: event, sender, redacts, content: { redacts }, origin_server_ts: at }
}
/** MXR-82: the newest correction stands beside what it corrects. */
function relationsOf({ id, kind }: Entry, { related, sight, reactions }: Shown): JsonObject | null {
  const correction = kind === 'message' ? related.corrections.get(id) : undefined
  const [event] = correction === undefined ? [] : saidIn(correction, sight, reactions)
  return event === undefined ? null : ({ 'm.replace': event } as unknown as JsonObject)
}
/** MXR-22: somebody who was not in the room asked to be let in, or was invited or banned while it hid addresses. */
export function isOfAbsent(entry: Entry, { viewer, seesAbsent }: Sight): boolean {
  if (entry.kind !== 'member' || seesAbsent || entry.of === viewer) return false
  return !isOfInside(entry) && (entry.veiled || isOfKnock(entry))
}
