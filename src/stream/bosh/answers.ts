/** XEP-0124 section 6 and XEP-0206 section 2: the <body/> of answers. */
import { escape } from '../../xml/wire.ts'
import { STREAM_PREFIX } from '../framing.ts'

export const HTTPBIND = 'http://jabber.org/protocol/httpbind'
export const XBOSH = 'urn:xmpp:xbosh'

/** The terminal binding conditions (XEP-0124 17.2) that this server uses. */
export type Condition =
  | 'bad-request'
  | 'host-unknown'
  | 'improper-addressing'
  | 'item-not-found'
  | 'other-request'
  | 'policy-violation'
  | 'remote-stream-error'

/**
 * @param attributes with a space before each
 * @param content first-level elements that declare their namespaces, except for the prefix 'stream'
 */
export function bodyOf(attributes: string, content: string): string {
  const stream = content.includes('<stream:') ? STREAM_PREFIX : '' // XEP-0206 2
  const start = `<body xmlns='${HTTPBIND}'${stream}${attributes}`
  return content === '' ? `${start}/>` : `${start}>${content}</body>`
}

/** The answer that ends a session. @param condition null if the client asked for the end */
export const ended = (condition: Condition | null, content = ''): string =>
  bodyOf(` type='terminate'${condition === null ? '' : ` condition='${condition}'`}`, content)

/** XEP-0124 17.3: the same request arrived on another connection. */
export const RECOVERABLE = bodyOf(" type='error'", '')

/** XEP-0124 17.1: for clients of a protocol version before 1.5, which do not name their version. */
export const legacyStatus: Readonly<Partial<Record<Condition, number>>> = {
  'bad-request': 400,
  'policy-violation': 403,
  'item-not-found': 404,
}

/** Attributes with a space before each; null values are left out. */
export function attributes(all: Readonly<Record<string, string | number | null>>): string {
  let text = ''
  for (const name in all) if (all[name] !== null) text += ` ${name}='${escape(String(all[name]))}'`
  return text
}
