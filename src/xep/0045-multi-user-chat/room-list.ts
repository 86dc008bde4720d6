/** The public rooms of a service, page by page (XEP-0045 6.3, XEP-0059; ROOM-41). */
import type { ListedRoom, RoomStore } from '../../rooms/store.ts'
import { el, type Element } from '../../xml/element.ts'
import { pageElement, type PageAsk } from '../../xmpp/result-set.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { DISCO_ITEMS } from './room-info.ts'

const PAGE = 100

/** @throws StanzaError feature-not-implemented: pages by number */
export async function roomList(store: RoomStore, domain: string, ask: PageAsk): Promise<Element> {
  if (ask.index !== null) throw new StanzaError('feature-not-implemented')
  const limit = Math.min(ask.max ?? PAGE, PAGE)
  const rooms = limit === 0 ? [] : await pageOf(store, domain, ask, limit)
  const items = rooms.map(({ address, name }) => el('item', DISCO_ITEMS, { jid: address, name: name === '' ? undefined : name }))
  const page = { first: rooms[0]?.address ?? null, last: rooms.at(-1)?.address ?? null }
  return el('query', DISCO_ITEMS, {}, ...items, pageElement(page))
}
function pageOf(store: RoomStore, domain: string, { before, after }: PageAsk, limit: number): Promise<readonly ListedRoom[]> {
  if (before !== null) return store.listedBefore(domain, before === '' ? '\uffff' : before, limit)
  return store.listed(domain, after ?? '', limit)
}
