/**
 * XEP-0085: chat states. A notification that stands alone says only that somebody is typing, or has stopped. Such a
 * message is not worth keeping: the next one replaces it.
 */
import type { Element } from '../xml/element.ts'
import { HINTS } from './hints.ts'
import { CLIENT } from './ns.ts'
import { STANZA_ID } from './stanza-id.ts'

export const CHAT_STATES = 'http://jabber.org/protocol/chatstates'

/** The chat state among the children of a message, with or without other content. */
export const chatStateIn = (children: readonly Element[]): Element | undefined => children.find((e) => e.ns === CHAT_STATES)

/** Is it a standalone notification (section 5.6)? A thread, hints and stanza ids beside the state do not count as content. */
export const isStandaloneState = (children: readonly Element[]): boolean =>
  chatStateIn(children) !== undefined &&
  children.every((e) => e.ns === CHAT_STATES || e.ns === HINTS || e.ns === STANZA_ID || e.is('thread', CLIENT))
