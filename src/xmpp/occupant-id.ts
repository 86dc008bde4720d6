/** XEP-0421: who an occupant of a room is, whatever the nickname. */
import type { Payload } from './packet.ts'

export const OCCUPANT_ID = 'urn:xmpp:occupant-id:0'

/** What the room says; undefined if it says nothing. */
export const occupantIdIn = (payload: Payload): string | undefined => payload.child('occupant-id', OCCUPANT_ID)?.attr('id')
