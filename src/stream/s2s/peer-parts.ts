/** What all streams between servers share. */
import type { Clock, Millis } from '../../base/clock.ts'
import type { Entropy } from '../../base/entropy.ts'
import type { Log } from '../../base/log.ts'
import type { Anchors } from '../../net/server-chain.ts'
import type { TlsOver } from '../../net/tls-options.ts'
import type { Unread } from '../outbox.ts'
import type { ScanLimits } from '../../xml/scanner.ts'
import type { IsOurs } from '../../xmpp/jid.ts'
import type { PeerManagement } from './management.ts'
import type { FederationSettings } from './settings.ts'
import type { Peers } from './trust.ts'

export interface PeerParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
  readonly settings: FederationSettings
  readonly peers: Peers
  /** The secret from which dialback keys are made. */
  readonly secret: string
  /** Is the domain ours? */
  readonly serves: (domain: string) => boolean
  /** Are the accounts of the address here? The accounts of a component are not. */
  readonly isOurs: IsOurs
  /** The first of our domains, used if a peer asks for none of them. */
  readonly domain: string
  /** Limits of the input once the peer has authenticated. */
  readonly limits: ScanLimits
  /** How much may wait to be read by a peer. */
  readonly unread: Unread
  /** XEP-0198; null if switched off. */
  readonly management: PeerManagement | null
  /** How long a peer has to close its side. */
  readonly closeMs: Millis
  /** The authorities that are trusted for certificates of other servers. */
  readonly anchors: Anchors
  /** TLS as the client of `remote`, with the certificate of `local`. */
  readonly tlsTo: (local: string, remote: string, alpn: readonly string[] | null) => TlsOver
}
