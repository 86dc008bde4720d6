/**
 * XEP-0388 2.6.1: what a client has asked for along with its authentication is done before it is told of its success.
 * First comes all that has to be waited for; then everything is done in one go, in the order of `INLINE`, so that
 * nothing can reach the new session before the client knows that it has one.
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

/** What `request` asks for, ready to be done. Whatever nobody here knows is left out. */
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
  /** For inside of `<success/>`. */
  readonly replies: readonly Element[]
  readonly session: Session | null
  /** The session is an old one. */
  readonly isResumed: boolean
  /** Runs when the client has been told. */
  readonly entered: (() => void) | null
}

/** XEP-0386 3.2: who has got a session back binds no other. */
export function enterAll(entries: readonly Prepared[]): Entered {
  const replies: Element[] = []
  for (const [place, enter] of entries) {
    const { reply, session, entered } = enter()
    if (reply !== null) replies.push(reply)
    if (session !== null) return { replies, session, isResumed: place === 'resume', entered }
  }
  return { replies, session: null, isResumed: false, entered: null }
}

/** @param identifier the full JID of whoever has a session, otherwise the bare one */
export const successOf = (identifier: string, data: Buffer | null, replies: readonly Element[]): Wire =>
  nonza('success', SASL2, ...additional(data), el('authorization-identifier', SASL2, {}, identifier), ...replies)
