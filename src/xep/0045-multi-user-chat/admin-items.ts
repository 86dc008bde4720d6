/** The items of muc#admin (XEP-0045 8, 9, 10): read from requests, and made for lists. */
import type { Affiliation, Role } from '../../rooms/machine/affiliation.ts'
import type { ChangeItem } from '../../rooms/machine/commands.ts'
import type { Occupant } from '../../rooms/machine/room.ts'
import { el, type Element } from '../../xml/element.ts'
import { jidOrNull } from '../../xmpp/jid.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { MUC_ADMIN } from './ns.ts'

const AFFILIATIONS: readonly string[] = ['owner', 'admin', 'member', 'none', 'outcast']
const ROLES: readonly string[] = ['moderator', 'participant', 'visitor', 'none']

/** @throws StanzaError an item that cannot be read (17.4): bad-request; a `jid` that is none: jid-malformed */
export const changesIn = (query: Element): readonly ChangeItem[] =>
  query.elements.filter((e) => e.is('item', MUC_ADMIN)).map(changeIn)

function changeIn(item: Element): ChangeItem {
  const affiliation = wordIn<Affiliation>(item, 'affiliation', AFFILIATIONS)
  const role = wordIn<Role | 'none'>(item, 'role', ROLES)
  const [of, nick] = [whoIn(item), item.attr('nick')]
  // 9.5: beside an address, the nickname is one to reserve
  const reserve = nick !== undefined && affiliation !== null && 'jid' in of ? { nick } : {}
  return { of, affiliation, role, reason: item.child('reason')?.text ?? '', ...reserve }
}
function wordIn<T extends string>(item: Element, name: string, words: readonly string[]): T | null {
  const word = item.attr(name)
  if (word === undefined) return null
  if (!words.includes(word)) throw new StanzaError('bad-request', { text: `"${word.slice(0, 30)}" is not a value of ${name}` })
  return word as T
}
/** ROOM-24: a full address stands for the person. */
function whoIn(item: Element): ChangeItem['of'] {
  const [address, nick] = [item.attr('jid'), item.attr('nick')]
  if (address === undefined) {
    if (nick === undefined) throw new StanzaError('bad-request', { text: 'An item names nobody' })
    return { nick }
  }
  const jid = jidOrNull(address)
  if (jid === null) throw new StanzaError('jid-malformed', { text: `"${address.slice(0, 100)}" is not an address` })
  return { jid: jid.bare }
}

export interface ListAsk {
  readonly affiliation: Affiliation | null
  readonly role: Role | null
}
/** Which list is asked for. @throws StanzaError bad-request: none, or both */
export function listIn(query: Element): ListAsk {
  const items = query.elements.filter((e) => e.is('item', MUC_ADMIN))
  const affiliation = items.length === 1 ? wordIn<Affiliation>(items[0]!, 'affiliation', AFFILIATIONS) : null
  const role = items.length === 1 ? wordIn<Role>(items[0]!, 'role', ROLES) : null
  if ((affiliation === null) === (role === null)) throw new StanzaError('bad-request', { text: 'One list must be named' })
  return { affiliation, role }
}

/** ROOM-28 */
export const roleItem = ({ nick, role, affiliation, effective }: Occupant, withAddress: boolean): Element =>
  el('item', MUC_ADMIN, { nick, role, affiliation, jid: withAddress ? effective.jid.full : undefined })
export function affiliationItem(jid: string, affiliation: Affiliation, nick: string | null, reason: string): Element {
  const inside = affiliation === 'outcast' && reason !== '' ? [el('reason', MUC_ADMIN, {}, reason)] : []
  return el('item', MUC_ADMIN, { affiliation, jid, nick: affiliation === 'outcast' ? undefined : (nick ?? undefined) }, ...inside)
}
