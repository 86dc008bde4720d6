/** IQs about a room that change it or list its people: muc#admin (XEP-0045 8, 9) and muc#owner (10). */
import type { LabelChoices, LabelledRooms } from '../../rooms/labelled-rooms.ts'
import type { Command } from '../../rooms/machine/commands.ts'
import { affiliationIn } from '../../rooms/machine/plan.ts'
import type { Room } from '../../rooms/machine/room.ts'
import type { Answer, ServiceRequest } from '../../server/routing/registry.ts'
import { el, type Element } from '../../xml/element.ts'
import { answeredForm, dataForm, valuesOf } from '../../xmpp/data-form.ts'
import { jidOrNull, type Jid } from '../../xmpp/jid.ts'
import { readPageAsk, RSM } from '../../xmpp/result-set.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { changesIn as itemsIn, listIn } from './admin-items.ts'
import { changesIn, ownersFields, ROOM_CONFIG } from './config-fields.ts'
import { orThrow, type Orders } from './orders.ts'
import { actorOf } from './incoming-presence.ts'
import { listFor, partOf } from './lists.ts'
import { MUC_ADMIN, MUC_OWNER } from './ns.ts'
import { refused } from './refused.ts'

const OWNERS = 'muc#roomconfig_roomowners'
const ADMINS = 'muc#roomconfig_roomadmins'

export class RoomRequests {
  readonly #rooms: Orders
  readonly #labels: LabelledRooms | null
  readonly #isFromHere: (who: Jid) => boolean

  /** @param isFromHere is this somebody with an account of this server? @param labels null: there is no policy */
  constructor(rooms: Orders, isFromHere: (who: Jid) => boolean, labels: LabelledRooms | null) {
    this.#rooms = rooms
    this.#labels = labels
    this.#isFromHere = isFromHere
  }

  /** 8.5, 9.2, 9.5, 9.8, 10.5, 10.8 */
  async list({ packet, payload }: ServiceRequest): Promise<Answer> {
    const room = await this.#room(packet)
    const ask = listIn(payload)
    const list = listFor(room, actorOf(packet), ask)
    if (list === null) throw refused({ refuse: 'rank' }, room.address.bare)
    const page = payload.child('set', RSM) === undefined ? null : readPageAsk(payload)
    return el('query', MUC_ADMIN, {}, ...partOf(list, page, this.#isFromHere(packet.from)))
  }
  change(request: ServiceRequest): void | Promise<void> {
    return this.#perform(request, { do: 'change', items: itemsIn(request.payload) })
  }

  /** 10.2 */
  async form({ packet }: ServiceRequest): Promise<Answer> {
    const room = await this.#room(packet)
    if (affiliationIn(room, packet.from.bare) !== 'owner') throw refused({ refuse: 'rank' }, room.address.bare)
    return el('query', MUC_OWNER, {}, configurationForm(room, this.#labels?.choicesFor(packet.from) ?? null))
  }
  configure(request: ServiceRequest): void | Promise<void> {
    const { payload, packet } = request
    const destroy = payload.child('destroy', MUC_OWNER)
    if (destroy !== undefined) return this.#perform(request, destruction(destroy))
    const form = answeredForm(payload)
    if (form === undefined) throw new StanzaError('bad-request', { by: packet.to!.bare })
    if (form.attr('type') === 'cancel') return this.#perform(request, { do: 'cancel' })
    return this.#perform(request, configuration(form, packet.to!.bare))
  }

  #perform({ packet, reply }: ServiceRequest, command: Command): void | Promise<void> {
    return orThrow(
      this.#rooms.perform(packet.to!.asBare, actorOf(packet), command, () => reply(null)),
      packet,
    )
  }
  async #room({ from, to }: ServiceRequest['packet']): Promise<Room> {
    const room = await this.#rooms.get(to!.asBare, from)
    if (room === null) throw new StanzaError('item-not-found', { by: to!.bare })
    return room
  }
}

function configurationForm(room: Room, choices: LabelChoices | null): Element {
  const listed = (affiliation: string): readonly string[] =>
    [...room.members.values()].filter((member) => member.affiliation === affiliation).map(({ jid }) => jid)
  return dataForm({
    type: 'form',
    formType: ROOM_CONFIG,
    title: `Configuration of ${room.address.bare}`,
    fields: [
      ...ownersFields(room.facts.config, choices),
      { name: ADMINS, type: 'jid-multi', label: 'Admins', values: listed('admin') },
      { name: OWNERS, type: 'jid-multi', label: 'Owners', values: listed('owner') },
    ],
  })
}

function configuration(form: Element, by: string): Command {
  const values = valuesOf(form)
  const type = values.get('FORM_TYPE')?.[0]
  if (type !== undefined && type !== ROOM_CONFIG) throw new StanzaError('bad-request', { by, text: 'This is another form' })
  const read = changesIn(values)
  if ('fault' in read) throw refused({ refuse: 'configuration', ...read.fault }, by)
  return {
    do: 'configure',
    changes: read.changes,
    owners: peopleIn(values.get(OWNERS), by),
    admins: peopleIn(values.get(ADMINS), by),
  }
}
function peopleIn(list: readonly string[] | undefined, by: string): readonly string[] | null {
  if (list === undefined) return null
  return list.map((text) => {
    const jid = jidOrNull(text)
    if (jid === null || jid.local === '')
      throw new StanzaError('not-acceptable', { by, text: `"${text.slice(0, 100)}" is not the address of a person` })
    return jid.bare
  })
}
function destruction(destroy: Element): Command {
  const textOf = (name: string): string => destroy.child(name)?.text ?? ''
  return {
    do: 'destroy',
    alternate: jidOrNull(destroy.attr('jid') ?? '')?.bare ?? '',
    password: textOf('password'),
    reason: textOf('reason'),
  }
}
