/**
 * The board's login: one XMPP session over WebSocket (RFC 7395) with stream management, so that a tab that loses its network
 * can resume the same session. What arrives becomes the next `Board`; what the person does becomes stanzas.
 */
import { createClient, type Agent, type AgentConfig } from 'stanza'
import type { IQ, Message, Presence, RosterItem, StreamError } from 'stanza/protocol'
import {
  asking,
  lineFailed,
  opened,
  refused,
  requested,
  said,
  seen,
  SIGNED_OUT,
  withoutRequest,
  type Board,
  type OwnPresence,
} from '../model/board.ts'
import { after, lastKnown } from '../model/presence.ts'
import { changed, presenceOf, rosterAfter, type Contact } from '../model/roster.ts'
import type { Store } from '../model/store.ts'
import { sentence } from '../model/words.ts'
import { PSA_FEATURE, stateAnnotations } from './annotations.ts'
import { bookmarks, BOOKMARKS_NOTIFY } from './bookmarks.ts'
import { idle } from './idle.ts'
import { keepLogin, roomsAgain, roomsToKeep, takeLogin } from './kept-login.ts'
import { retractions } from './retractions.ts'
import { Rooms } from './rooms.ts'
import { logsInBySasl2, type Denial, type Login } from './sasl2.ts'
import { bareOf, noticeOf, presenceStanza, rosterChangeOf, whyNot } from './stanzas.ts'

const INVISIBLE = 'urn:xmpp:invisible:0'
/** The longest wait between two attempts to reconnect. */
const RECONNECT_SECONDS_MAX = 8

/** Stream errors after which the board must not reconnect by itself (RFC 6120 4.9.3). */
const FINAL: ReadonlySet<string> = new Set(['conflict', 'policy-violation', 'not-authorized', 'host-gone', 'host-unknown'])

export class BoardSession {
  readonly #store: Store<Board>
  readonly #endpoint: string
  #client: Agent | null = null
  #login: Login | null = null
  readonly rooms: Rooms

  /** @param endpoint the address of the WebSocket */
  constructor(store: Store<Board>, endpoint: string) {
    this.#store = store
    this.#endpoint = endpoint
    this.rooms = new Rooms(store)
  }

