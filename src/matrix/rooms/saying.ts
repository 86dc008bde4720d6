/** What a user says in a room: messages, events of other types, what they take back (MXR-60, MXR-69, MXR-80), and that they are typing. */
import * as v from 'valibot'
import type { Command, Target } from '../../rooms/machine/commands.ts'
import type { Transaction } from '../../rooms/machine/drafts.ts'
import type { Entry } from '../../rooms/log.ts'
import { occupantId } from '../../rooms/machine/occupants.ts'
import { el, type Element } from '../../xml/element.ts'
import { CHAT_STATES } from '../../xmpp/chat-state.ts'
import { formatDateTime } from '../../xmpp/datetime.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { OCCUPANT_ID } from '../../xmpp/occupant-id.ts'
import { Payload } from '../../xmpp/packet.ts'
import { RETRACT } from '../../xmpp/retraction.ts'
import { STANZA_ID } from '../../xmpp/stanza-id.ts'
import { badJson, forbidden, notFound } from '../http/errors.ts'
import { route, type Route } from '../http/routes.ts'
import { entryOfEvent, eventIdOf } from '../ids/event-id.ts'
import type { Access } from './access.ts'
import type { AwakeRoom } from './awake-room.ts'
import type { Named } from './backing.ts'
import { ENCRYPTED, isEncrypted, type Encryption } from './encryption.ts'
import { checkEvent, checkName } from './event-limits.ts'
import type { JsonObject } from './json.ts'
import { textIn } from './json.ts'
import { references } from './mentions.ts'
import { formOf, type Form } from './message-text.ts'
import { asOthersSee } from './own-name.ts'
import { MARKERS } from './marking-text.ts'
import { FACE } from './picture.ts'
import { threadedIn } from './relations.ts'
import { saidAs, SayingAbout, type LinkIn } from './saying-about.ts'
import { deviceKey, sendKey } from './shown-events.ts'
import { isOfRoom } from './states.ts'

export interface SayingParts {
  readonly access: Access
  readonly encryption: Encryption
  readonly newId: () => string
  readonly linkIn: LinkIn
  readonly now: () => number
  /** The user does something with that device. */
  readonly active: (user: Jid, device: string) => void
}

const MODERATE = 'urn:xmpp:message-moderate:1'

const content = v.custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value))
/** The content of an event, as it is kept. */
export const CONTENT = content
const REDACTION = v.object({ reason: v.optional(v.string(), '') })

export interface Sending {
  readonly awake: AwakeRoom
  readonly user: Jid
  readonly device: string
  readonly type: string
  readonly content: JsonObject
  readonly transaction: string
}

export class Saying {
  readonly #parts: SayingParts
  readonly #about: SayingAbout
  /** What is being sent, by room, device and transaction: a request that is repeated meanwhile has the same answer. */
  readonly #under = new Map<string, Promise<string>>()

