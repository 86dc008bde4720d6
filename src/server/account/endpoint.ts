/**
 * What a local account has bound: a session of an XMPP client, or anything else that takes stanzas for its user. The rules of
 * `im/` know it as a resource; here it can also receive stanzas.
 */
import { Resource, type Account } from '../../im/account.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Capacity } from './room.ts'

/** @typeParam A the type of its account */
export abstract class Endpoint<A extends Account = Account> extends Resource {
  abstract readonly account: A
  /** How much more it can receive. */
  abstract readonly room: Capacity
  /** It is no longer bound. */
  abstract readonly ended: boolean
  /** Takes a stanza for its user, whatever the address of the stanza says. Never throws. */
  abstract take(packet: Packet): void
}
