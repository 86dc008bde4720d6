/** Messages of a room as another server has stored them: which of them belong into the archive here, and in which form. */
import type { Millis } from '../base/clock.ts'
import type { PastSaying } from '../rooms/past.ts'
import type { Element } from '../xml/element.ts'
import { encode } from '../xml/wire.ts'
import { unlessFaulty, jid } from '../xmpp/jid.ts'
import { isLasting } from '../xmpp/lasting.ts'
import { MUC_USER } from '../xmpp/muc-user.ts'
import { CLIENT } from '../xmpp/ns.ts'
import { Payload } from '../xmpp/packet.ts'
import { withoutOursBy } from '../xep/0045-multi-user-chat/payloads.ts'

export interface StoredMessage {
  readonly message: Element
  readonly at: Millis
  /** The bare address of the room. */
  readonly room: string
  /** What the server has noted beside the message; null if it has not. */
  readonly by: string | null
  readonly nick: string | null
  /** Null: the message gets a new id. */
  readonly id: string | null
}

/** Null: it is not kept in archives, such as presence. */
export function pastSaying({ message, at, room, by, nick, id }: StoredMessage): PastSaying | null {
  if (!message.is('message', CLIENT) || message.attr('type') === 'error') return null
  const given = Payload.of(...message.elements)
  const tombstone = message.elements.find((e) => e.name === 'retracted' && RETRACTED.test(e.ns))
  const clean = withoutOursBy(given, room)
  const isSubject =
    clean.child('subject') !== undefined && clean.child('body') === undefined && clean.child('thread') === undefined
  if (tombstone === undefined && !isSubject && !isLasting(clean)) return null
  const real = given.child('x', MUC_USER)?.child('item')?.attr('jid')
  const lang = message.attr('xml:lang')
  return {
    at,
    id,
    by: bareOf(by ?? real),
    nick: nick ?? resourceOf(message.attr('from')),
    fromId: message.attr('id') ?? null,
    lang: lang === undefined ? null : encode(lang),
    payload: tombstone === undefined ? clean : Payload.of(tombstone),
    isSubject,
    isRetracted: tombstone !== undefined,
  }
}
const RETRACTED = /^urn:xmpp:message-retract:\d$/

const bareOf = (address: string | undefined): string | null =>
  address === undefined || address === '' ? null : (unlessFaulty(() => jid(address))?.bare ?? null)
function resourceOf(address = ''): string | null {
  const slash = address.indexOf('/')
  return slash < 0 || slash === address.length - 1 ? null : address.slice(slash + 1)
}
