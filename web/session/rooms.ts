/**
 * The rooms that the person is in (XEP-0045). What arrives becomes the next state of a room; what the person does becomes
 * stanzas. The board joins again by itself when it was put out for technical reasons, or after a new session.
 */
import { JID, type Agent } from 'stanza'
import type { IQ, Message, Presence } from 'stanza/protocol'
import { inRoom, invited, opened, withoutInvitation, withoutRoom, withRoom, type Board, type Invitation } from '../model/board.ts'
import { oldestArchived } from '../model/room-lines.ts'
import { isPassing, outsideFor } from '../model/room-words.ts'
import {
  described,
  heard,
  isWayBack,
  joining,
  newRoom,
  noted,
  notSaid,
  olderRead,
  presented,
  refused,
  saying,
  type Room,
  type RoomAbout,
} from '../model/room.ts'
import type { Store } from '../model/store.ts'
import { sentence } from '../model/words.ts'
import { Bookmarks, type BookmarkChange } from './bookmarks.ts'
import { roomPage } from './archive-pages.ts'
import { RoomOrders } from './room-orders.ts'
import { readDirectory } from './room-directory.ts'
import { invitationIn, isOfRoom, joinErrorOf, roomAboutOf, roomForm, roomMessageOf, roomPresenceOf } from './room-stanzas.ts'
import { isOut, isSilent, newStake, waitBefore, type JoinWish, type Stake } from './stakes.ts'
import { bareOf, presenceStanza, whyNot, fileLinks } from './stanzas.ts'
import { w } from '../words/index.ts'

/** Messages of the history that we ask for, and of a page of the archive. */
const PAGE = 50
/** How often silent rooms are looked for. */
const LOOK_MS = 60_000
/** How often another nickname is tried for somebody who was in the room. */
const NICKS_MAX = 3
/** The status code of a message: the room was configured anew. */
const CONFIGURED = 104

const NOTHING_SAID: RoomAbout = { name: null, hasArchive: false, isSearchable: false, opensSubject: false, isModerated: false }

export class Rooms {
  readonly #store: Store<Board>
  #client: Agent | null = null
  #bookmarks: Bookmarks | null = null
  readonly #stakes = new Map<string, Stake>()
  #look: ReturnType<typeof setInterval> | null = null
  readonly orders = new RoomOrders(
    () => this.#client!,
    (jid, change) => this.#change(jid, change),
  )

  constructor(store: Store<Board>) {
    this.#store = store
  }

