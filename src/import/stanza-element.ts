/** A stanza as an element of a file. */
import { el, type Element } from '../xml/element.ts'
import { valueOf } from '../xml/entities.ts'
import { CLIENT } from '../xmpp/ns.ts'
import type { Packet } from '../xmpp/packet.ts'

export function stanzaElement({ kind, type, from, to, id, lang, payload }: Packet, ...more: readonly Element[]): Element {
  const text = (value: typeof id): string | undefined => (value === null ? undefined : valueOf(value))
  const attributes = { from: from.full, to: to?.full, type: type === '' ? undefined : type }
  return el(kind, CLIENT, { ...attributes, 'id': text(id), 'xml:lang': text(lang) }, ...payload.elements, ...more)
}
