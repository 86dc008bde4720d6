/** The rooms of one domain: what comes for them, and what the domain says of itself (XEP-0045 6). */
import type { Host } from '../../server/feature.ts'
import type { Answer, ServiceRequest, ServiceRule } from '../../server/routing/registry.ts'
import type { Service } from '../../server/routing/services.ts'
import { sessionOf } from '../../rooms/machine/occupants.ts'
import { occupantOfSession, type Room } from '../../rooms/machine/room.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { readPageAsk, RSM } from '../../xmpp/result-set.ts'
import { PSA } from '../../xmpp/state-annotation.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { Crowding } from './crowding.ts'
import { VERSION, versionOf } from '../0092-version/index.ts'
import { VCARD } from '../0054-vcard-temp/index.ts'
import { MAM } from './archive-query.ts'
import { MessageService } from './message-service.ts'
import { MUC, MUC_ADMIN, MUC_OWNER, OCCUPANT_ID } from './ns.ts'
import { OccupantIqs } from './occupant-iqs.ts'
import { PresenceService } from './presence-service.ts'
import { FASTEN, MODERATE, Retracting } from './retracting.ts'
import { inNameOf } from './refused.ts'
import { REGISTER, Registering } from './registering.ts'
import { DISCO_INFO, DISCO_ITEMS, reservedNick, roomInfo, roomItems } from './room-info.ts'
import { RoomRequests } from './room-requests.ts'
import type { Orders } from './orders.ts'
import { RoomCards } from './room-card.ts'
import { RoomArchive } from './room-archive.ts'
import type { RoomLog } from '../../rooms/room-log.ts'
import { roomList } from './room-list.ts'
import type { RoomStore } from '../../rooms/store.ts'
import { Voting } from './voting.ts'
import type { XmppFace } from './xmpp-face.ts'

export interface ConferenceParts {
  readonly host: Host
  readonly domain: string
  readonly rooms: Orders
  readonly store: RoomStore
  readonly roomLog: RoomLog
  readonly face: XmppFace
  readonly mayCreate: (bare: string) => boolean
  readonly wantsDoubts: (presence: Packet) => boolean
  readonly crowding: Crowding
  /** Of the card of a room, at most. */
  readonly cardOctetsMax: number
  /** Of a presence, at most. */
  readonly octetsMax: number
}

export class Conference {
  readonly #parts: ConferenceParts
  readonly #presence: PresenceService
  readonly #messages: MessageService
  readonly #iqs: OccupantIqs
  readonly #retracting: Retracting

  constructor(parts: ConferenceParts) {
    this.#parts = parts
    const { host, rooms, face, mayCreate, wantsDoubts, octetsMax, crowding } = parts
    const now = (): number => host.clock.now()
    const send = (packet: Packet): void => host.router.routeQuietly(packet)
    const nextId = (): ReturnType<Host['requestId']> => host.requestId()
    const { reflecting } = face
    const show = (room: Room, session: Parameters<PresenceService['take']>[0]['from'], nick: string): void => {
      const [viewer, shown] = [occupantOfSession(room, session.full), room.occupants.get(nick)]
      if (viewer === undefined || shown === undefined) return
      const { presence } = face.voiceOf(room)
      const its = sessionOf(viewer, session)!
      if (viewer === shown) presence.showSelf(viewer, its, [])
      else presence.showTo(viewer, its, shown)
    }
    this.#presence = new PresenceService({ rooms, now, send, mayCreate, wantsDoubts, octetsMax, reflecting, show, crowding })
    this.#retracting = new Retracting({ rooms, log: parts.roomLog, now, nextId })
    const voting = new Voting({ rooms, now, nextId, send })
    const sendIn = (room: Room, packet: Packet): void => face.voiceOf(room).arrivals.send(packet)
    this.#messages = new MessageService({ rooms, sendIn, voting, retracting: this.#retracting })
    const route = (packet: Packet, origin: Packet['from']): void => void host.router.route(packet, origin)
    this.#iqs = new OccupantIqs({ rooms, entropy: host.entropy, clock: host.clock, route })
  }

