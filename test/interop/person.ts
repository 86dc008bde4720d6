/**
 * Somebody at a real client, as the stories see them: what they do, and what their client shows them. Whatever the
 * client's make, `sees...` waits for what is next shown of that contact and fails when it is something else.
 */
export type Show = 'online' | 'away' | 'chat' | 'dnd' | 'xa'
/** The way to the server. */
export type Security = 'starttls' | 'direct-tls' | 'websocket' | 'bosh'
export type Subscription = 'none' | 'to' | 'from' | 'both'

/** Longer than anything takes on a busy machine: who waits so long waits in vain. */
export const PATIENCE_MS = 20_000

export interface Account {
  /** Bare. */
  readonly jid: string
  readonly password: string
}

/** Where a server on this machine is, and what a client must trust. */
export interface Endpoints {
  /** 'localhost' unless it is said. */
  readonly host?: string
  /** Of the loopback, for STARTTLS. */
  readonly port: number
  readonly directTlsPort: number
  /** Null: it has none, or nobody has said so. */
  readonly httpsPort: number | null
  readonly certificateFile: string
  /** For the files of clients; goes away with the server. */
  readonly directory: string
}

export interface Person {
  readonly jid: string
  security: Security
  /** Connects, logs in, asks for the roster and becomes available. @throws LoginRefused */
  logIn(): Promise<void>
  /** Says goodbye and is gone; the client may log in again. */
  logOut(): Promise<void>
  /** Until the client has noticed that the server is gone; it may log in again. */
  isCutOff(): Promise<void>
  show(show: Show, status: string): Promise<void>
  /** Puts somebody on the roster and asks to see their presence. */
  add(jid: string): Promise<void>
  approve(jid: string): Promise<void>
  say(jid: string, body: string): Promise<void>

  seesRequest(from: string): Promise<void>
  sees(jid: string, show: Show, status: string): Promise<void>
  /** Whatever was shown of them before. */
  seesAtLast(jid: string, show: Show, status: string): Promise<void>
  seesOffline(jid: string): Promise<void>
  reads(from: string, body: string): Promise<void>
  /** Until the client has this contact in this state. */
  hasContact(jid: string, subscription: Subscription): Promise<void>

  /** Until the server has processed what this client has sent, and the client what was sent to it meanwhile. */
  settle(): Promise<void>
  /** @throws Error when there is a presence of that contact that was shown and not looked at */
  sawAllOf(jid: string): Promise<void>
  /** Of the last login. */
  mechanism(): Promise<string>

  /** The client's process stops running, but its connection stays. */
  freeze(): Promise<void>
  /** SIGKILL: the process is gone, and nobody says goodbye. */
  kill(): Promise<void>
  /** Whatever has happened, nothing is left of the client. */
  close(): Promise<void>
}

/** The server did not let somebody in. */
export class LoginRefused extends Error {
  /** As the client reports it: a SASL condition where it has one. */
  readonly condition: string
  constructor(condition: string) {
    super(`login refused: ${condition}`)
    this.condition = condition
  }
}

/** A make of client, with which people may come. */
export interface Make {
  readonly name: string
  /** Why it cannot be used on this machine; false: it can. */
  readonly missing: string | false
  /** Its client is there, and not logged in. */
  come(server: Endpoints, account: Account): Promise<Person>
}
