/**
 * RFC 6120 section 8: checks the form of every stanza of a client. Afterwards the stanza is complete, and claims nothing that
 * only the server may say.
 */
import type { Packet } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { FromClient } from '../pipeline/contexts.ts'
import { withoutForgeries } from '../routing/forgeries.ts'
import type { Stage } from '../pipeline/pipeline.ts'

const IQ_TYPES: ReadonlySet<string> = new Set(['get', 'set', 'result', 'error'])

/** @param serves whether a domain is ours */
export function checkStage(serves: (domain: string) => boolean): Stage<FromClient> {
  return (context) => {
    const { session } = context
    const { bare } = session.account
    if (context.packet.kind === 'iq') checkIq(context.packet)
    const packet = withoutForgeries(context.packet, (by) => serves(by.domain), bare)
    // 10.3: without an address, a message is for the sender's own bare JID, and an IQ for the sender's account.
    context.packet = packet.to === null && packet.kind !== 'presence' ? packet.addressedTo(bare) : packet
    return 'next'
  }
}

/**
 * 8.2.3: an IQ has an id, one of four types, one child in a get or set, and an error in an error.
 * @throws StanzaError bad-request
 */
export function checkIq({ id, type, payload }: Packet): void {
  if (id === null || !IQ_TYPES.has(type)) throw new StanzaError('bad-request')
  const { length } = payload.elements
  const fits = type === 'result' ? length <= 1 : type === 'error' ? payload.child('error') !== undefined : length === 1
  if (!fits) throw new StanzaError('bad-request')
}
