/**
 * What a local account has bound: a session of an XMPP client, or anything else that takes stanzas for its user. The rules of
 * `im/` know it as a resource; here it can also receive stanzas.
 */
import type { Millis } from '../../base/clock.ts'
import { Resource, type Account } from '../../im/account.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Ending } from './endings.ts'
import type { Capacity } from './room.ts'
import type { Sign } from './sign.ts'

/** @typeParam A the type of its account */
export abstract class Endpoint<A extends Account = Account> extends Resource {
  abstract readonly account: A
  /** How much more it can receive. */
  abstract readonly room: Capacity
  /** It is no longer bound. */
  abstract readonly ended: boolean
  abstract readonly boundAt: Millis
  /** The id of the client's installation; null if that is not known. */
  abstract readonly device: string | null
  /** When anything was last received from its client. */
  abstract readonly heardAt: Millis
  /** The last sign of life of its client, and its time. `heardAt` may be later. */
  abstract readonly sign: Sign
  abstract readonly signAt: Millis
  /** When its user last did something. */
  abstract readonly actedAt: Millis
  /** Nothing tells at present that its client is there: the client may come back, or has gone. */
  abstract readonly isAway: boolean
  /**
   * May so much wait for it that senders have to be limited? False: it has room for every sender, and nothing waits for room. The
   * parts that keep what waits set it, and the sender that finds nothing clears it. So in the usual case asking is reading a field.
   */
  isCrowded = true
  /** Is a message at its destination when this has taken it? False: it waits for a client of XMPP all the same (XEP-0160). */
  get keepsMessages(): boolean {
    return true
  }
  /** Takes a stanza for its user, whatever the address of the stanza says. Never throws. */
  abstract take(packet: Packet): void
  /** Ends it. Those who see it are told. */
  abstract end(ending: Ending): void
}
