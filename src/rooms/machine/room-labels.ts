/**
 * Security labels in rooms (XEP-0258 5.2). A room has a label, which those who enter must be cleared for, a clearance, which says what
 * may be said in it, and a label for what is said without one. It knows them by their ids; what they grant is decided elsewhere.
 */
import type { Jid } from '../../xmpp/jid.ts'
import type { Payload } from '../../xmpp/packet.ts'
import type { ConfigFault, RoomConfig } from './config.ts'

/** What decides for rooms. Each decision that withholds something is recorded there. */
export interface RoomLabels {
  /** LAB-26: does the room take it, and may they use its label? @param from null: nobody whose clearance counts */
  accepts(room: Jid, config: RoomConfig, payload: Payload, from: Jid | null): boolean
  /** LAB-27: may this person be sent that? Nothing is recorded. */
  mayHave(who: Jid, payload: Payload): boolean
  /** LAB-30 */
  mayEnter(room: Jid, config: RoomConfig, who: Jid): boolean
  /** What is wrong with these changes; null: nothing. @param by null: the operator, who may give any clearance */
  faultIn(changes: Partial<RoomConfig>, by: Jid | null): ConfigFault | null
  /** The message with the marking of this server, or with the label that the room has for those without one. */
  labelled(payload: Payload, config: RoomConfig): Payload
  /**
   * What is about another message, with a label that is not lower than the one of that message: its own, or the other one in its place.
   * Null: neither is above the other.
   */
  about(payload: Payload, target: Payload, config: RoomConfig): Payload | null
}
