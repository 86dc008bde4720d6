/** Rooms in a file of XEP-0227, as `exporting-rooms.ts` writes them. */
import type { Millis } from '../base/clock.ts'
import type { PastSaying } from '../rooms/past.ts'
import type { Element } from '../xml/element.ts'
import { valuesOf } from '../xmpp/data-form.ts'
import { parseDateTime } from '../xmpp/datetime.ts'
import { CLIENT } from '../xmpp/ns.ts'
import { changesIn, nameOfField } from '../xep/0045-multi-user-chat/config-fields.ts'
import { MUC_ADMIN, MUC_OWNER } from '../xep/0045-multi-user-chat/ns.ts'
import { VCARD } from '../xep/0054-vcard-temp/index.ts'
import { unreadable, type Found } from './found.ts'
import { ImportedRoom } from './imported-room.ts'
import { DATA_FORM, FORWARD, MAM, PIE_ARCHIVE } from './namespaces.ts'
import { pastSaying } from './room-history.ts'

const OUR_ID = /^[\w-]{22}$/

/** @throws JidError */
export function* roomsIn(element: Element, host: string): Generator<Found> {
  const address = `${element.attr('name') ?? ''}@${host}`
  if (element.child('query', MUC_OWNER) !== undefined) yield { kind: 'room', room: roomFrom(element, address) }
  const { bare } = new ImportedRoom(address).jid
  for (const archive of element.elements.filter((e) => e.is('archive', PIE_ARCHIVE))) {
    const results = archive.elements.filter((e) => e.is('result', MAM)).map((result) => sayingIn(result, bare))
    const said = results.filter((saying) => saying !== null)
    if (said.length < results.length)
      yield unreadable(`messages of ${bare}`, new Error(`${results.length - said.length} are damaged, or nothing for an archive`))
    if (said.length > 0) yield { kind: 'history', room: bare, said }
  }
}

function roomFrom(element: Element, address: string): ImportedRoom {
  const room = new ImportedRoom(address)
  const form = element.child('query', MUC_OWNER)!.child('x', DATA_FORM)
  for (const [name, values] of form === undefined ? [] : valuesOf(form)) {
    const read = changesIn(new Map([[name, values]]))
    if ('changes' in read) room.config = { ...room.config, ...read.changes }
    else room.leftOut.push(`the setting ${nameOfField(read.fault.field)}, which ${read.fault.why}`)
  }
  for (const item of element.child('query', MUC_ADMIN)?.elements ?? [])
    room.addMember(
      item.attr('jid') ?? '',
      item.attr('affiliation') ?? '',
      item.child('reason')?.text ?? '',
      item.attr('nick') ?? null,
    )
  const subject = element.child('message', CLIENT)
  if (subject !== undefined) {
    const [, nick = null] = /\/(.+)$/s.exec(subject.attr('from') ?? '') ?? []
    room.subject = { text: subject.child('subject')?.text ?? '', nick, at: delayIn(subject) }
  }
  room.card = element.child('vCard', VCARD) ?? null
  return room
}
function sayingIn(result: Element, room: string): PastSaying | null {
  const forwarded = result.child('forwarded', FORWARD)
  const message = forwarded?.child('message', CLIENT)
  const at = forwarded === undefined ? null : delayIn(forwarded)
  if (message === undefined || at === null) return null
  const id = result.attr('id') ?? ''
  return pastSaying({ message, at, room, by: null, nick: null, id: OUR_ID.test(id) ? id : null })
}
const delayIn = (element: Element): Millis | null => parseDateTime(element.child('delay', 'urn:xmpp:delay')?.attr('stamp') ?? '')