  take(packet: Packet): void | Promise<void> {
    const { kind, to } = packet
    if (to!.local === '') return this.#toService(packet)
    if (kind === 'presence') return this.#presence.take(packet)
    return kind === 'message' ? this.#messages.take(packet) : this.#iqs.take(packet)
  }
  #toService({ kind, type }: Packet): void {
    if (kind === 'presence' || type === 'error') return
    throw new StanzaError('service-unavailable')
  }

  /** Answers for the service and its rooms. */
  install(service: Service): void {
    const { rooms, host, roomLog } = this.#parts
    const named = (rule: ServiceRule): void =>
      service.iqToName({ ...rule, handle: (request) => inNameOf(request.packet.to!.asBare, () => rule.handle(request)) })
    service.disco.features.push(MUC, `${MUC}#stable_id`, RSM, OCCUPANT_ID, PSA, VCARD)
    service.iq({ type: 'get', ns: DISCO_ITEMS, name: 'query', handle: (request) => this.#listRooms(request) })
    named({ type: 'get', ns: DISCO_INFO, name: 'query', handle: (request) => this.#info(request) })
    named({ type: 'get', ns: DISCO_ITEMS, name: 'query', handle: (request) => this.#items(request) })
    named({
      type: 'get',
      ns: 'urn:xmpp:ping',
      name: 'ping',
      handle: async (request) => (await this.#room(request), null),
    })
    const version = versionOf(host, false)
    named({
      type: 'get',
      ns: VERSION,
      name: 'query',
      handle: async (request) => (await this.#room(request), version),
    })
    const requests = new RoomRequests(rooms)
    named({ type: 'get', ns: MUC_ADMIN, name: 'query', handle: (request) => requests.list(request) })
    named({ type: 'set', ns: MUC_ADMIN, name: 'query', handle: (request) => requests.change(request) })
    named({ type: 'get', ns: MUC_OWNER, name: 'query', handle: (request) => requests.form(request) })
    named({ type: 'set', ns: MUC_OWNER, name: 'query', handle: (request) => requests.configure(request) })
    const archive = new RoomArchive({ rooms, log: roomLog, send: (packet) => host.router.routeQuietly(packet) })
    named({ type: 'get', ns: MAM, name: 'query', handle: (request) => archive.form(request) })
    named({ type: 'set', ns: MAM, name: 'query', handle: (request) => archive.query(request) })
    named({ type: 'get', ns: MAM, name: 'metadata', handle: (request) => archive.metadata(request) })
    named({ type: 'set', ns: MODERATE, name: 'moderate', handle: (request) => this.#retracting.byModerator(request) })
    // XEP-0425 0.2
    named({ type: 'set', ns: FASTEN, name: 'apply-to', handle: (request) => this.#retracting.byModerator(request) })
    const { store, cardOctetsMax: octetsMax } = this.#parts
    const cards = new RoomCards({ rooms, store, now: () => host.clock.now(), octetsMax })
    const card = { ns: VCARD, name: 'vCard' } as const
    named({ ...card, type: 'get', handle: async (request) => cards.get(await this.#room(request), request) })
    named({ ...card, type: 'set', handle: (request) => cards.set(request) })
    const registering = new Registering(rooms)
    named({ type: 'get', ns: REGISTER, name: 'query', handle: (request) => registering.form(request) })
    named({ type: 'set', ns: REGISTER, name: 'query', handle: (request) => registering.change(request) })
  }
  /** ROOM-41 */
  async #listRooms({ payload }: ServiceRequest): Promise<Answer> {
    if (payload.attr('node') !== undefined) throw new StanzaError('item-not-found')
    return roomList(this.#parts.store, this.#parts.domain, readPageAsk(payload))
  }
  async #info(request: ServiceRequest): Promise<Answer> {
    const room = await this.#room(request)
    const { payload, from } = request
    const node = payload.attr('node')
    if (node === 'x-roomuser-item') return reservedNick(room, from)
    if (node === `${MUC}#traffic`) throw new StanzaError('service-unavailable', { by: room.address.bare })
    if (node !== undefined) throw new StanzaError('item-not-found', { by: room.address.bare })
    return roomInfo(room, from)
  }
  async #items(request: ServiceRequest): Promise<Answer> {
    return roomItems(await this.#room(request))
  }
  async #room({ packet: { to, from } }: ServiceRequest): Promise<Room> {
    const room = await this.#parts.rooms.get(to!.asBare, from)
    if (room === null) throw new StanzaError('item-not-found', { by: to!.bare })
    return room
  }
}
