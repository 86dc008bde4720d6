/**
 * XEP-0402 5.3, PEP-31: bookmarks as items, one for each room, and as the one list of XEP-0048 that older clients read and write.
 * Nothing is lost on the way: what only one of the two forms has is kept when the other one changes.
 */
import { el, type Element, type Node } from '../../xml/element.ts'
import { addressOrNull } from '../../xmpp/jid.ts'
import { booleanOf } from '../../xmpp/data-form.ts'

export const BOOKMARKS = 'urn:xmpp:bookmarks:1'
export const STORAGE = 'storage:bookmarks'

/** A bookmark as an item: its id is the address of the room. */
export interface Bookmark {
  readonly id: string
  /** `<conference/>` of XEP-0402; undefined: the item is damaged, and nobody can join by it. */
  readonly conference: Element | undefined
}
export interface Difference {
  readonly changed: readonly { readonly id: string; readonly conference: Element }[]
  /** Ids. */
  readonly removed: readonly string[]
}

/** What both forms say of a room. */
interface Said {
  readonly name: string | null
  readonly autojoin: boolean
  readonly nick: string | null
  readonly password: string | null
}
const PARTS = ['nick', 'password'] as const

function saidIn(conference: Element): Said {
  return {
    name: conference.attr('name') ?? null,
    autojoin: booleanOf(conference.attr('autojoin') ?? '') ?? false,
    nick: conference.child('nick')?.text ?? null,
    password: conference.child('password')?.text ?? null,
  }
}
const isSame = (a: Said, b: Said): boolean =>
  a.name === b.name && a.autojoin === b.autojoin && a.nick === b.nick && a.password === b.password

/** One room has one key, however its address is written. */
const keyOf = (address: string): string => addressOrNull(address)?.full ?? address

const isRoom = (element: Node): element is Element => typeof element !== 'string' && element.is('conference', STORAGE)

/** The rooms in a list, by key. Of two entries for one room the first one counts. */
function roomsIn(storage: Element | null): ReadonlyMap<string, Element> {
  const rooms = new Map<string, Element>()
  for (const child of storage?.children ?? []) {
    if (!isRoom(child)) continue
    const key = keyOf(child.attr('jid') ?? '')
    if (key !== '' && !rooms.has(key)) rooms.set(key, child)
  }
  return rooms
}

/** What becomes of the items when a client writes this list. */
export function differenceTo(storage: Element, bookmarks: readonly Bookmark[]): Difference {
  const rooms = roomsIn(storage)
  const before = new Map(bookmarks.map((bookmark) => [keyOf(bookmark.id), bookmark]))
  const changed: { id: string; conference: Element }[] = []
  for (const [key, room] of rooms) {
    const known = before.get(key)
    if (known?.conference !== undefined && isSame(saidIn(known.conference), saidIn(room))) continue
    changed.push({ id: known?.id ?? key, conference: asItem(saidIn(room), known?.conference) })
  }
  // What the list could not show stays
  const gone = bookmarks.filter(({ id, conference }) => conference !== undefined && !rooms.has(keyOf(id)))
  return { changed, removed: gone.map(({ id }) => id) }
}

/** @param before the item of the room: its extensions stay */
function asItem({ name, autojoin, nick, password }: Said, before: Element | undefined): Element {
  const parts = { nick, password }
  const own = PARTS.filter((part) => parts[part] !== null).map((part) => el(part, BOOKMARKS, {}, parts[part]!))
  const others = (before?.elements ?? []).filter((e) => !PARTS.some((part) => e.is(part, BOOKMARKS)))
  const { name: _, autojoin: __, ...attributes } = before?.attrs ?? {}
  const said = { name: name ?? undefined, autojoin: autojoin ? 'true' : undefined }
  return el('conference', BOOKMARKS, { ...attributes, ...said }, ...own, ...others)
}

/**
 * The list that says the same as the items, in their order.
 * @param before the list as it was: what is in it beside rooms stays, and so does what the items cannot say of a room
 */
export function storageOf(bookmarks: readonly Bookmark[], before: Element | null): Element {
  const known = roomsIn(before)
  const rooms = bookmarks.flatMap(({ id, conference }) =>
    conference === undefined ? [] : [asRoom(id, saidIn(conference), known.get(keyOf(id)))],
  )
  const others = (before?.elements ?? []).filter((child) => !isRoom(child))
  return el('storage', STORAGE, before?.attrs ?? {}, ...rooms, ...others)
}
function asRoom(id: string, { name, autojoin, nick, password }: Said, before: Element | undefined): Element {
  const parts = { nick, password }
  const own = PARTS.filter((part) => parts[part] !== null).map((part) => el(part, STORAGE, {}, parts[part]!))
  const others = (before?.elements ?? []).filter((e) => !PARTS.some((part) => e.is(part, STORAGE)))
  const { name: _, autojoin: __, jid: ___, ...attributes } = before?.attrs ?? {}
  const said = { jid: id, name: name ?? undefined, autojoin: autojoin ? 'true' : undefined }
  return el('conference', STORAGE, { ...said, ...attributes }, ...own, ...others)
}

/** How many rooms the list has. */
export const countOf = (storage: Element): number => roomsIn(storage).size
