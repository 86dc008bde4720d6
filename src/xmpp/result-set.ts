/** XEP-0059: which page of a long list is asked for, and what is said of the page that is given. */
import { el, type Element } from '../xml/element.ts'
import { StanzaError } from './stanza-error.ts'

export const RSM = 'http://jabber.org/protocol/rsm'

export interface PageAsk {
  /** At most so many items; null: the answer decides. 0: only the count is wanted (2.6). */
  readonly max: number | null
  /** The page after the item of this id (2.2); null: not asked. */
  readonly after: string | null
  /** The page before the item of this id (2.3); '': the last page (2.5); null: not asked. */
  readonly before: string | null
  /** The page that begins with the item of this number (2.4); null: not asked. */
  readonly index: number | null
}
export const FIRST_PAGE: PageAsk = { max: null, after: null, before: null, index: null }

/** What an answer says of its page. `count` and `index` are left out if they are not known. */
export interface Page {
  readonly first: string | null
  readonly last: string | null
  /** Number of the first item in the whole list. */
  readonly index?: number
  /** Length of the whole list. */
  readonly count?: number
}

/**
 * The `<set/>` in `parent`.
 * @returns FIRST_PAGE if there is none
 * @throws StanzaError bad-request: a number that is none, or more than one of `after`, `before` and `index`
 */
export function readPageAsk(parent: Element): PageAsk {
  const set = parent.child('set', RSM)
  if (set === undefined) return FIRST_PAGE
  const textOf = (name: string): string | null => set.child(name)?.text ?? null
  const ask: PageAsk = {
    max: numberOf(textOf('max')),
    after: textOf('after'),
    before: textOf('before'),
    index: numberOf(textOf('index')),
  }
  if ([ask.after, ask.before, ask.index].filter((one) => one !== null).length > 1)
    throw new StanzaError('bad-request', { text: 'Only one of after, before and index can be asked for' })
  return ask
}

function numberOf(text: string | null): number | null {
  if (text === null) return null
  if (!/^\d+$/.test(text)) throw new StanzaError('bad-request', { text: `"${text.slice(0, 20)}" is not a number` })
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER)
}

export function pageElement({ first, last, index, count }: Page): Element {
  const parts: Element[] = []
  if (first !== null) parts.push(el('first', RSM, { index: index?.toString() }, first))
  if (last !== null) parts.push(el('last', RSM, {}, last))
  if (count !== undefined) parts.push(el('count', RSM, {}, String(count)))
  return el('set', RSM, {}, ...parts)
}

/**
 * The page of a list that is in memory.
 * @param idOf unique in the list
 * @param most items on a page
 * @throws StanzaError item-not-found: no item has the id that is named
 */
export function pageOf<T>(
  list: readonly T[],
  ask: PageAsk,
  idOf: (item: T) => string,
  most: number,
): { items: readonly T[]; page: Page } {
  const [begin, end] = rangeOf(list, ask, idOf, Math.min(ask.max ?? most, most))
  const items = list.slice(begin, end)
  const [first, last] = items.length === 0 ? [null, null] : [idOf(items[0]!), idOf(items.at(-1)!)]
  return { items, page: { first, last, index: begin, count: list.length } }
}

function rangeOf<T>(
  list: readonly T[],
  { after, before, index }: PageAsk,
  idOf: (item: T) => string,
  size: number,
): [number, number] {
  if (before !== null) {
    const end = before === '' ? list.length : placeOf(list, before, idOf)
    return [Math.max(0, end - size), end]
  }
  const begin = after === null ? (index ?? 0) : placeOf(list, after, idOf) + 1
  return [begin, begin + size]
}

function placeOf<T>(list: readonly T[], id: string, idOf: (item: T) => string): number {
  const place = list.findIndex((item) => idOf(item) === id)
  if (place < 0) throw new StanzaError('item-not-found', { text: 'The item that the page begins at is not there' })
  return place
}
