/** XEP-0334: what the sender of a message wishes for its storing and copying. In an error they mean nothing (section 5). */
import type { Packet } from './packet.ts'

export const HINTS = 'urn:xmpp:hints'

/** `no-permanent-store` concerns archives alone. */
export type Hint = 'no-permanent-store' | 'no-store' | 'no-copy' | 'store'

export const hasHint = (packet: Packet, hint: Hint): boolean =>
  packet.type !== 'error' && packet.payload.child(hint, HINTS) !== undefined
