/** Registration with a room (XEP-0045 7.10; XEP-0077): a nickname that is reserved, and membership. */
import { registrationMode } from '../../rooms/machine/lasting.ts'
import type { Room } from '../../rooms/machine/room.ts'
import type { Answer, ServiceRequest } from '../../server/routing/registry.ts'
import { el } from '../../xml/element.ts'
import { answeredForm, dataForm, valuesOf } from '../../xmpp/data-form.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { REGISTRATION } from './approval-forms.ts'
import { orThrow, type Orders } from './orders.ts'
import { actorOf } from './incoming-presence.ts'

export const REGISTER = 'jabber:iq:register'
const NICK = 'muc#register_roomnick'

export class Registering {
  readonly #rooms: Orders

  constructor(rooms: Orders) {
    this.#rooms = rooms
  }
  async form({ packet }: ServiceRequest): Promise<Answer> {
    const room = await this.#rooms.get(packet.to!.asBare, packet.from)
    const by = packet.to!.bare
    if (room === null) throw new StanzaError('item-not-found', { by })
    const member = room.members.get(packet.from.bare)
    if (member?.registered === true && member.nick !== null)
      return el('query', REGISTER, {}, el('registered', REGISTER), el('username', REGISTER, {}, member.nick))
    if (registrationMode(room) === 'off' || member?.affiliation === 'outcast') throw new StanzaError('not-allowed', { by })
    return el('query', REGISTER, {}, el('instructions', REGISTER, {}, WORDS), registrationForm(room))
  }
  change({ packet, payload, reply }: ServiceRequest): void | Promise<void> {
    const actor = actorOf(packet)
    const answered = (): void => reply(null)
    const address = packet.to!.asBare
    if (payload.child('remove') !== undefined)
      return orThrow(this.#rooms.perform(address, actor, { do: 'unregister' }, answered), packet)
    const form = answeredForm(payload)
    if (form?.attr('type') === 'cancel') return reply(null)
    const values = form === undefined ? null : valuesOf(form)
    const nick = values?.get('FORM_TYPE')?.[0] === REGISTRATION ? values.get(NICK)?.[0] : undefined
    if (nick === undefined) throw new StanzaError('bad-request', { by: packet.to!.bare })
    return orThrow(this.#rooms.perform(address, actor, { do: 'register', nick }, answered), packet)
  }
}

const WORDS = 'Choose a nickname that is yours in this room.'
const registrationForm = ({ address }: Room) =>
  dataForm({
    type: 'form',
    formType: REGISTRATION,
    title: `Registration with ${address.bare}`,
    instructions: WORDS,
    fields: [{ name: NICK, type: 'text-single', label: 'Nickname', values: [], isRequired: true }],
  })
