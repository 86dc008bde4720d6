/**
 * RFC 6120 4.8.3: a stanza moves from 'jabber:client' to the namespace of another stream and back. Children that declare
 * no namespace need no change, because they are text. This file handles the few children that name the namespace of
 * the stream, so that it does not leave the stream.
 */
import { Element } from '../xml/element.ts'
import type { RawElement } from '../xml/scanner.ts'
import { CLIENT } from '../xmpp/ns.ts'
import { Payload, type Packet } from '../xmpp/packet.ts'

/** A stanza that can be sent on any stream: no child is declared to be in 'jabber:client'. */
export function forAnyStream(packet: Packet): Packet {
  const { payload } = packet
  return payload.text.includes(CLIENT) ? packet.with({ payload: Payload.of(...payload.elements) }) : packet
}

/** The content of a stanza, in 'jabber:client'. Null if it needs no change. */
export function forClients(raw: RawElement): Payload | null {
  if (!raw.content.includes(raw.ns)) return null
  return Payload.of(...raw.tree().elements.map((e) => moved(e, raw.ns)))
}

/** Moves elements down to the first one of another namespace, whose content is not changed. */
function moved(e: Element, from: string): Element {
  if (e.ns !== from) return e
  return new Element(
    e.name,
    CLIENT,
    e.attrs,
    e.children.map((c) => (typeof c === 'string' ? c : moved(c, from))),
  )
}
