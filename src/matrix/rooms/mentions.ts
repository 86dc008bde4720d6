/**
 * Who is spoken to (MXR-72): clients of XMPP begin with the nickname, write it behind an `@`, or mark it (XEP-0372); Matrix clients
 * list ids. Pure.
 */
import type { Room } from '../../rooms/machine/room.ts'
import { nickKeys } from '../../rooms/machine/nicks.ts'
import { el, type Element } from '../../xml/element.ts'
import type { Payload } from '../../xmpp/packet.ts'
import { REFERENCE } from '../../xmpp/relations.ts'
import type { JsonObject } from './json.ts'

const MENTIONS = 'm.mentions'
/** Names that are looked up for one message, and characters of one. */
const NAMES_MAX = 20
const NAME_MAX = 128

type People = Pick<Room, 'occupants' | 'nicksInUse' | 'nicksReserved' | 'nicksOf' | 'members' | 'address'>

/** The bare JIDs of those to whom a text of XMPP speaks. */
export function spokenTo(payload: Payload, body: string, people: People): readonly string[] {
  const names = [...namesIn(body), ...markedIn(payload, people)]
  if (names.length === 0) return NOBODY
  const found = new Set<string>()
  for (const name of names.slice(0, NAMES_MAX)) {
    const bare = called(name, people)
    if (bare !== null) found.add(bare)
  }
  return [...found]
}
const NOBODY: readonly string[] = []
function* namesIn(body: string): Generator<string> {
  const colon = body.search(/[:,\n]/)
  if (colon > 0 && colon <= NAME_MAX && body[colon] !== '\n') yield body.slice(0, colon)
  if (!body.includes('@')) return
  for (const [, name] of body.matchAll(/(?:^|\s)@([^\s@]{1,128})(?=\s|$)/g)) {
    yield name!
    // What ends a sentence may stand behind it
    const bare = name!.replace(/[.,:;!?)]+$/, '')
    if (bare !== name) yield bare
  }
}
function markedIn(payload: Payload, { address }: People): readonly string[] {
  if (!payload.text.includes(REFERENCE)) return NOBODY
  const marks = payload.elements.filter((e) => e.is('reference', REFERENCE) && e.attr('type') === 'mention')
  const start = `xmpp:${address.bare}/`
  return marks.flatMap((e) => {
    const uri = e.attr('uri') ?? ''
    return uri.startsWith(start) ? [unescaped(uri.slice(start.length))] : []
  })
}
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
/** In upper or lower case. */
function called(name: string, { occupants, nicksInUse, nicksReserved }: People): string | null {
  if (name === '' || name.length > NAME_MAX) return null
  const [key] = nickKeys(name)
  return occupants.get(nicksInUse.get(key) ?? '')?.bare ?? nicksReserved.get(key) ?? null
}

/** The content with those whom it speaks to. @param idOf of a bare JID */
export const mentioning = (content: JsonObject, people: readonly string[], idOf: (bare: string) => string): JsonObject =>
  people.length === 0 ? content : { ...content, [MENTIONS]: { user_ids: people.map(idOf) } }

/** The ids in the content of an event. */
function idsIn(content: JsonObject): readonly string[] {
  const mentions = content[MENTIONS]
  if (typeof mentions !== 'object' || mentions === null || Array.isArray(mentions)) return NOBODY
  const ids = (mentions as JsonObject)['user_ids']
  return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === 'string').slice(0, NAMES_MAX) : NOBODY
}
/** XEP-0372: where those whom an event mentions stand in the text for XMPP. Offsets count characters of Unicode. */
export function references(
  content: JsonObject,
  text: string,
  people: People,
  bareOf: (id: string) => string | null,
): readonly Element[] {
  return idsIn(content).flatMap((id) => {
    const bare = bareOf(id)
    const nick = bare === null ? undefined : (people.nicksOf.get(bare)?.[0] ?? people.members.get(bare)?.nick ?? undefined)
    const at = nick === undefined ? -1 : text.indexOf(nick)
    if (nick === undefined || at < 0) return []
    const begin = [...text.slice(0, at)].length
    const uri = `xmpp:${people.address.bare}/${encodeURIComponent(nick)}`
    const end = begin + [...nick].length
    return [el('reference', REFERENCE, { type: 'mention', begin: String(begin), end: String(end), uri })]
  })
}
