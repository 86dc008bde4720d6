/** XEP-0352 3.2: which stanzas can wait until the user looks again, and which of them replace each other. */
import type { Element } from '../../xml/element.ts'
import { chatStateIn, isStandaloneState } from '../../xmpp/chat-state.ts'
import { FORWARD } from '../../xmpp/forwarded.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { isSelfPresence } from '../../xmpp/muc-user.ts'
import { CLIENT } from '../../xmpp/ns.ts'
import { itemEventIn } from '../../xmpp/pubsub-event.ts'
import type { Packet } from '../../xmpp/packet.ts'

const CARBONS = 'urn:xmpp:carbons:2'

/** Keys: for a contact's resource, for all of a contact's resources, for one side of a conversation. */
export const presenceKey = (from: Jid): string => `presence ${from.full}`
export const closingKey = (bare: string): string => `closing ${bare}`
const conversationKey = (from: string, to: string): string => `state ${from} ${to}`

/** Is it the answer to an action of the client itself: its own presence, or how it joined, left or was renamed in a room? */
export const isOwn = (packet: Packet, me: Jid): boolean => packet.from.full === me.full || isSelfPresence(packet)

/** XEP-0384, XEP-0402 (XEP-0048), XEP-0490: what a client acts upon at once (PEP-13). */
const URGENT =
  /^(urn:xmpp:omemo:2:devices|eu\.siacs\.conversations\.axolotl\.devicelist|urn:xmpp:bookmarks:1|storage:bookmarks|urn:xmpp:mds:displayed:0)$/

/** The item that a message tells of, if that can wait: an item of somebody else. Null if it cannot. */
export function eventKeyOf(packet: Packet, me: Jid): string | null {
  if (packet.from.bare === me.bare) return null
  const event = itemEventIn(packet)
  return event === null || URGENT.test(event.node) ? null : event.key
}

/** Sent by the server for all of a contact's resources (RFC 6121 4.3.2): none is available. */
export const closesAll = (packet: Packet): boolean => packet.type === 'unavailable' && packet.from.isBare

/** The conversation whose state a message tells, and whether it tells nothing else; null if it tells none. */
export interface ChatState {
  readonly key: string
  readonly isAlone: boolean
}

/** @param me the receiver: copies of its user's messages (XEP-0280) are looked into */
export function chatStateOf(packet: Packet, me: Jid): ChatState | null {
  if (packet.kind !== 'message' || packet.type === 'error') return null
  const { elements } = packet.payload
  const copy = packet.from.full === me.bare ? copied(elements) : undefined
  const children = copy?.elements ?? elements
  if (chatStateIn(children) === undefined) return null
  const from = copy?.attr('from') ?? packet.from.full
  const to = copy?.attr('to') ?? ''
  return { key: conversationKey(from, to), isAlone: isStandaloneState(children) }
}

/** The message inside a carbon copy. */
function copied(elements: readonly Element[]): Element | undefined {
  const wrapper = elements.find((e) => e.ns === CARBONS && (e.name === 'received' || e.name === 'sent'))
  return wrapper?.child('forwarded', FORWARD)?.child('message', CLIENT)
}
