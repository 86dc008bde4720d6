/**
 * The board's login: one XMPP session over WebSocket (RFC 7395) with stream management, so that a tab that loses its network
 * can resume the same session. What arrives becomes the next `Board`; what the person does becomes stanzas.
 */
import { createClient, type Agent, type AgentConfig } from 'stanza'
import type { IQ, Message, Presence, RosterItem, StreamError } from 'stanza/protocol'
import {
  asking,
  opened,
  refused,
  requested,
  seen,
  sheetClosed,
  sheetOpened,
  SIGNED_OUT,
  withoutContacts,
  withoutRequest,
  type Board,
  type OwnPresence,
  type Sheet,
} from '../model/board.ts'
import { after, lastKnown } from '../model/presence.ts'
import { changed, presenceOf, rosterAfter, type Contact } from '../model/roster.ts'
import type { Store } from '../model/store.ts'
import { sentence } from '../model/words.ts'
import { clientAccess } from './access.ts'
import { PSA_FEATURE, stateAnnotations } from './annotations.ts'
import { bookmarks, BOOKMARKS_NOTIFY } from './bookmarks.ts'
import { ChatArchives } from './chat-archive.ts'
import { isTalk, REACTIONS, reactions } from './chat-stanzas.ts'
import { Chats } from './chats.ts'
import { Diary } from './diary.ts'
import { DISPLAYED_NOTIFY, displayedItems } from './displayed.ts'
import { Faces } from './faces.ts'
import { hats } from './hats.ts'
import { idle } from './idle.ts'
import { Inviting } from './inviting.ts'
import { keepLogin, roomsAgain, roomsToKeep, takeLogin } from './kept-login.ts'
import { Places } from './places.ts'
import { Profile } from './profile.ts'
import { RETRACT, retractions } from './retractions.ts'
import { Rooms } from './rooms.ts'
import { logsInBySasl2, type Denial, type Login } from './sasl2.ts'
import { Searching } from './searching.ts'
import { SOFTWARE, thisBrowser } from './this-browser.ts'
import { Uploads } from './uploads.ts'
import { keepWall, keptWall } from './wall-login.ts'
import { bareOf, noticeOf, presenceStanza, rosterChangeOf, whyNot } from './stanzas.ts'
import { w } from '../words/index.ts'

const INVISIBLE = 'urn:xmpp:invisible:0'
/** What a wall shows of itself. A client with a negative priority gets no messages (RFC 6121 4.7.2.3). */
const WALL: OwnPresence = { show: 'available', status: '', priority: -1, invisible: false }
/** The longest wait between two attempts to reconnect. */
const RECONNECT_SECONDS_MAX = 8

/** Stream errors after which the board must not reconnect by itself (RFC 6120 4.9.3). */
const FINAL: ReadonlySet<string> = new Set(['conflict', 'policy-violation', 'not-authorized', 'host-gone', 'host-unknown'])

