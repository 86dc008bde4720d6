/**
 * A mark behind what was sent over a link: a ping (XEP-0199) to the other server. Stanzas are handled in their order (RFC
 * 6120 10.1), so its answer shows that the other side has handled what was sent before it, and that we have handled what
 * the other side answered: neither our queue nor theirs hides any of it any more.
 */
import type { Millis } from '../../base/clock.ts'
import { el } from '../../xml/element.ts'
import { jidOf } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Asking } from '../routing/asking.ts'
import type { LinkFact } from '../account/facts.ts'

export type Passage =
  /** What was sent before the mark is handled, and answered. */
  | 'through'
  /** No answer yet. */
  | 'waiting'
  /** The mark did not leave this server; nor did, in all likelihood, what was sent before it. */
  | 'unsent'

/** After that long without an answer somebody decides whether to set another mark. */
export const MARK_WITHIN: Millis = 30_000

const PING = el('ping', 'urn:xmpp:ping')

/** Sets a mark, and tells once what has become of it. */
export function setMark(asking: Asking, { local, remote }: LinkFact, told: (passage: Passage) => void): void {
  const answered = (answer: Packet | null): void => told(answer === null ? 'waiting' : isOurs(answer) ? 'unsent' : 'through')
  asking.ask(jidOf('', local), jidOf('', remote), PING, answered, MARK_WITHIN)
}

/** The errors by which this server says that a stanza did not get to another server. */
const OURS = ['remote-server-timeout', 'remote-server-not-found', 'resource-constraint', 'not-allowed']

const isOurs = ({ type, payload }: Packet): boolean =>
  type === 'error' && payload.child('error')?.elements.some(({ name }) => OURS.includes(name)) === true
