/**
 * A mark after what was sent over a link: a ping (XEP-0199) to the other server. Stanzas are processed in order (RFC 6120 10.1),
 * so its answer shows that the other side has processed everything sent before it, and that we have processed the other side's
 * answers: nothing of it waits in a queue any more, ours or theirs.
 */
import type { Millis } from '../../base/clock.ts'
import { el } from '../../xml/element.ts'
import { jidOf } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Asking } from '../routing/asking.ts'
import type { LinkFact } from '../account/facts.ts'

export type Passage =
  /** What was sent before the mark is processed and answered. */
  | 'through'
  /** No answer yet. */
  | 'waiting'
  /** The mark did not leave this server, and what was sent before it probably did not either. */
  | 'unsent'

/** After this time without an answer, the caller decides whether to send another mark. */
export const MARK_WITHIN: Millis = 30_000

const PING = el('ping', 'urn:xmpp:ping')

/** Sends a mark, and reports the result once. */
export function setMark(asking: Asking, { local, remote }: LinkFact, told: (passage: Passage) => void): void {
  const answered = (answer: Packet | null): void => told(answer === null ? 'waiting' : isOurs(answer) ? 'unsent' : 'through')
  asking.ask(jidOf('', local), jidOf('', remote), PING, answered, MARK_WITHIN)
}

/** The errors by which this server says that a stanza did not reach another server. */
const OURS = ['remote-server-timeout', 'remote-server-not-found', 'resource-constraint', 'not-allowed']

const isOurs = ({ type, payload }: Packet): boolean =>
  type === 'error' && payload.child('error')?.elements.some(({ name }) => OURS.includes(name)) === true
