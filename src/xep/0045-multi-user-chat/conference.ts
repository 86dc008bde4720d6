/** The rooms of one domain: what comes for them, and what the domain says of itself (XEP-0045 6). */
import type { Host } from '../../server/feature.ts'
import type { Answer, ServiceRequest, ServiceRule } from '../../server/routing/registry.ts'
import type { Service } from '../../server/routing/services.ts'
import { sessionOf } from '../../rooms/machine/occupants.ts'
import { occupantOfSession, type Room } from '../../rooms/machine/room.ts'
import type { Tell } from '../../rooms/machine/tells.ts'
import type { LabelledRooms } from '../../rooms/labelled-rooms.ts'
import { bearingOf, violation } from '../../server/labelling/rules.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { SEC_LABEL, SEC_LABEL_CATALOG } from '../../xmpp/security-label.ts'
import { readPageAsk, RSM } from '../../xmpp/result-set.ts'
import { PSA, PSA_REVISED } from '../../xmpp/state-annotation.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { Crowding } from './crowding.ts'
import { VERSION, versionOf } from '../0092-version/index.ts'
import { VCARD } from '../0054-vcard-temp/index.ts'
import { MAM } from '../0313-message-archive/index.ts'
import { COMMANDS, CommandForms } from '../0050-ad-hoc-commands/index.ts'
import { commandInfo, commandItems, HatCommands } from './hat-commands.ts'
import { MessageService } from './message-service.ts'
import { MUC, MUC_ADMIN, MUC_OWNER, OCCUPANT_ID } from './ns.ts'
import { OccupantIqs } from './occupant-iqs.ts'
import { PresenceService } from './presence-service.ts'
import { FASTEN } from '../../xmpp/retraction.ts'
import { Relating } from './relating.ts'
import { MODERATE, Retracting } from './retracting.ts'
import { inNameOf, refused } from './refused.ts'
import { REGISTER, Registering } from './registering.ts'
import { DISCO_INFO, DISCO_ITEMS, reservedNick, roomInfo, roomItems } from './room-info.ts'
import { RoomRequests } from './room-requests.ts'
import type { Orders } from './orders.ts'
import { RoomCards } from './room-card.ts'
import { RoomArchive } from './room-archive.ts'
import type { RoomSearches } from './room-searches.ts'
import type { RoomLog } from '../../rooms/room-log.ts'
import { roomList } from './room-list.ts'
import type { ListedRoom, RoomStore } from '../../rooms/store.ts'
import { Voting } from './voting.ts'
import type { XmppFace } from './xmpp-face.ts'

