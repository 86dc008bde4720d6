/** The messages by which an account tells of its nodes (XEP-0060 7 to 9). One text for all receivers: only `to` differs. */
import type { Item, Node } from '../../pubsub/machine/node.ts'
import { itemEvent } from '../../pubsub/xmpp/events.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import { el, type Element } from '../../xml/element.ts'
import type { Wire } from '../../xml/wire.ts'
import { delayElement } from '../../xmpp/delay.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'

const ADDRESSES = 'http://jabber.org/protocol/address'

export class Texts {
  readonly #requestId: () => Wire
  /** Of last items: each is sent to many, one after the other. */
  readonly #last = new WeakMap<Item, Packet>()

  readonly #tellsReplyTo: boolean

  constructor(requestId: () => Wire, tellsReplyTo: boolean) {
    this.#requestId = requestId
    this.#tellsReplyTo = tellsReplyTo
  }
  /** For those who see the presence of the publisher (PEP-14); the same message if there is no address to tell. */
  forContacts(packet: Packet, publisher: string | null): Packet {
    if (!this.#tellsReplyTo || publisher === null) return packet
    const address = el('address', ADDRESSES, { type: 'replyto', jid: publisher })
    return packet.with({ payload: Payload.of(...packet.payload.elements, el('addresses', ADDRESSES, {}, address)) })
  }
  of({ bare }: LocalAccount, { config }: Node, ...payload: readonly Element[]): Packet {
    const id = this.#requestId()
    return Packet.of({ kind: 'message', type: config.notification_type, from: bare, id, payload: Payload.of(...payload) })
  }
  /** An item that was published before: the receiver can tell (PEP-11). */
  last(account: LocalAccount, node: Node, item: Item): Packet {
    let packet = this.#last.get(item)
    if (packet === undefined)
      this.#last.set(item, (packet = this.of(account, node, itemEvent(node, item), delayElement(account.bare.bare, item.at))))
    return packet
  }
}
