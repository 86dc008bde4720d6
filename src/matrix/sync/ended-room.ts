/** A room that has ended, for somebody who belonged to it (T-MX34): nothing of it but its end can be read any more. Pure. */
import type { JsonObject } from '../rooms/json.ts'
import { MEMBER } from '../rooms/states.ts'
import type { EndedRow } from '../rooms/store.ts'
import { pageToken } from './token.ts'

/** @param me the id of the user @param since what the client knows */
export function endedRoom(
  { stream, at, by_id: sender, reason, tombstone, previous }: EndedRow,
  me: string,
  since: number,
): JsonObject {
  const head = { sender, origin_server_ts: at }
  const closed = {
    ...head,
    event_id: `$s.tombstone.${stream}`,
    type: 'm.room.tombstone',
    state_key: '',
    content: tombstone === '' ? {} : (JSON.parse(tombstone) as JsonObject),
  }
  const content = { membership: 'leave', ...(reason === '' ? {} : { reason }) }
  const left = { ...head, event_id: `$s.ended.${stream}`, type: MEMBER, state_key: me, content }
  return {
    timeline: { events: tombstone === '' ? [left] : [closed, left], limited: since < previous, prev_batch: pageToken(0) },
    state: { events: [] },
  }
}
