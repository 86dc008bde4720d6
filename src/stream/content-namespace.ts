/**
 * RFC 6120 4.8.3: a stanza changes from 'jabber:client' to the namespace of another stream and back. Its children
 * that name no namespace of their own come along by themselves, as text; here stands what to do with the few that
 * name the stream's namespace, so that it does not get out.
 */
import { Element } from '../xml/element.ts'
import type { RawElement } from '../xml/scanner.ts'
import { CLIENT } from '../xmpp/ns.ts'
import { Payload, type Packet } from '../xmpp/packet.ts'

/** A stanza as it may stand in any stream: no child says that it is in 'jabber:client'. */
export function forAnyStream(packet: Packet): Packet {
  const { payload } = packet
  return payload.text.includes(CLIENT) ? packet.with({ payload: Payload.of(...payload.elements) }) : packet
}

/** What came in a stanza, in 'jabber:client'. Null: as it came is as it should be. */
export function forClients(raw: RawElement): Payload | null {
  if (!raw.content.includes(raw.ns)) return null
  return Payload.of(...raw.tree().elements.map((e) => moved(e, raw.ns)))
}

/** Up to the first element of another namespace: what stands in there is somebody else's. */
function moved(e: Element, from: string): Element {
  if (e.ns !== from) return e
  return new Element(
    e.name,
    CLIENT,
    e.attrs,
    e.children.map((c) => (typeof c === 'string' ? c : moved(c, from))),
  )
}
