/**
 * XEP-0388 2.6.1: the requests that a client sends along with its authentication are done before the client is told of the
 * success. First all asynchronous work is awaited. Then everything is done at once, in the order of `INLINE`, so that
 * nothing can reach the new session before the client knows about it.
 */
import type { InlinePlace } from '../server/pipeline/order.ts'
import type { Session } from '../server/account/session.ts'
import type { Authenticated, Enter, StreamFeatures } from '../server/streams/stream-features.ts'
import { el, type Element } from '../xml/element.ts'
import type { Wire } from '../xml/wire.ts'
import { SASL2 } from '../xmpp/ns.ts'
import { nonza } from './framing.ts'
import { additional } from './sasl-profiles.ts'

type Prepared = readonly [InlinePlace, Enter]

/** The requests in `request`, ready to be done. Unknown requests are left out. */
export async function entriesFor(
  { inlineFeatures }: StreamFeatures,
  client: Authenticated,
  request: Element,
): Promise<readonly Prepared[]> {
  const entries: Prepared[] = []
  for (const [place, feature] of inlineFeatures) {
    const [first, ...others] = request.elements.filter((e) => e.ns === feature.ns)
    if (first !== undefined) entries.push([place, await feature.ask(client, [first, ...others])])
  }
  return entries
}

export interface Entered {
  /** The content of `<success/>`. */
  readonly replies: readonly Element[]
  readonly session: Session | null
  /** The session was resumed. */
  readonly isResumed: boolean
  /** Runs after the client was told. */
  readonly entered: (() => void) | null
}

/** XEP-0386 3.2: a client that has resumed a session binds no other. */
export function enterAll(entries: readonly Prepared[]): Entered {
  const replies: Element[] = []
  for (const [place, enter] of entries) {
    const { reply, session, entered } = enter()
    if (reply !== null) replies.push(reply)
    if (session !== null) return { replies, session, isResumed: place === 'resume', entered }
  }
  return { replies, session: null, isResumed: false, entered: null }
}

/** @param identifier the full JID if there is a session, otherwise the bare JID */
export const successOf = (identifier: string, data: Buffer | null, replies: readonly Element[]): Wire =>
  nonza('success', SASL2, ...additional(data), el('authorization-identifier', SASL2, {}, identifier), ...replies)
