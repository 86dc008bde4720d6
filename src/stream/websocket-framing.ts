/**
 * RFC 7395 section 3.3: the header and footer of a stream are elements, and each element is a separate text message.
 * A server's messages are simple to build (RFC 6455 5.2: one frame, unmasked), so that all messages of a tick can be
 * written to the socket at once.
 */
import { escape, wire, type Wire } from '../xml/wire.ts'
import type { StreamError } from '../xmpp/stream-error.ts'
import type { OpenOptions } from './carrier.ts'
import { headerAttributes } from './framing.ts'

export const FRAMING = 'urn:ietf:params:xml:ns:xmpp-framing'
export const CLOSE: Wire = wire(`<close xmlns='${FRAMING}'/>`)

/** 3.6.1: a footer that sends the client to another place. */
export const seeOther = (uri: string): Wire => wire(`<close xmlns='${FRAMING}' see-other-uri='${escape(uri)}'/>`)

export const open = (options: OpenOptions): Wire => wire(`<open xmlns='${FRAMING}'${headerAttributes(options)}/>`)

const FINAL_TEXT = '\x81'
const FINAL_PONG = '\x8a'
const { fromCharCode } = String

/** RFC 6455 5.2: `text` as the octets of one unfragmented text frame. */
export function frame(text: Wire): Wire {
  const n = text.length
  if (n < 126) return wire(FINAL_TEXT + fromCharCode(n) + text)
  if (n < 65_536) return wire(FINAL_TEXT + fromCharCode(126, n >> 8, n & 255) + text)
  return wire(FINAL_TEXT + fromCharCode(127, 0, 0, 0, 0, n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255) + text)
}

/** RFC 6455 5.5.3: the answer to a ping. @param data of the ping, 125 octets at most */
export const pong = (data: Buffer): Wire => wire(FINAL_PONG + fromCharCode(data.length) + data.toString('latin1'))

/** RFC 6455 7.4.1: the code for closing the connection. The stream error has said more exactly why. */
export function closeCode(error: StreamError | null): number {
  switch (error?.condition) {
    case 'system-shutdown':
      return 1001 // going away
    case 'bad-format':
    case 'not-well-formed':
    case 'restricted-xml':
    case 'unsupported-encoding':
      return 1007 // data that does not fit the agreed type
    case 'policy-violation':
      return 1008
    case 'internal-server-error':
      return 1011
    default:
      return 1000
  }
}
