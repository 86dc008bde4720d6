/**
 * How a test speaks with a driver, a small program round a client library: one JSON object a line. Orders go to its
 * standard input, each with a number; what it answers and what its client is shown come from its standard output.
 */
import type { Security, Subscription } from './person.ts'

export type TlsVersion = 'TLSv1_2' | 'TLSv1_3'

export interface LoginOrder {
  readonly do: 'login'
  /** Bare, or full to ask for a resource. */
  readonly jid: string
  readonly password: string
  readonly host: string
  readonly port: number
  readonly security: Security
  /** The newest TLS that the client speaks. Only slixmpp's driver heeds it. */
  readonly tls: TlsVersion
  /** PEM file that is trusted. */
  readonly certificate: string
  /** With stream management (XEP-0198). Only the drivers of slixmpp and strophe.js heed it: the others always have it. */
  readonly managed: boolean
}

export type Order =
  | LoginOrder
  | { readonly do: 'logout' | 'roster' | 'carbons' }
  /** The connection has broken: it comes back for its session. Not in the driver of @xmpp/client. */
  | { readonly do: 'resume' }
  /** Says what it has received, unasked (XEP-0198 section 4). In the driver of slixmpp alone. */
  | { readonly do: 'acknowledge' }
  | { readonly do: 'presence'; readonly show: string; readonly status: string }
  | { readonly do: 'add' | 'approve' | 'block' | 'unblock' | 'ping' | 'disco'; readonly jid: string }
  | { readonly do: 'message'; readonly jid: string; readonly body: string }
  | RoomOrder

/** In the driver of slixmpp alone, with `--rooms`. */
export type RoomOrder =
  | { readonly do: 'enter' | 'leave' | 'rename' | 'kick'; readonly room: string; readonly nick: string }
  | { readonly do: 'tell'; readonly room: string; readonly body: string }
  /** Uploads a file (XEP-0363), and tells the room its URL (XEP-0066). */
  | { readonly do: 'share'; readonly room: string; readonly name: string; readonly hex: string }
  /** The octets behind a URL, got without a login, in hexadecimal. */
  | { readonly do: 'fetch'; readonly url: string }
  | { readonly do: 'ban' | 'invite' | 'invite_directly'; readonly room: string; readonly jid: string; readonly reason: string }
  /** `to` is the room that takes its place. */
  | { readonly do: 'destroy'; readonly room: string; readonly to: string; readonly reason: string }
  /** An ad-hoc command (XEP-0050), with its form filled in beforehand. */
  | { readonly do: 'command'; readonly room: string; readonly node: string; readonly fields: Readonly<Record<string, string>> }
  /** Takes a new room as it is. */
  | { readonly do: 'open'; readonly room: string }
  /** The name in its own vCard, and in that of somebody. */
  | { readonly do: 'publish'; readonly name: string }
  | { readonly do: 'card'; readonly jid: string }
  /** What its client has received since it was last asked, as a list. */
  | { readonly do: 'octets' }

export interface LoggedIn {
  readonly jid: string
  readonly mechanism: string
}
export interface Contact {
  readonly jid: string
  readonly subscription: Subscription
}

/** What an order comes to. */
export type Outcome = { readonly value: unknown } | { readonly error: string }
export type Answer = Outcome & { readonly answer: number }

/** Presence in a room. Only in slixmpp's driver with `--rooms`. */
export interface ShownOccupant {
  readonly shown: 'occupant'
  readonly from: string
  readonly there: boolean
  readonly codes: readonly number[]
  /** The real address; '' if it is not told. */
  readonly jid: string
  /** Who doubts it, and why (XEP-0310); '' for nobody. */
  readonly by: string
  readonly doubts: readonly string[]
}

/** What the client is shown. */
export type Shown =
  | { readonly shown: 'presence'; readonly from: string; readonly show: string; readonly status: string }
  /** XEP-0310: who doubts the presence that was shown just before, and why; '' for nothing. Only in stanza's driver. */
  | { readonly shown: 'annotation'; readonly from: string; readonly by: string; readonly doubt: string }
  | ShownOccupant
  | { readonly shown: 'request'; readonly from: string }
  | {
      readonly shown: 'message'
      readonly from: string
      readonly body: string
      readonly carbon: boolean
      readonly delayed: boolean
    }
  | { readonly shown: 'contact'; readonly jid: string; readonly subscription: Subscription }
  | { readonly shown: 'closed'; readonly condition: string }
