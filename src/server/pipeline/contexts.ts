/** What the stages of the three pipelines are given. One object per stanza, shared by its stages. */
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet, Payload } from '../../xmpp/packet.ts'
import type { LocalAccount, LocalEndpoint, Session } from '../account/session.ts'

/** A stanza that a client has sent. */
export interface FromClient {
  readonly session: Session
  /** Stages may put another in its place. */
  packet: Packet
}

/** A stanza that has arrived for a local account that exists. */
export interface ToAccount {
  readonly account: LocalAccount
  /** Stages may put another in its place. */
  packet: Packet
  /** Who is told of a refusal; null: nobody, since it is one of many that go to those who may see its sender. */
  readonly origin: Jid | null
  /** The endpoints of the account that got the message; empty until 'deliver' has run. */
  delivered: readonly LocalEndpoint[]
  /** Who got copies of it beside those (XEP-0280); null: nobody. */
  copies: Copies | null
}
export interface Copies {
  /** Of each of the copies, and of nothing else. */
  readonly payload: Payload
  readonly to: readonly Session[]
}

/** A stanza that is to be written to one session. */
export interface ToSession {
  readonly session: Session
  /** Stages may put another in its place. */
  packet: Packet
}