export class BoardSession {
  readonly #store: Store<Board>
  readonly #endpoint: string
  #client: Agent | null = null
  #login: Login | null = null
  #isWall = false
  readonly rooms: Rooms
  readonly faces: Faces
  readonly chats: Chats
  readonly archives: ChatArchives
  readonly uploads: Uploads
  readonly diary: Diary
  readonly searching: Searching
  readonly places: Places
  readonly inviting = new Inviting(() => this.#client!)
  readonly profile = new Profile(
    () => this.#client!,
    () => this.#login?.device ?? '',
  )

  /** @param endpoint the address of the WebSocket */
  constructor(store: Store<Board>, endpoint: string) {
    this.#store = store
    this.#endpoint = endpoint
    this.rooms = new Rooms(store)
    this.faces = new Faces(store)
    this.chats = new Chats(store)
    this.archives = new ChatArchives(store, (jid, line) => this.chats.displayed(jid, line))
    this.uploads = new Uploads(store)
    this.diary = new Diary(store)
    this.searching = new Searching(store, () => this.#client!)
    this.places = new Places(store, () => this.#client!)
  }

  signIn(jid: string, password: string): void {
    const board = this.#isWall ? { ...SIGNED_OUT, own: WALL } : SIGNED_OUT
    this.#connect({ jid: bareOf(jid), device: crypto.randomUUID(), token: null }, password, board)
  }
  /** After the page was reloaded: continues as the same device, with the presence that was chosen. */
  comeBack(): void {
    const kept = takeLogin()
    if (kept === null) return
    const { own, roster, presences, rooms } = kept
    this.#connect(kept, null, { ...SIGNED_OUT, own, roster, presences, rooms: roomsAgain(rooms) })
  }
  /** The page is a wall: it comes back as the same device, whatever has ended it. Messages do not come to it. */
  beWall(): void {
    this.#isWall = true
    const kept = keptWall()
    if (kept !== null) this.#connect(kept, null, { ...SIGNED_OUT, own: WALL })
  }
  /** The page is closed: ends the session now instead of leaving it to its time-out. After a reload it comes back. */
  leave(): void {
    const { jid, device, token } = this.#login ?? { token: null }
    const { own, roster, presences, rooms } = this.#store.value
    if (token !== null && !this.#isWall) keepLogin({ jid, device, token, own, roster, presences, rooms: roomsToKeep(rooms) })
    this.rooms.end()
    this.diary.close()
    const client = this.#client
    this.#client = this.#login = null
    void client?.disconnect()
  }
  #connect({ jid, device, token }: Omit<Login, 'denied'>, password: string | null, board: Board): void {
    this.#store.update(() => ({ ...board, phase: 'signing-in' }))
    const client = clientFor({ ...this.#config({ jid, device }), ...(password === null ? {} : { password }) })
    if (client === null) return this.#refused(w.signIn.noAddress(jid))
    client.stanzas.define([stateAnnotations, idle, retractions, reactions, bookmarks, displayedItems, hats, ...clientAccess])
    client.disco.addFeature(PSA_FEATURE)
    client.disco.addFeature(BOOKMARKS_NOTIFY)
    client.disco.addFeature(DISPLAYED_NOTIFY)
    client.disco.addFeature(REACTIONS)
    client.disco.addFeature(RETRACT)
    client.updateCaps()
    this.#client = client
    this.#login = { jid, device, token, denied: (denial) => client === this.#client && this.#refused(denialWords(denial)) }
    logsInBySasl2(client, this.#login)
    this.#listen(client)
    this.rooms.use(client)
    this.faces.use(client)
    this.chats.use(client)
    this.archives.use(client)
    this.uploads.use(client)
    void client.connect()
  }
  #config({ jid, device }: Pick<Login, 'jid' | 'device'>): AgentConfig {
    return {
      jid,
      resource: `board-${device.slice(0, 8)}`,
      transports: { websocket: this.#endpoint, bosh: false },
      autoReconnect: true,
      softwareVersion: { name: SOFTWARE, os: thisBrowser() },
      // The library would tell everybody, and of an invisible person too: `Chats` decides whom
      sendReceipts: false,
      chatMarkers: false,
      maxReconnectBackoff: RECONNECT_SECONDS_MAX,
    }
  }
  /** The first login on a new server: asks to see `friend`, and approves in advance that the friend sees us. */
  signInWithFriend(jid: string, password: string, friend: string): void {
    this.signIn(jid, password)
    this.#change({ friend })
    this.#client!.once('session:started', () => void this.#befriend(friend))
  }
  signOut(): void {
    const client = this.#client
    const login = this.#login
    this.#client = this.#login = null
    this.rooms.end()
    this.diary.signedOut()
    this.chats.signedOut()
    void client?.send('presence', { type: 'unavailable' }).finally(() => client.disconnect())
    if (login !== null && login.token !== null) this.#giveUp({ ...login, isFarewell: true, denied: () => {} })
    this.#store.update(() => SIGNED_OUT)
  }
  /** Makes the token invalid. The client can only ask for that in a login with it (XEP-0484 3.6). */
  #giveUp(login: Login): void {
    const client = clientFor(this.#config(login))!
    logsInBySasl2(client, login)
    void client.connect()
  }

  // Actions of the person

  async present(own: OwnPresence): Promise<void> {
    const client = this.#client!
    const before = this.#store.value.own
    this.#change({ own })
    if (own.invisible !== before.invisible && !(await this.#visible(client, !own.invisible)))
      return this.#change({ own: { ...own, invisible: before.invisible } })
    client.sendPresence(presenceStanza(client, own)) // invisible: for the server alone
    this.rooms.present()
  }
  /** Asks to see a user's presence, as a contact with a name and groups (RFC 6121 3.1.1). @returns whether it was sent */
  async add(jid: string, name: string | null, groups: readonly string[]): Promise<boolean> {
    if (!(await this.save({ jid, name, groups }))) return false
    this.ask(jid)
    return true
  }
  /** @returns whether it was saved */
  save({ jid, name, groups }: Pick<Contact, 'jid' | 'name' | 'groups'>): Promise<boolean> {
    const item = { jid, groups: [...groups], ...(name === null ? {} : { name }) } as RosterItem
    return this.#attempt(this.#client!.updateRosterItem(item), w.trouble.saving(jid))
  }
  async remove(jid: string): Promise<void> {
    await this.#attempt(this.#client!.removeRosterItem(jid), w.trouble.removing(jid))
  }
  ask(jid: string): void {
    this.#store.update((board) => asking(board, jid))
    this.#client!.subscribe(jid)
  }
  /** Stops seeing the contact's presence. */
  unfollow(jid: string): void {
    this.#client!.unsubscribe(jid)
  }
  /** Lets the contact see our presence: answers its request, or approves in advance (RFC 6121 3.4). */
  approve(jid: string): void {
    this.#client!.acceptSubscription(jid)
    this.#store.update((board) => withoutRequest(board, jid))
  }
  /** Refuses the contact's request, or withdraws the approval (RFC 6121 3.2). */
  deny(jid: string): void {
    this.#client!.denySubscription(jid)
    this.#store.update((board) => withoutRequest(board, jid))
  }
  open(jid: string | null): void {
    this.#store.update((board) => opened(board, jid))
  }
  openSheet(sheet: Sheet): void {
    this.#store.update((board) => sheetOpened(board, sheet))
  }
  closeSheet(): void {
    this.#store.update(sheetClosed)
  }
  /** @param isSeen is the page on the screen? */
  look(isSeen: boolean): void {
    this.#store.update((board) => seen(board, isSeen))
  }
  dismiss(): void {
    this.#change({ trouble: null })
  }

  // Events from the server

  #listen(client: Agent): void {
    client.on('session:started', () => void this.#started(client))
    client.on('stream:management:resumed', () => {
      this.#change({ phase: 'online', trouble: null })
      this.diary.confirmed()
      this.rooms.resumed()
    })
    const ended = ({ condition, text }: StreamError): void => {
      if (client === this.#client) this.#ended(condition, text ?? condition.replaceAll('-', ' '))
    }
    client.on('stream:error', ended)
    // The library reports a <stream:error/> of the server under another name than errors that it finds itself.
    client.on('streamError' as 'stream:error', ended)
    client.on('disconnected', () => this.#disconnected(client))
    client.on('available', (presence) => this.#present(presence))
    client.on('unavailable', (presence) => this.#present(presence))
    client.on('subscribe', ({ from, status }) =>
      this.#store.update((board) => requested(board, { jid: bareOf(from ?? ''), words: status ?? null })),
    )
    client.on('roster:update', ({ roster: { items, version } }) => {
      if (version !== undefined) client.config.rosterVer = version
      this.#rosterChanged(items ?? [])
    })
    client.on(
      'message',
      (message) => isTalk(message, client.jid) && (this.rooms.takesMessage(message) || this.chats.heard(message)),
    )
    client.on(
      'message:error',
      (message) => this.rooms.takesMessageError(message) || this.chats.undelivered(message.from ?? '', message.id),
    )
    client.on('presence:error', (presence) => this.rooms.takesPresenceError(presence) || this.#notAsked(presence))
    client.on('stanza:failed', ({ kind, stanza }) => this.#notSent(kind, stanza as Message))
  }
  /** A new session: knowledge from an earlier one is uncertain, and the server sends everything again. */
  async #started(client: Agent): Promise<void> {
    client.enableKeepAlive()
    if (!this.#isWall) this.diary.started(client)
    else if (this.#login !== null) keepWall(this.#login)
    const presences = new Map([...this.#store.value.presences].map(([jid, view]) => [jid, lastKnown(view)]))
    this.#change({ me: client.jid, presences, requests: [], isRosterRead: false, phase: 'online', trouble: null })
    await this.#attempt(client.enableCarbons(), w.trouble.carbons)
    await this.#attempt(this.#readRoster(client), w.trouble.roster)
    await this.#attempt(this.#readFeatures(client), w.trouble.features)
    if (client !== this.#client) return
    const { own } = this.#store.value
    if (own.invisible && !(await this.#visible(client, false))) return
    client.sendPresence(presenceStanza(client, own))
    void this.rooms.started()
    void this.archives.started()
  }
  async #readRoster(client: Agent): Promise<void> {
    const { roster } = await client.sendIQ({ type: 'get', roster: { version: client.config.rosterVer! } })
    if (roster?.version !== undefined) client.config.rosterVer = roster.version
    const items = roster === undefined ? null : (roster.items ?? []).map(rosterChangeOf)
    this.#change({ roster: rosterAfter(this.#store.value.roster, items), isRosterRead: true })
  }
  async #readFeatures(client: Agent): Promise<void> {
    const { features } = await client.getDiscoInfo(client.config.server)
    this.#change({ canHide: features.includes(INVISIBLE) })
  }
  #notAsked({ from, error }: Presence): void {
    this.#notDone(bareOf(from ?? ''), whyNot({ error }))
  }
  #present(presence: Presence): void {
    if (this.rooms.takesPresence(presence)) return
    this.diary.heard(presence)
    const jid = bareOf(presence.from ?? '')
    this.#store.update((board) => {
      const view = after(presenceOf(board.presences, jid), noticeOf(presence), new Date())
      const friend = board.friend === jid ? null : board.friend
      return { ...board, friend, presences: new Map(board.presences).set(jid, view) }
    })
  }
  #rosterChanged(items: readonly RosterItem[]): void {
    const gone = items.filter((item) => (item.subscription as string) === 'remove').map((item) => item.jid)
    this.#store.update((board) => {
      const next = withoutContacts(board, gone)
      return { ...next, roster: changed(next.roster, items.map(rosterChangeOf)) }
    })
  }
  /** A request to a contact came back with an error. */
  #notDone(jid: string, why: string): void {
    this.#store.update((board) => refused(board, jid, sentence(w.trouble.notReached(jid, why))))
  }
  /** The connection is lost, and with it all stanzas that were not acknowledged. */
  #notSent(kind: string, { to, id, type }: Omit<Message, 'type'> & { readonly type?: string }): void {
    if (to === undefined) return
    if (kind === 'message' && this.rooms.takesFailure(bareOf(to), id, w.trouble.connectionLost)) return
    if (kind === 'message') this.chats.undelivered(to, id)
    if (kind === 'presence' && type !== undefined) this.#notDone(bareOf(to), w.trouble.connectionLost)
  }
  #refused(words: string): void {
    const client = this.#client
    this.#client = this.#login = null
    this.rooms.end()
    this.diary.close()
    void client?.disconnect()
    this.#store.update(() => ({ ...SIGNED_OUT, trouble: words }))
  }
  #ended(condition: string, why: string): void {
    if (this.#store.value.phase === 'signing-in') return this.#refused(sentence(w.signIn.serverRefuses(why)))
    if (FINAL.has(condition)) return this.#refused(sentence(w.signIn.ended(why)))
    this.#change({ trouble: sentence(w.signIn.closed(why)) })
  }
  #disconnected(client: Agent): void {
    if (client !== this.#client) return
    if (this.#store.value.phase === 'signing-in') return this.#refused(w.signIn.unreachable)
    this.#change({ phase: 'reconnecting' })
  }

  async #befriend(jid: string): Promise<void> {
    await this.add(jid, null, [])
    this.approve(jid)
  }
  async #visible(client: Agent, visible: boolean): Promise<boolean> {
    // Not the library's goInvisible(): it misspells the payload's name, and sends none
    const visibility = visible ? { type: 'visible' } : { type: 'invisible', probe: true }
    return this.#attempt(client.sendIQ({ type: 'set', visibility } as IQ), w.trouble.visibility)
  }
  /** @returns whether the work succeeded */
  async #attempt(work: Promise<unknown>, trouble: string): Promise<boolean> {
    try {
      await work
      return true
    } catch (error) {
      this.#change({ trouble: sentence(`${trouble}: ${whyNot(error)}`) })
      return false
    }
  }
  #change(change: Partial<Board>): void {
    this.#store.update((board) => ({ ...board, ...change }))
  }
}

/** @param denial as the server sent it; null if the server and the page have no common mechanism */
function denialWords(denial: Denial | null): string {
  if (denial === null) return w.signIn.noMechanism
  if (denial.condition === 'credentials-expired') return w.signIn.again
  if (denial.condition === 'not-authorized') return w.signIn.wrong
  return sentence(w.signIn.refused(denial.text ?? denial.condition.replaceAll('-', ' ')))
}

/** Null if the address is invalid. */
function clientFor(config: AgentConfig): Agent | null {
  try {
    return createClient(config)
  } catch {
    return null
  }
}
