/** The contexts of the three pipelines. One object per stanza, shared by its stages. */
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet, Payload } from '../../xmpp/packet.ts'
import type { LocalAccount, LocalEndpoint, Session } from '../account/session.ts'
import type { Along } from '../ports.ts'

/** A message that is sent for an account: by a client, or by something else that speaks for the user. */
export interface FromAccount {
  readonly account: LocalAccount
  /** The session of the client; null: it is not from one. */
  readonly session: Session | null
  /** A stage can replace it. */
  packet: Packet
  /** The message is being stored in the archive of its sender (XEP-0313); null if it is not. */
  keeping: KeepingSent | null
}
/** A stanza that a client has sent. */
export interface FromClient extends FromAccount {
  readonly session: Session
}
export interface KeepingSent {
  readonly id: string
  /** False: it could not be stored. Never rejects. */
  readonly isStored: Promise<boolean>
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
  /** What the archive of the account makes of the message (XEP-0313); null if it does not keep it. */
  archiving: Archiving | null
  /** It is stored until the user is back (XEP-0160). */
  isStored: boolean
}
export interface Archiving {
  readonly id: string
  /** It is in the archive already. */
  readonly isKept: boolean
  /** What is stored along with it, at this position: if that changes nothing, the message has no room in the archive. */
  readonly along: Along
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
