/** What all client streams of a server share. */
import type { Clock } from '../base/clock.ts'
import type { Entropy } from '../base/entropy.ts'
import type { Log } from '../base/log.ts'
import type { Accounts } from '../server/account/accounts.ts'
import type { Server } from '../server/server.ts'
import type { Sessions } from '../server/account/sessions.ts'
import type { ScanLimits } from '../xml/scanner.ts'
import type { IsOurs } from '../xmpp/jid.ts'
import type { LoginQueue } from './login-queue.ts'
import type { Authenticator } from '../sasl/authenticator.ts'
import type { StreamsSettings } from './settings.ts'

export interface UnboundStream {
  /** The server stops (RFC 6120 4.9.3.19). */
  shutDown(): void
}

export interface ClientStreamParts {
  readonly server: Pick<Server, 'host' | 'receive' | 'streamFeatures'>
  readonly sessions: Sessions
  readonly accounts: Accounts
  readonly domains: readonly string[]
  readonly isOurs: IsOurs
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
  readonly streams: StreamsSettings
  readonly authenticator: Authenticator
  /** Decides when each client may begin to log in. */
  readonly logins: LoginQueue
  /** The streams without a session. */
  readonly unbound: Set<UnboundStream>
  /** Limits of the input once the client has authenticated. */
  readonly limits: ScanLimits
}
