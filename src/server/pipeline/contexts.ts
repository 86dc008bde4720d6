/** The contexts of the three pipelines. One object per stanza, shared by its stages. */
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet, Payload } from '../../xmpp/packet.ts'
import type { LocalAccount, LocalEndpoint, Session } from '../account/session.ts'

/** A stanza that a client has sent. */
export interface FromClient {
  readonly session: Session
  /** A stage can replace it. */
  packet: Packet
}

/** A stanza that has arrived for a local account that exists. */
export interface ToAccount {
  readonly account: LocalAccount
  /** A stage can replace it. */
  packet: Packet
  /** Who is told of a refusal; null for nobody, because it is one of many copies to those who may see its sender. */
  readonly origin: Jid | null
  /** The endpoints of the account that received the message; empty until 'deliver' has run. */
  delivered: readonly LocalEndpoint[]
  /** The endpoints that received copies in addition (XEP-0280); null if none. */
  copies: Copies | null
}
export interface Copies {
  /** The payload of each of the copies, and of nothing else. */
  readonly payload: Payload
  readonly to: readonly Session[]
}

/** A stanza to be written to one session. */
export interface ToSession {
  readonly session: Session
  /** A stage can replace it. */
  packet: Packet
}
