/** The public rooms of a service, page by page (XEP-0045 6.3, XEP-0059; ROOM-41). */
import type { ListedRoom, RoomStore } from '../../rooms/store.ts'
import { el, type Element } from '../../xml/element.ts'
import { pageElement, type PageAsk } from '../../xmpp/result-set.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { DISCO_ITEMS } from './room-info.ts'

const PAGE = 100

/**
 * @param isVisible null: all are
 * @throws StanzaError feature-not-implemented: pages by number
 */
export async function roomList(
  store: RoomStore,
  domain: string,
  ask: PageAsk,
  isVisible: ((room: ListedRoom) => boolean) | null,
): Promise<Element> {
  if (ask.index !== null) throw new StanzaError('feature-not-implemented')
  const limit = Math.min(ask.max ?? PAGE, PAGE)
  const rooms = limit === 0 ? [] : await visiblePage(store, domain, ask, limit, isVisible)
  const items = rooms.map(({ address, name }) => el('item', DISCO_ITEMS, { jid: address, name: name === '' ? undefined : name }))
  const page = { first: rooms[0]?.address ?? null, last: rooms.at(-1)?.address ?? null }
  return el('query', DISCO_ITEMS, {}, ...items, pageElement(page))
}
/** Reads on until the page is full: nothing tells that rooms were left out. */
async function visiblePage(
  store: RoomStore,
  domain: string,
  ask: PageAsk,
  limit: number,
  isVisible: ((room: ListedRoom) => boolean) | null,
): Promise<readonly ListedRoom[]> {
  if (isVisible === null) return pageOf(store, domain, ask, limit)
  const isBackwards = ask.before !== null
  let found: readonly ListedRoom[] = []
  for (let from = ask; ;) {
    const read = await pageOf(store, domain, from, PAGE)
    const visible = read.filter(isVisible)
    found = isBackwards ? [...visible, ...found] : [...found, ...visible]
    if (found.length >= limit || read.length < PAGE) return isBackwards ? found.slice(-limit) : found.slice(0, limit)
    from = isBackwards ? { ...ask, before: read[0]!.address } : { ...ask, after: read.at(-1)!.address }
  }
}
function pageOf(store: RoomStore, domain: string, { before, after }: PageAsk, limit: number): Promise<readonly ListedRoom[]> {
  if (before !== null) return store.listedBefore(domain, before === '' ? '\uffff' : before, limit)
  return store.listed(domain, after ?? '', limit)
}
