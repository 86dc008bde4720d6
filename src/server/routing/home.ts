/**
 * What may be asked of the home of an account, the one place that holds the account in memory (`Place`). What one account is
 * to know of another it asks this way, or learns from stanzas; it never reads the other's memory. So nothing changes for it
 * when the other is at home in another process.
 */
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Ending } from '../account/endings.ts'
import type { LocalEndpoint } from '../account/session.ts'

/** Answers that do not come at once are promises. All addresses are of accounts whose home this is. */
export interface Home {
  /** Is there such an account? */
  exists(account: Jid): boolean | Promise<boolean>
  /**
   * RFC 6121 4.3: asks each of the contacts (bare) for its presence. The endpoint is handed the answers as fast as its client
   * reads, and no answer that is older than what the contact has said since.
   */
  probe(me: LocalEndpoint, contacts: readonly Jid[]): void
  /** What the resource says of itself now, if `watcher` (bare) may see it. Null: nothing. */
  presence(resource: Jid, watcher: Jid): Packet | null | Promise<Packet | null>
  /** Nobody knows any more how the resource is, or it is known again: those of `watchers` (bare) that are online look anew. */
  doubted(resource: Jid, watchers: readonly Jid[]): void
  /** Ends all sessions of the account. */
  end(account: Jid, ending: Ending): void
}

/** `use` of what a home answers: at once if the answer is there. */
export function answered<T>(answer: T | Promise<T>, use: (answer: T) => void): void | Promise<void> {
  return answer instanceof Promise ? answer.then(use) : use(answer)
}
