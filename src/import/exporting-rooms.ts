/**
 * Rooms in a file of XEP-0227, which has no form for them: a `<room/>` beside the users of a host, with what clients know already. Settings
 * as the form of an owner (XEP-0045 10.2), affiliations as the list of an admin (9.5), the subject as a message, the card as vcard-temp,
 * what was said as results of an archive (XEP-0313). What was said comes in further elements for the same room, so that none is very large.
 */
import type { ExportedPart } from '../admin/export-command.ts'
import type { RoomExport } from '../admin/room-export-command.ts'
import type { Member, Room, Subject } from '../rooms/machine/room.ts'
import { RoomLog, STANZAS } from '../rooms/room-log.ts'
import type { ServedRooms } from '../rooms/rooms.ts'
import type { ArchiveStore } from '../server/archive.ts'
import { el, type Element } from '../xml/element.ts'
import { parseElement } from '../xml/parse.ts'
import { decode, encode } from '../xml/wire.ts'
import { serialise } from '../xml/write.ts'
import { delayElement } from '../xmpp/delay.ts'
import { CLIENT } from '../xmpp/ns.ts'
import { formFields, nameOfField, ROOM_CONFIG } from '../xep/0045-multi-user-chat/config-fields.ts'
import { MUC_ADMIN, MUC_OWNER } from '../xep/0045-multi-user-chat/ns.ts'
import { archivedMessage, isSaying, type Saying } from '../xep/0045-multi-user-chat/said.ts'
import { DATA_FORM, FORWARD, MAM, PIE_ARCHIVE, ROOM } from './namespaces.ts'
import { stanzaElement } from './stanza-element.ts'

/** Entries in one part. */
const ENTRIES = 200

export class RoomExporting implements RoomExport {
  readonly #served: ServedRooms
  readonly #log: RoomLog

  constructor(served: ServedRooms, archive: ArchiveStore) {
    this.#served = served
    this.#log = new RoomLog(served.rooms, archive)
  }
  async part(room: Room, after: number | null, withKeys: boolean): Promise<ExportedPart> {
    const { local, domain } = room.address
    const [elements, next] = after === null ? [await this.#head(room, withKeys), 0] : await this.#history(room, after)
    return { local, domain, xml: elements.map((element) => decode(serialise(element, ROOM))).join('\n'), next }
  }

  async #head(room: Room, withKeys: boolean): Promise<readonly Element[]> {
    const { config, subject } = room.facts
    const card = await this.#served.store.card(room.uid)
    const fields = formFields(config).filter(({ name }) => withKeys || name !== nameOfField('password'))
    const submitted = el(
      'x',
      DATA_FORM,
      { type: 'submit' },
      filled('FORM_TYPE', [ROOM_CONFIG]),
      ...fields.map((f) => filled(f.name, f.values)),
    )
    const items = [...room.members.values()].filter(({ affiliation }) => affiliation !== 'none').map(itemElement)
    return [
      el('query', MUC_OWNER, {}, submitted),
      el('query', MUC_ADMIN, {}, ...items),
      ...(subject === null ? [] : [subjectElement(room, subject)]),
      ...(card === null ? [] : [parseElement(encode(card))]),
    ]
  }
  /** @param after the position of the last entry that was written */
  async #history(room: Room, after: number): Promise<readonly [readonly Element[], next: number | null]> {
    const { entries, isAll } = await this.#log.page(room, { ...STANZAS, after }, ENTRIES, 'first')
    const results = entries.filter(isSaying).map((entry) => resultElement(room, entry))
    const next = isAll ? null : entries.at(-1)!.seq
    return [results.length === 0 ? [] : [el('archive', PIE_ARCHIVE, {}, ...results)], next]
  }
}

const filled = (name: string, values: readonly string[]): Element =>
  el('field', DATA_FORM, { var: name }, ...values.map((value) => el('value', DATA_FORM, {}, value)))
function itemElement({ jid, affiliation, nick, reason }: Member): Element {
  const children = reason === '' ? [] : [el('reason', MUC_ADMIN, {}, reason)]
  return el('item', MUC_ADMIN, { jid, affiliation, nick: nick ?? undefined }, ...children)
}
function subjectElement({ address }: Room, { payload, nick, at }: Subject): Element {
  const from = nick === null ? address : address.withResource(nick)
  return el('message', CLIENT, { type: 'groupchat', from: from.full }, ...payload.elements, delayElement(address.bare, at))
}
function resultElement(room: Room, entry: Saying): Element {
  const message = stanzaElement(archivedMessage(room, entry, true))
  return el('result', MAM, { id: entry.id }, el('forwarded', FORWARD, {}, delayElement(room.address.bare, entry.at), message))
}
