/** XEP-0334: hints of the sender about storing and copying a message. In an error they mean nothing (section 5). */
import type { Packet } from './packet.ts'

export const HINTS = 'urn:xmpp:hints'

/** `no-permanent-store` applies only to archives. */
export type Hint = 'no-permanent-store' | 'no-store' | 'no-copy' | 'store'

export const hasHint = (packet: Packet, hint: Hint): boolean =>
  packet.type !== 'error' && packet.payload.child(hint, HINTS) !== undefined