  /** A login: its rooms are those on the board. */
  use(client: Agent): void {
    this.end()
    this.#client = client
    this.#bookmarks = new Bookmarks(client)
    // Otherwise the library joins them again in its own way
    client.on('disconnected', () => client.joinedRooms.clear())
    client.on('message', (message) => this.#heard(message))
    client.on('pubsub:event', (message) => this.#bookmarks!.changesIn(message).forEach((change) => this.#follow(change)))
    this.#look = setInterval(() => this.#checkSilent(), LOOK_MS)
  }
  end(): void {
    this.#client = null
    for (const { timer } of this.#stakes.values()) clearTimeout(timer ?? undefined)
    this.#stakes.clear()
    if (this.#look !== null) clearInterval(this.#look)
  }
  /** A new session: we are in no room. Rooms that were left on another client meanwhile are left. */
  async started(): Promise<void> {
    const client = this.#client
    const kept = await this.#bookmarks!.read()
    if (client !== this.#client) return
    const joined = new Set(kept?.filter(({ isJoined }) => isJoined).map(({ jid }) => jid))
    if (kept !== null) for (const { jid, isKept } of this.#rooms()) if (isKept && !joined.has(jid)) this.#drop(jid)
    // After a reload only the account knows the password of a room
    for (const { jid, password } of kept?.filter(({ jid }) => !this.#stakes.has(jid)) ?? [])
      this.#stakes.set(jid, newStake({ nick: this.#store.value.rooms.get(jid)?.nick ?? '', password, isListed: false }))
    for (const room of this.#rooms()) if (room.stay !== 'out') this.#enter(room.jid, room.nick)
    for (const bookmark of kept ?? []) this.#follow(bookmark)
  }
  /** Another client of the person has joined a room, or left it. */
  #follow(change: BookmarkChange): void {
    const room = this.#store.value.rooms.get(change.jid)
    if (!change.isJoined) return room === undefined ? undefined : this.#drop(change.jid)
    if (room !== undefined && room.stay !== 'out') return
    const { jid, nick, name, password } = change
    const wish = { nick: nick ?? this.#client!.jid.split('@')[0] ?? '', password, isListed: false }
    this.#stakes.set(jid, newStake(wish))
    this.#store.update((board) => withRoom(board, { ...(room ?? newRoom(jid, wish.nick, name)), wasIn: true, isKept: true }))
    this.#enter(jid, wish.nick)
  }
  /** The session goes on: did the rooms keep us meanwhile? */
  resumed(): void {
    for (const room of this.#rooms()) if (room.stay === 'in') void this.#check(room.jid)
  }
  /** Our presence has changed: rooms are told apart from contacts (7.7). */
  present(): void {
    const { own } = this.#store.value
    for (const { jid, nick, stay } of this.#rooms())
      if (stay === 'in') this.#client!.sendPresence({ ...presenceStanza(this.#client!, own), to: `${jid}/${nick}` })
  }

  // Actions of the person

  async readDirectory(): Promise<void> {
    const client = this.#client!
    this.#store.update((board) => ({ ...board, directory: { ...board.directory, state: 'reading' } }))
    const directory = await readDirectory(client).catch((error: unknown) => {
      this.#trouble(w.join.notRead(whyNot(error)))
      return { service: null, rooms: [] }
    })
    if (client === this.#client) this.#store.update((board) => ({ ...board, directory: { ...directory, state: 'read' } }))
  }
  /** @param address a bare address. Joins the room, and makes it if there is none */
  join(address: string, wish: JoinWish): void {
    const jid = roomJid(address)
    if (jid === null || wish.nick === '') return this.#trouble(w.join.noAddress(address))
    const before = this.#store.value.rooms.get(jid)
    this.#forget(jid)
    this.#stakes.set(jid, newStake(wish))
    this.#store.update((board) => opened(withRoom(board, before ?? newRoom(jid, wish.nick)), jid))
    if (before?.stay !== 'in') this.#enter(jid, wish.nick)
  }
  leave(jid: string): void {
    void this.#bookmarks?.leave(jid)
    this.#drop(jid)
  }
  #drop(jid: string): void {
    const room = this.#store.value.rooms.get(jid)
    if (room === undefined) return
    if (room.stay === 'in' || room.stay === 'joining')
      this.#client!.sendPresence({ to: `${jid}/${room.nick}`, type: 'unavailable' })
    this.#forget(jid)
    this.#store.update((board) => withoutRoom(board, jid))
  }
  /** Another nickname, in the room or for joining it. */
  rename(jid: string, nick: string): void {
    const { stay } = this.#store.value.rooms.get(jid)!
    if (stay !== 'in') return this.#enter(jid, nick)
    this.#client!.sendPresence({ ...presenceStanza(this.#client!, this.#store.value.own), to: `${jid}/${nick}` })
  }
  /** @param to a nickname; null: everybody */
  /** @param isFile is the text the address of a file? */
  say(jid: string, text: string, to: string | null = null, isFile = false): void {
    const id = this.#client!.nextId()
    this.#change(jid, (room) => saying(room, { id, text, isFile, to }, new Date()))
    const content = { id, body: text, ...fileLinks(text, isFile) }
    if (to === null) this.#client!.sendMessage({ ...content, to: jid, type: 'groupchat' })
    else this.#client!.sendMessage({ ...content, to: `${jid}/${to}`, type: 'chat', muc: { type: 'info' } })
  }
  /** What we have said is shown to nobody any more (XEP-0424). */
  takeBack(jid: string, archiveId: string): void {
    const body = 'I take back what I said before. Your client does not know how to hide it.'
    this.#client!.sendMessage({ to: jid, type: 'groupchat', retracts: archiveId, body })
  }
  setSubject(jid: string, subject: string): void {
    this.#client!.setSubject(jid, subject)
  }
  invite(jid: string, to: string, reason: string | null): void {
    this.#client!.invite(jid, { to, ...(reason === null ? {} : { reason }) })
    this.#change(jid, (room) => noted(room, w.notes.invited(to), new Date()))
  }
  dismissInvitation(room: string): void {
    this.#store.update((board) => withoutInvitation(board, room))
  }
  /** The next older page of the archive. */
  async readOlder(jid: string): Promise<void> {
    const room = this.#store.value.rooms.get(jid)
    if (room === undefined || room.older !== 'some') return
    this.#change(jid, (now) => ({ ...now, older: 'reading' }))
    try {
      const before = room.oldest ?? oldestArchived(room.lines) ?? ''
      const { lines, first, isComplete } = await roomPage(this.#client!, room, { paging: { before, max: PAGE } })
      this.#change(jid, (now) => olderRead(now, lines, first, isComplete))
    } catch (error) {
      const words = sentence(w.notes.olderNotRead(whyNot(error)))
      this.#change(jid, (now) => noted({ ...now, older: 'none' }, words, new Date()))
    }
  }

  // Events from the server

  /** @returns whether the presence is that of a room */
  takesPresence(presence: Presence): boolean {
    const jid = bareOf(presence.from ?? '')
    const before = this.#store.value.rooms.get(jid)
    // From a room that we have just left
    if (before === undefined) return isOfRoom(presence)
    const told = roomPresenceOf(presence)
    this.#stake(jid).heardAt = Date.now()
    this.#change(jid, (room) => presented(room, told, new Date()))
    const after = this.#store.value.rooms.get(jid)!
    if (before.stay !== 'in' && after.stay === 'in') void this.#entered(jid, told.codes.has(201))
    if (before.stay === 'in' && after.nick !== before.nick) void this.#keep(jid)
    if (before.stay !== 'lost' && after.stay === 'lost') this.#enterLater(jid)
    // Put out: no client of ours goes back by itself
    if (before.stay === 'in' && after.stay === 'out') this.#unkeep(jid)
    if (isWayBack(before, after)) void this.#check(jid)
    return true
  }
  /** @returns whether it is a matter of a room */
  takesPresenceError(presence: Presence): boolean {
    const jid = bareOf(presence.from ?? '')
    const room = this.#store.value.rooms.get(jid)
    if (room === undefined) return false
    if (room.stay === 'joining') this.#notEntered(room, presence)
    else this.#change(jid, (now) => noted(now, sentence(w.notes.refuses(whyNot(presence))), new Date()))
    return true
  }
  /** @returns whether it is a matter of a room */
  takesMessageError({ from, id, error }: Message): boolean {
    return this.takesFailure(bareOf(from ?? ''), id, whyNot({ error }))
  }
  /** @returns whether it is a matter of a room */
  takesFailure(jid: string, id: string | undefined, why: string): boolean {
    if (!this.#store.value.rooms.has(jid)) return false
    const words = sentence(w.notes.refuses(why))
    this.#change(jid, (room) => noted(id === undefined ? room : notSaid(room, id), words, new Date()))
    return true
  }
  /** @returns whether it is a private message in a room, or an invitation into one */
  takesMessage(message: Message): boolean {
    const invitation = invitationIn(message)
    if (invitation !== null) return true
    const jid = bareOf(message.from ?? '')
    if (!this.#store.value.rooms.has(jid)) return isOfRoom(message)
    this.#say(jid, message)
    return true
  }
  #heard(message: Message): void {
    const invitation = message.type === 'error' ? null : invitationIn(message)
    if (invitation !== null) return this.#invited(invitation)
    const jid = bareOf(message.from ?? '')
    if (message.type !== 'error' && this.orders.takesAsk(jid, message)) return
    const isNotice = message.from === jid && isOfRoom(message)
    if (message.type !== 'error' && (message.type === 'groupchat' || isNotice)) this.#say(jid, { ...message, type: 'groupchat' })
  }
  #say(jid: string, message: Message): void {
    if (!this.#store.value.rooms.has(jid)) return
    const stake = this.#stake(jid)
    stake.heardAt = Date.now()
    const told = roomMessageOf(message, jid)
    if (told.codes.has(CONFIGURED) && stake.hasConfigured) return void (stake.hasConfigured = false)
    this.#change(jid, (room) => heard(room, told, crypto.randomUUID(), new Date()))
    if (told.codes.has(CONFIGURED)) void this.#readAbout(jid)
  }
  #invited(invitation: Invitation): void {
    const room = this.#store.value.rooms.get(invitation.room)
    if (room === undefined || room.stay === 'out') this.#store.update((board) => invited(board, invitation))
  }

  // Joining

  #enter(jid: string, nick: string): void {
    const client = this.#client
    if (client === null) return
    this.#change(jid, (room) => joining(room, nick))
    const { password } = this.#stake(jid).wish
    client.sendPresence({
      ...presenceStanza(client, this.#store.value.own),
      to: `${jid}/${nick}`,
      muc: { type: 'join', history: { maxStanzas: PAGE }, ...(password === null ? {} : { password }) },
    })
  }
  async #entered(jid: string, isNew: boolean): Promise<void> {
    const stake = this.#stake(jid)
    stake.enteredAt = Date.now()
    if (isNew) await this.#setUp(jid, stake)
    await this.#readAbout(jid)
    await this.#keep(jid)
  }
  /** All clients of the person are in the rooms that one of them has joined. */
  async #keep(jid: string): Promise<void> {
    const room = this.#store.value.rooms.get(jid)
    if (room?.stay !== 'in') return
    const isKept = await this.#bookmarks!.keep(room, this.#stake(jid).wish.password)
    this.#change(jid, (now) => ({ ...now, isKept }))
  }
  #unkeep(jid: string): void {
    void this.#bookmarks!.leave(jid)
    this.#change(jid, (now) => ({ ...now, isKept: false }))
  }
  /** 10.1: until its first configuration a room is there for us alone. */
  async #setUp(jid: string, stake: Stake): Promise<void> {
    const { isListed } = stake.wish
    stake.hasConfigured = isListed
    const words = isListed ? w.notes.madeListed : w.notes.made
    const done = await this.#client!.configureRoom(jid, roomForm(isListed)).then(
      () => words,
      (error: unknown) => sentence(w.notes.notConfigured(whyNot(error))),
    )
    this.#change(jid, (room) => noted({ ...room, older: 'none' }, done, new Date()))
  }
  /** What the room says of itself. A room that does not answer has no archive. */
  async #readAbout(jid: string): Promise<void> {
    const info = await this.#client!.getDiscoInfo(jid).catch(() => null)
    this.#change(jid, (room) => described(room, info === null ? NOTHING_SAID : roomAboutOf(info)))
  }
  #notEntered(room: Room, presence: Presence): void {
    const { jid, nick, wasIn } = room
    const error = joinErrorOf(presence)
    if (wasIn && isPassing(error.condition, error.type)) {
      this.#change(jid, (now) => ({ ...now, stay: 'lost', outside: outsideFor(error) }))
      return this.#enterLater(jid)
    }
    if (wasIn && error.condition === 'conflict' && this.#stake(jid).attempts < NICKS_MAX) {
      this.#stake(jid).attempts += 1
      return this.#enter(jid, `${nick}_`)
    }
    this.#change(jid, (now) => refused(now, outsideFor(error), new Date()))
  }
  /** The first time at once, then ever more slowly. */
  #enterLater(jid: string): void {
    const stake = this.#stake(jid)
    clearTimeout(stake.timer ?? undefined)
    stake.timer = setTimeout(
      () => {
        const room = this.#store.value.rooms.get(jid)
        if (room?.stay === 'lost') this.#enter(jid, room.nick)
      },
      waitBefore(stake, Date.now()),
    )
  }
  /** XEP-0410: asks the room whether we are in it; if not, joins again. */
  async #check(jid: string): Promise<void> {
    const [client, stake] = [this.#client!, this.#stake(jid)]
    if (stake.isAsked) return
    stake.isAsked = true
    const { nick } = this.#store.value.rooms.get(jid)!
    const out = await client.ping(`${jid}/${nick}`).then(
      () => false,
      ({ error }: IQ) => isOut(error?.condition ?? 'timeout', error?.type ?? null),
    )
    stake.isAsked = false
    stake.heardAt = Date.now()
    if (client !== this.#client || !out) return
    const room = this.#store.value.rooms.get(jid)
    if (room?.stay === 'in' && room.nick === nick) this.#enter(jid, nick)
  }
  #checkSilent(): void {
    for (const { jid, stay } of this.#rooms()) if (stay === 'in' && isSilent(this.#stake(jid), Date.now())) void this.#check(jid)
  }

  #rooms(): readonly Room[] {
    return [...this.#store.value.rooms.values()]
  }
  #stake(jid: string): Stake {
    const nick = this.#store.value.rooms.get(jid)?.nick ?? ''
    const stake = this.#stakes.get(jid) ?? newStake({ nick, password: null, isListed: false })
    this.#stakes.set(jid, stake)
    return stake
  }
  #forget(jid: string): void {
    clearTimeout(this.#stakes.get(jid)?.timer ?? undefined)
    this.#stakes.delete(jid)
  }
  #change(jid: string, change: (room: Room) => Room): void {
    this.#store.update((board) => inRoom(board, jid, change))
  }
  #trouble(words: string): void {
    this.#store.update((board) => ({ ...board, trouble: sentence(words) }))
  }
}

/** Null if it is not the address of a room. */
function roomJid(address: string): string | null {
  try {
    const { bare, local, domain } = JID.parse(address)
    return local === '' || domain === '' ? null : bare
  } catch {
    return null
  }
}
