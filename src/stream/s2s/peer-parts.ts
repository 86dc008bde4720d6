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
  /** From which dialback keys are made. */
  readonly secret: string
  /** Is the domain ours? */
  readonly serves: (domain: string) => boolean
  /** Are its accounts here? Not so with a component's. */
  readonly isOurs: IsOurs
  /** The first of our domains, for those who ask for none of them. */
  readonly domain: string
  /** Of the input, once the peer is known. */
  readonly limits: ScanLimits
  /** What may wait to be read by a peer. */
  readonly unread: Unread
  /** XEP-0198; null: switched off. */
  readonly management: PeerManagement | null
  /** Time that a peer has to close its side. */
  readonly closeMs: Millis
  /** Whom the certificates of other servers are from. */
  readonly anchors: Anchors
  /** TLS as the client of `remote`, with the certificate of `local`. */
  readonly tlsTo: (local: string, remote: string, alpn: readonly string[] | null) => TlsOver
}