  constructor(parts: SayingParts) {
    this.#parts = parts
    this.#about = new SayingAbout(parts.linkIn)
  }
  /** @returns the id of the event @throws MatrixError */
  send(sending: Sending): Promise<string> {
    const { awake, user, device, type, transaction } = sending
    checkEvent(type, '', sending.content)
    checkName(transaction)
    const content = asOthersSee(sending.content, awake, user)
    return this.#once(awake, { device: deviceKey(user.bare, device), key: sendKey(type, transaction) }, (own) =>
      this.#say({ ...sending, content }, own),
    )
  }
  async #once(awake: AwakeRoom, own: Transaction, say: (own: Transaction) => Promise<string>): Promise<string> {
    const key = `${awake.room.uid} ${own.device} ${own.key}`
    const under = this.#under.get(key)
    if (under !== undefined) return under
    const saying = this.#repeatedOr(awake, own, say).finally(() => this.#under.delete(key))
    this.#under.set(key, saying)
    return saying
  }
  async #repeatedOr(awake: AwakeRoom, own: Transaction, say: (own: Transaction) => Promise<string>): Promise<string> {
    const known = await awake.backing.log.sentAs(own.device, own.key)
    return known === null ? say(own) : eventIdOf(known)
  }
  async #say(sending: Sending, own: Transaction): Promise<string> {
    const { awake, user, type, content: what } = sending
    if (type === 'm.room.redaction')
      return this.#redact(awake, user, textIn(what, 'redacts') ?? '', textIn(what, 'reason') ?? '', own)
    if (type === ENCRYPTED && !isEncrypted(awake)) throw forbidden('The room is not encrypted')
    if (isOfRoom(type)) throw badJson('This is a state of the room')
    const id = this.#parts.newId()
    const marks = (text: string): readonly Element[] => [
      ...marksOf(id),
      ...references(what, text, awake.room, (one) => awake.names.bareOf(one)),
      ...threadOf(what),
      el('markable', MARKERS),
    ]
    const floor = awake.floorFor(user.bare)
    const about = await this.#about.command({ awake, user, floor, type, content: what, id, marks })
    const form = about === null ? await this.#formOf(type, what, marks) : null
    if (about === null && form === null && type === 'm.room.message') throw badJson('A message needs a text as its body')
    if (about === null && form === null) return this.#sayToMatrix(sending, own)
    const command = about ?? ({ do: 'append', said: saidAs(form!.payload, id, form!.mx) } as const)
    await this.#parts.access.perform(awake, user, command, own)
    return eventIdOf(id)
  }
  async #formOf(type: string, what: JsonObject, marks: (text: string) => readonly Element[]): Promise<Form | null> {
    if (type === ENCRYPTED) return this.#parts.encryption.form(what, marks)
    return formOf(type, what, await this.#parts.linkIn(type, what), marks)
  }
  /** An event that has no form in XMPP. */
  async #sayToMatrix({ awake, user, type, content: what }: Sending, own: Transaction): Promise<string> {
    const command = { do: 'face', face: FACE, type, key: null, content: JSON.stringify(what), payload: null } as const
    await this.#parts.access.perform(awake, user, command, own)
    return this.#sentAs(awake, own)
  }
  async #sentAs({ tail, backing }: AwakeRoom, { device, key }: Transaction): Promise<string> {
    const entry = tail.findLast(({ transaction }) => transaction?.device === device && transaction.key === key)
    return eventIdOf(entry?.id ?? (await backing.log.sentAs(device, key))!)
  }

  redact(sending: Omit<Sending, 'type'> & { readonly target: string; readonly reason: string }): Promise<string> {
    const { awake, user, device, transaction, target, reason } = sending
    checkName(transaction)
    const own = { device: deviceKey(user.bare, device), key: `redact ${target} ${transaction}` }
    return this.#once(awake, own, () => this.#redact(awake, user, target, reason, own))
  }
  /** XEP-0424 and 0425: what is one's own, or what a moderator takes back. */
  async #redact(awake: AwakeRoom, user: Jid, event: string, reason: string, own: Transaction): Promise<string> {
    const { access, newId } = this.#parts
    const { log } = awake.backing
    const named = entryOfEvent(event)
    const entry = named === null ? null : await log.byId(named.entry)
    if (entry === null) throw notFound('The room has no such event')
    if (entry.kind === 'react') return this.#unreact(awake, user, entry, named!.part, own)
    const target = retractable(entry)
    if (target === null) throw forbidden('A state of the room cannot be taken back')
    const id = newId()
    const moderated = target.by !== user.bare
    const said = saidAs(this.#retraction(awake, user, target, reason, moderated), id, null)
    const stamp = formatDateTime(this.#parts.now())
    const tombstone = Payload.of(el('retracted', RETRACT, { id: target.fromId ?? undefined, stamp }))
    const noSubject = saidAs(Payload.of(el('subject', 'jabber:client')), newId(), null)
    const corrections = await log.correctionsOf(target.id)
    const command: Command = { do: 'retract', target, corrections, moderated, reason, said, noSubject, tombstone }
    await access.perform(awake, user, command, own)
    return eventIdOf(id)
  }
  async #unreact(awake: AwakeRoom, user: Jid, target: Entry, part: number, own: Transaction): Promise<string> {
    const id = this.#parts.newId()
    const command = await this.#about.unreact(
      { awake, user, floor: awake.floorFor(user.bare), id, marks: () => marksOf(id) },
      target,
      part,
    )
    await this.#parts.access.perform(awake, user, command, own)
    return eventIdOf(id)
  }
  #retraction({ room, backing }: AwakeRoom, { bare }: Jid, target: Named, reason: string, moderated: boolean): Payload {
    if (!moderated) return Payload.of(el('retract', RETRACT, { id: backing.nameOf(target) }))
    const nick = room.nicksOf.get(bare)?.[0] ?? room.members.get(bare)?.nick
    const by = nick === undefined || nick === null ? room.address.bare : `${room.address.bare}/${nick}`
    const who = el('occupant-id', OCCUPANT_ID, { id: occupantId(room.secret, bare) })
    const why = reason === '' ? [] : [el('reason', RETRACT, {}, reason)]
    return Payload.of(el('retract', RETRACT, { id: target.id }, el('moderated', MODERATE, { by }, who), ...why))
  }
  /** XEP-0085: told, and not kept. */
  async typing(awake: AwakeRoom, user: Jid, isTyping: boolean): Promise<void> {
    const state = el(isTyping ? 'composing' : 'active', CHAT_STATES)
    const said = { ...saidAs(Payload.of(state), this.#parts.newId(), null), isPassing: true }
    await this.#parts.access.perform(awake, user, { do: 'append', said })
  }
}
/** MXR-66 */
function threadOf(what: JsonObject): readonly Element[] {
  const root = entryOfEvent(threadedIn(what) ?? '')
  return root === null ? [] : [el('thread', 'jabber:client', {}, root.entry)]
}
/** Null: it is a state. */
function retractable(entry: Entry): (Target & { readonly fromId: string | null }) | null {
  if ('fromId' in entry) return entry
  return entry.kind === 'face' && entry.key === null ? { ...entry, payload: Payload.empty, fromId: null } : null
}
const marksOf = (id: string): readonly Element[] => [el('origin-id', STANZA_ID, { id })]

export function sayingRoutes(saying: Saying, { access, active }: SayingParts): readonly Route[] {
  return [
    route({
      method: 'PUT',
      path: '/rooms/:room/send/:type/:transaction',
      pace: 'send',
      body: content,
      handle: async ({ params, user, device, body }) => {
        active(user, device)
        const { room, type, transaction } = params
        const awake = await access.joined(room, user)
        return { event_id: await saying.send({ awake, user, device, type, content: body, transaction }) }
      },
    }),
    route({
      method: 'PUT',
      path: '/rooms/:room/redact/:event/:transaction',
      pace: 'send',
      body: REDACTION,
      handle: async ({ params, user, device, body }) => {
        const awake = await access.joined(params.room, user)
        const { event: target, transaction } = params
        return { event_id: await saying.redact({ awake, user, device, content: {}, target, reason: body.reason, transaction }) }
      },
    }),
    route({
      method: 'PUT',
      path: '/rooms/:room/typing/:user',
      pace: 'typing',
      body: v.object({ typing: v.boolean(), timeout: v.optional(v.number()) }),
      handle: async ({ params, user, device, body }) => {
        if (access.person(params.user).bare !== user.bare) throw forbidden('You cannot type for somebody else')
        active(user, device)
        const awake = await access.joined(params.room, user)
        await saying.typing(awake, user, body.typing)
        return {}
      },
    }),
  ]
}