export interface ConferenceParts {
  readonly host: Host
  readonly domain: string
  readonly rooms: Orders
  readonly store: RoomStore
  readonly roomLog: RoomLog
  readonly face: XmppFace
  /** Null: nothing is judged by security labels. */
  readonly labels: LabelledRooms | null
  readonly mayCreate: (bare: string) => boolean
  readonly wantsDoubts: (presence: Packet) => boolean
  readonly crowding: Crowding
  readonly searches: RoomSearches
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
    this.#retracting = new Retracting({ rooms, log: parts.roomLog, labels: parts.labels, now, nextId })
    const voting = new Voting({ rooms, now, nextId, send })
    const sendIn = (room: Room, packet: Packet): void => {
      face.catchUp(room)
      face.voiceOf(room).arrivals.send(packet)
    }
    const relating = new Relating({ rooms, log: parts.roomLog, labels: parts.labels })
    const retracting = this.#retracting
    this.#messages = new MessageService({ rooms, sendIn, voting, retracting, relating, labels: parts.labels })
    const route = (packet: Packet, origin: Packet['from']): void => void host.router.route(packet, origin)
    const catchUp = (room: Room): void => face.catchUp(room)
    this.#iqs = new OccupantIqs({ rooms, entropy: host.entropy, clock: host.clock, route, catchUp })
  }

  take(packet: Packet): void | Promise<void> {
    const { kind, to } = packet
    if (this.#parts.labels !== null && kind !== 'message' && !this.#isWell(packet)) return
    if (to!.local === '') return this.#toService(packet)
    if (kind === 'presence') return this.#presence.take(packet)
    return kind === 'message' ? this.#messages.take(packet) : this.#iqs.take(packet)
  }
  /** LAB-31. False: it is dropped. @throws StanzaError bad-request */
  #isWell(packet: Packet): boolean {
    const bearing = bearingOf(packet, false)
    if (bearing === 'violation') throw violation()
    return bearing !== 'dropped'
  }
  #toService({ kind, type }: Packet): void {
    if (kind === 'presence' || type === 'error') return
    throw new StanzaError('service-unavailable')
  }

  /** What happens in a room of this domain. */
  tell(room: Room, tell: Tell): void {
    this.#iqs.tell(room, tell)
  }
  /** Answers for the service and its rooms. */
  install(service: Service): void {
    const { rooms, host, roomLog } = this.#parts
    const named = (rule: ServiceRule): void =>
      service.iqToName({
        ...rule,
        handle: (request) => inNameOf(request.packet.to!.asBare, () => this.#ifCleared(request, rule.handle)),
      })
    service.disco.features.push(MUC, `${MUC}#stable_id`, RSM, OCCUPANT_ID, PSA, PSA_REVISED, VCARD)
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
    const { labels } = this.#parts
    const requests = new RoomRequests(rooms, ({ domain }) => host.router.kindOf(domain) === 'accounts', labels)
    named({ type: 'get', ns: MUC_ADMIN, name: 'query', handle: (request) => requests.list(request) })
    named({ type: 'set', ns: MUC_ADMIN, name: 'query', handle: (request) => requests.change(request) })
    named({ type: 'get', ns: MUC_OWNER, name: 'query', handle: (request) => requests.form(request) })
    named({ type: 'set', ns: MUC_OWNER, name: 'query', handle: (request) => requests.configure(request) })
    const { searches } = this.#parts
    const routed = (packet: Packet): void => host.router.routeQuietly(packet)
    const archive = new RoomArchive({ rooms, labels, log: roomLog, send: routed, searches })
    named({ type: 'get', ns: MAM, name: 'query', handle: (request) => archive.form(request) })
    named({ type: 'set', ns: MAM, name: 'query', handle: (request) => archive.query(request) })
    named({ type: 'get', ns: MAM, name: 'metadata', handle: (request) => archive.metadata(request) })
    named({ type: 'set', ns: MODERATE, name: 'moderate', handle: (request) => this.#retracting.byModerator(request) })
    // XEP-0425 0.2
    named({ type: 'set', ns: FASTEN, name: 'apply-to', handle: (request) => this.#retracting.byModerator(request) })
    if (labels !== null) {
      const catalogue = { type: 'get', ns: SEC_LABEL_CATALOG, name: 'catalog' } as const
      named({ ...catalogue, handle: async (request) => labels.catalogueFor(await this.#room(request), request.from) })
    }
    const hats = new HatCommands(rooms, new CommandForms(host.entropy))
    const command = { type: 'set', ns: COMMANDS, name: 'command' } as const
    named({ ...command, handle: async (request) => hats.run(await this.#room(request), request) })
    const { store, cardOctetsMax: octetsMax } = this.#parts
    const cards = new RoomCards({ rooms, store, now: () => host.clock.now(), octetsMax })
    const card = { ns: VCARD, name: 'vCard' } as const
    named({ ...card, type: 'get', handle: async (request) => cards.get(await this.#room(request), request) })
    named({ ...card, type: 'set', handle: (request) => cards.set(request) })
    const registering = new Registering(rooms)
    named({ type: 'get', ns: REGISTER, name: 'query', handle: (request) => registering.form(request) })
    named({ type: 'set', ns: REGISTER, name: 'query', handle: (request) => registering.change(request) })
  }
  /** LAB-30: a room with a label says nothing of itself to those who may not enter. @throws StanzaError forbidden */
  #ifCleared(request: ServiceRequest, handle: ServiceRule['handle']): ReturnType<ServiceRule['handle']> {
    const { labels, rooms } = this.#parts
    if (labels === null) return handle(request)
    const { to, from } = request.packet
    const answer = (room: Room | null): ReturnType<ServiceRule['handle']> => {
      if (room === null || labels.mayEnter(room.address, room.facts.config, from)) return handle(request)
      throw refused({ refuse: 'not-cleared' }, room.address.bare)
    }
    const room = rooms.get(to!.asBare, from)
    return room instanceof Promise ? room.then(answer) : answer(room)
  }
  /** ROOM-41 */
  async #listRooms({ payload, from }: ServiceRequest): Promise<Answer> {
    if (payload.attr('node') !== undefined) throw new StanzaError('item-not-found')
    const { store, domain, labels } = this.#parts
    const isVisible = labels === null ? null : ({ label }: ListedRoom) => labels.maySee(label, from)
    return roomList(store, domain, readPageAsk(payload), isVisible)
  }
  async #info(request: ServiceRequest): Promise<Answer> {
    const room = await this.#room(request)
    const { payload, from } = request
    const node = payload.attr('node')
    if (node === 'x-roomuser-item') return reservedNick(room, from)
    if (node === `${MUC}#traffic`) throw new StanzaError('service-unavailable', { by: room.address.bare })
    if (node !== undefined) return commandInfo(node) ?? notFound(room)
    return roomInfo(room, from, this.#parts.labels === null ? [] : [SEC_LABEL, SEC_LABEL_CATALOG])
  }
  async #items(request: ServiceRequest): Promise<Answer> {
    const room = await this.#room(request)
    return request.payload.attr('node') === COMMANDS ? commandItems(room, request) : roomItems(room)
  }
  async #room({ packet: { to, from } }: ServiceRequest): Promise<Room> {
    const room = await this.#parts.rooms.get(to!.asBare, from)
    if (room === null) throw new StanzaError('item-not-found', { by: to!.bare })
    return room
  }
}

function notFound({ address }: Room): never {
  throw new StanzaError('item-not-found', { by: address.bare })
}