  signIn(jid: string, password: string): void {
    this.#connect({ jid: bareOf(jid), device: crypto.randomUUID(), token: null }, password, SIGNED_OUT)
  }
  /** After the page was reloaded: continues as the same device, with the presence that was chosen. */
  comeBack(): void {
    const kept = takeLogin()
    if (kept === null) return
    const { own, roster, presences, rooms } = kept
    this.#connect(kept, null, { ...SIGNED_OUT, own, roster, presences, rooms: roomsAgain(rooms) })
  }
  /** The page is closed: ends the session now instead of leaving it to its time-out. After a reload it comes back. */
  leave(): void {
    const { jid, device, token } = this.#login ?? { token: null }
    const { own, roster, presences, rooms } = this.#store.value
    if (token !== null) keepLogin({ jid, device, token, own, roster, presences, rooms: roomsToKeep(rooms) })
    this.rooms.end()
    const client = this.#client
    this.#client = this.#login = null
    void client?.disconnect()
  }
  #connect({ jid, device, token }: Omit<Login, 'denied'>, password: string | null, board: Board): void {
    this.#store.update(() => ({ ...board, phase: 'signing-in' }))
    const client = clientFor({ ...this.#config({ jid, device }), ...(password === null ? {} : { password }) })
    if (client === null) return this.#refused(`${jid} is not an address. Write it like romeo@localhost.`)
    client.stanzas.define([stateAnnotations, idle, retractions, bookmarks])
    client.disco.addFeature(PSA_FEATURE)
    client.disco.addFeature(BOOKMARKS_NOTIFY)
    client.updateCaps()
    this.#client = client
    this.#login = { jid, device, token, denied: (denial) => client === this.#client && this.#refused(denialWords(denial)) }
    logsInBySasl2(client, this.#login)
    this.#listen(client)
    this.rooms.use(client)
    void client.connect()
  }
  #config({ jid, device }: Pick<Login, 'jid' | 'device'>): AgentConfig {
    return {
      jid,
      resource: `board-${device.slice(0, 8)}`,
      transports: { websocket: this.#endpoint, bosh: false },
      autoReconnect: true,
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
    return this.#attempt(this.#client!.updateRosterItem(item), `${jid} could not be saved`)
  }
  async remove(jid: string): Promise<void> {
    await this.#attempt(this.#client!.removeRosterItem(jid), `${jid} could not be removed`)
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
  say(jid: string, text: string): void {
    const id = this.#client!.sendMessage({ to: jid, type: 'chat', body: text })
    this.#store.update((board) => said(board, jid, { id, mine: true, text, at: new Date(), failed: false }))
  }
  open(jid: string | null): void {
    this.#store.update((board) => opened(board, jid))
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
    client.on('chat', (message) => this.rooms.takesMessage(message) || this.#heard(message))
    client.on('message:sent', (message, elsewhere) => elsewhere && this.#saidElsewhere(message))
    client.on('message:error', (message) => this.rooms.takesMessageError(message) || this.#undelivered(message))
    client.on('presence:error', (presence) => this.rooms.takesPresenceError(presence) || this.#notAsked(presence))
    client.on('stanza:failed', ({ kind, stanza }) => this.#notSent(kind, stanza as Message))
  }
  /** A new session: knowledge from an earlier one is uncertain, and the server sends everything again. */
  async #started(client: Agent): Promise<void> {
    client.enableKeepAlive()
    const presences = new Map([...this.#store.value.presences].map(([jid, view]) => [jid, lastKnown(view)]))
    this.#change({ me: client.jid, presences, requests: [], isRosterRead: false, phase: 'online', trouble: null })
    await this.#attempt(client.enableCarbons(), 'Messages from your other devices will not be shown')
    await this.#attempt(this.#readRoster(client), 'Your contacts could not be read')
    await this.#attempt(this.#readFeatures(client), 'What the server can do could not be read')
    if (client !== this.#client) return
    const { own } = this.#store.value
    if (own.invisible && !(await this.#visible(client, false))) return
    client.sendPresence(presenceStanza(client, own))
    void this.rooms.started()
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
  #undelivered({ from, id }: Message): void {
    if (id !== undefined) this.#store.update((board) => lineFailed(board, bareOf(from ?? ''), id))
  }
  #notAsked({ from, error }: Presence): void {
    this.#notDone(bareOf(from ?? ''), whyNot({ error }))
  }
  #present(presence: Presence): void {
    if (this.rooms.takesPresence(presence)) return
    const jid = bareOf(presence.from ?? '')
    this.#store.update((board) => {
      const view = after(presenceOf(board.presences, jid), noticeOf(presence), new Date())
      const friend = board.friend === jid ? null : board.friend
      return { ...board, friend, presences: new Map(board.presences).set(jid, view) }
    })
  }
  #rosterChanged(items: readonly RosterItem[]): void {
    this.#store.update((board) => {
      const gone = items.filter((item) => (item.subscription as string) === 'remove').map((item) => item.jid)
      const presences = new Map(board.presences)
      for (const jid of gone) presences.delete(jid)
      const open = board.open !== null && gone.includes(board.open) ? null : board.open
      return { ...board, presences, open, roster: changed(board.roster, items.map(rosterChangeOf)) }
    })
  }
  #heard({ from, body, id, delay }: Message): void {
    if (from === undefined || body === undefined) return
    const line = { id: id ?? crypto.randomUUID(), mine: false, text: body, at: delay?.timestamp ?? new Date(), failed: false }
    this.#store.update((board) => said(board, bareOf(from), line))
  }
  /** A message sent by another of our devices (XEP-0280). */
  #saidElsewhere({ to, body, id, delay }: Message): void {
    if (to === undefined || body === undefined) return
    const line = { id: id ?? crypto.randomUUID(), mine: true, text: body, at: delay?.timestamp ?? new Date(), failed: false }
    this.#store.update((board) => said(board, bareOf(to), line))
  }
  /** A request to a contact came back with an error. */
  #notDone(jid: string, why: string): void {
    this.#store.update((board) => refused(board, jid, sentence(`What you asked of ${jid} did not reach them: ${why}`)))
  }
  /** The connection is lost, and with it all stanzas that were not acknowledged. */
  #notSent(kind: string, { to, id, type }: Omit<Message, 'type'> & { readonly type?: string }): void {
    if (to === undefined) return
    if (kind === 'message' && this.rooms.takesFailure(bareOf(to), id, 'the connection was lost')) return
    if (kind === 'message' && id !== undefined) this.#store.update((board) => lineFailed(board, bareOf(to), id))
    if (kind === 'presence' && type !== undefined) this.#notDone(bareOf(to), 'the connection was lost')
  }
  #refused(words: string): void {
    const client = this.#client
    this.#client = this.#login = null
    this.rooms.end()
    void client?.disconnect()
    this.#store.update(() => ({ ...SIGNED_OUT, trouble: words }))
  }
  #ended(condition: string, why: string): void {
    if (this.#store.value.phase === 'signing-in') return this.#refused(sentence(`The server refuses: ${why}`))
    if (FINAL.has(condition)) return this.#refused(sentence(`The server has ended your session: ${why}`))
    this.#change({ trouble: sentence(`The server has closed the connection: ${why}`) })
  }
  #disconnected(client: Agent): void {
    if (client !== this.#client) return
    if (this.#store.value.phase === 'signing-in') return this.#refused('The server cannot be reached.')
    this.#change({ phase: 'reconnecting' })
  }

  async #befriend(jid: string): Promise<void> {
    await this.add(jid, null, [])
    this.approve(jid)
  }
  async #visible(client: Agent, visible: boolean): Promise<boolean> {
    // Not the library's goInvisible(): it misspells the payload's name, and sends none
    const visibility = visible ? { type: 'visible' } : { type: 'invisible', probe: true }
    return this.#attempt(client.sendIQ({ type: 'set', visibility } as IQ), 'Your visibility could not be changed')
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
  if (denial === null) return 'The server and this page know no common way of logging in.'
  if (denial.condition === 'credentials-expired') return 'Please sign in again.'
  if (denial.condition === 'not-authorized') return 'The address or the password is wrong.'
  return sentence(`You cannot sign in: ${denial.text ?? denial.condition.replaceAll('-', ' ')}`)
}

/** Null if the address is invalid. */
function clientFor(config: AgentConfig): Agent | null {
  try {
    return createClient(config)
  } catch {
    return null
  }
}
