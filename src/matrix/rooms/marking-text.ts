/** Markers of what was read, as clients of XMPP write them (XEP-0333). Pure. */
import type { Payload } from '../../xmpp/packet.ts'
import { isEntryId } from '../ids/event-id.ts'

export const MARKERS = 'urn:xmpp:chat-markers:0'

/** The entry that a marker says was read; null: it is none. */
export function displayedIn(payload: Payload): string | null {
  const id = payload.text.includes(MARKERS) ? payload.child('displayed', MARKERS)?.attr('id') : undefined
  return id !== undefined && isEntryId(id) ? id : null
}
