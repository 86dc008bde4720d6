/**
 * What may be asked of the home of an account, the one place that has the account in memory (`Place`). One account learns about
 * another only in this way, or from stanzas; it never reads the other's memory. So nothing changes for it when the other has
 * its home in another process.
 */
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Ending } from '../account/endings.ts'
import type { Source } from '../account/room.ts'
import type { LocalEndpoint } from '../account/session.ts'

/** Which endpoints of an account. */
export interface OnlyThose {
  /** Those of this client (`clientIdOf`); null, and without it: of all. */
  readonly client?: string | null
  /** The full JID of the one that is not among them; without it, none. */
  readonly spared?: string
}

/** Answers that do not come at once are promises. All addresses are of accounts with this home. */
export interface Home {
  /** Is there such an account? */
  exists(account: Jid): boolean | Promise<boolean>
  /**
   * RFC 6121 4.3: asks each of the contacts (bare) for its presence. The endpoint receives the answers as fast as its client
   * reads, and no answer that is older than later presence of the contact.
   */
  probe(me: LocalEndpoint, contacts: readonly Jid[]): void
  /** Takes from the source as fast as the client of that resource reads; several sources in turn. @returns is there such a resource? */
  pour(resource: Jid, source: Source): boolean
  /** The present presence of the resource, if `watcher` (bare) may see it; otherwise null. */
  presence(resource: Jid, watcher: Jid): Packet | null | Promise<Packet | null>
  /** Is any resource available to `watcher` (bare)? */
  isAvailable(account: Jid, watcher: Jid): boolean | Promise<boolean>
  /** The state of the resource became uncertain, or certain again: those of `watchers` (bare) that are online check it again. */
  doubted(resource: Jid, watchers: readonly Jid[]): void
  /** Ends what the account has bound: all of it, or what the last parameter says. */
  end(account: Jid, ending: Ending, only?: OnlyThose): void
}

/** Calls `use` with the answer of a home: at once if the answer is there. */
export function answered<T>(answer: T | Promise<T>, use: (answer: T) => void): void | Promise<void> {
  return answer instanceof Promise ? answer.then(use) : use(answer)
}
