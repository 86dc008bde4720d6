/**
 * What a local account has bound: a session of an XMPP client, or whatever else takes stanzas for its user. The rules of
 * `im/` know it as a resource; here it can be handed what is for it.
 */
import { Resource, type Account } from '../../im/account.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Capacity } from './room.ts'

/** @typeParam A the account that it belongs to, as the server holds it */
export abstract class Endpoint<A extends Account = Account> extends Resource {
  abstract readonly account: A
  /** How much more it can be given. */
  abstract readonly room: Capacity
  /** It is not bound any more. */
  abstract readonly ended: boolean
  /** Hands it a stanza for its user, whatever the address of the stanza says. Never throws. */
  abstract take(packet: Packet): void
}
