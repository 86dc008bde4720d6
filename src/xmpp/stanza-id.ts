/** XEP-0359: the id under which a stanza can be found in an archive. Only the owner of the archive is shown it (MAM-27). */
import { el } from '../xml/element.ts'
import type { Jid } from './jid.ts'
import type { Packet } from './packet.ts'

export const STANZA_ID = 'urn:xmpp:sid:0'

/** The same message with the id that it has in the archive of `by`. */
export const withStanzaId = (packet: Packet, by: Jid, id: string): Packet =>
  packet.with({ payload: packet.payload.plus(el('stanza-id', STANZA_ID, { by: by.bare, id })) })

/** The id that a message has in the archive of `by`; undefined if it has none. Others cannot forge it (`forgeries.ts`). */
export function stanzaIdBy({ payload }: Packet, by: Jid): string | undefined {
  if (!payload.text.includes('stanza-id')) return undefined
  return payload.elements.find((e) => e.is('stanza-id', STANZA_ID) && e.attr('by') === by.bare)?.attr('id')
}
