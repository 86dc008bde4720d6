/**
 * Conversations with people: what is said, corrected and taken back; how far a message has come, never more than is known; and who is
 * writing. Nothing beside the messages themselves is told to anybody who may not see the person's presence.
 */
import type { Agent } from 'stanza'
import type { Message } from 'stanza/protocol'
import { done, isLookedAt, ownLine, said, writing, type Board } from '../model/board.ts'
import { failed, marked, plainLine, type ChatLine } from '../model/chat-lines.ts'
import type { Deed } from '../model/deeds.ts'
import { seesUs } from '../model/roster.ts'
import type { Store } from '../model/store.ts'
import { deedIn, lineIn, type Origin } from './chat-stanzas.ts'
import { bareOf, fileLinks } from './stanzas.ts'
import { keepTelling, keptTelling, type Telling } from './telling.ts'

/** XEP-0085 5.2: who has not written for so long has paused. */
const PAUSE_MS = 10_000
/** For clients that do not know retractions (XEP-0424). */
const TAKEN_BACK = 'I take back what I said before. Your client does not know how to hide it.'
const ASKS = { receipt: { type: 'request' }, marker: { type: 'markable' } } as unknown as Pick<Message, 'receipt' | 'marker'>

/** We have told somebody that we are writing. */
interface Writing {
  readonly jid: string
  readonly pause: ReturnType<typeof setTimeout>
}

export class Chats {
  readonly #store: Store<Board>
  #client: Agent | null = null
  /** Does the other client know XEP-0085? Only what it has sent last says so (5.1). */
  #knowsStates = new Map<string, boolean>()
  #writing: Writing | null = null
  /** What was typed and not sent yet, by the contact or the room. */
  readonly drafts = new Map<string, string>()

  constructor(store: Store<Board>) {
    this.#store = store
  }
  use(client: Agent): void {
    this.#client = client
    this.#knowsStates = new Map()
    this.#writing = null
    client.on('message', (message) => this.#noticed(message))
    client.on(
      'message:sent',
      (message, isElsewhere) => isElsewhere && message.to !== undefined && this.#took(message.to, message, true),
    )
    client.on(
      'stanza:acked',
      ({ kind, stanza }) => kind === 'message' && this.#marks(stanza as Message, (line) => marked(line, 'sent')),
    )
  }
  /** The person leaves the page to others: what was typed and not sent is theirs. */
  signedOut(): void {
    this.drafts.clear()
    this.#endWriting()
  }
  telling(): Telling {
    return keptTelling()
  }
  tell(telling: Telling): void {
    keepTelling(telling)
    if (!telling.writing) this.stops()
  }

  /** @param isFile is the text the address of a file? */
  say(jid: string, text: string, isFile = false): void {
    const id = this.#send(jid, { body: text, ...fileLinks(text, isFile) })
    this.#store.update((board) => said(board, jid, plainLine({ id, archiveId: null, mine: true, text, isFile, at: new Date() })))
  }
  correct(jid: string, { id: target }: ChatLine, text: string): void {
    const id = this.#send(jid, { body: text, replace: target })
    this.#do(jid, { kind: 'correction', id, archiveId: null, target, mine: true, text, at: new Date() })
  }
  takeBack(jid: string, { id: target }: ChatLine): void {
    this.#client!.sendMessage({ to: jid, type: 'chat', body: TAKEN_BACK, retracts: target })
    this.#do(jid, { kind: 'retraction', target, mine: true, at: new Date() })
  }
  #send(jid: string, content: Partial<Message>): string {
    this.#endWriting()
    const chatState =
      this.#mayTell(jid, 'writing') && this.#knowsStates.get(jid) !== false ? { chatState: 'active' as const } : {}
    return this.#client!.sendMessage({ to: jid, type: 'chat', ...content, ...chatState, ...ASKS })
  }

  /** The person types. It is told to a client that understands it. */
  writes(jid: string): void {
    if (this.#knowsStates.get(jid) !== true || !this.#mayTell(jid, 'writing')) return
    const isTold = this.#writing?.jid === jid
    this.#endWriting()
    if (!isTold) this.#client!.sendMessage({ to: jid, type: 'chat', chatState: 'composing' })
    this.#writing = { jid, pause: setTimeout(() => this.stops(), PAUSE_MS) }
  }
  /** The person does not type any more, and has sent nothing. */
  stops(): void {
    const jid = this.#writing?.jid
    this.#endWriting()
    if (jid !== undefined && this.#store.value.phase === 'online')
      this.#client!.sendMessage({ to: jid, type: 'chat', chatState: 'paused' })
  }
  #endWriting(): void {
    if (this.#writing !== null) clearTimeout(this.#writing.pause)
    this.#writing = null
  }
  /** A message was on the screen (XEP-0333). */
  displayed(jid: string, { id, isMarkable }: ChatLine): void {
    if (isMarkable && this.#mayTell(jid, 'reading'))
      this.#client!.sendMessage({ to: jid, type: 'chat', marker: { type: 'displayed', id } })
  }
  /** Somebody who may not see our presence learns nothing about it, and nobody does while we are invisible. */
  #mayTell(jid: string, what: keyof Telling): boolean {
    const { roster, own } = this.#store.value
    const contact = roster.get(jid)
    return contact !== undefined && seesUs(contact) && !own.invisible && this.telling()[what]
  }

  /** A message with a text. */
  heard(message: Message): void {
    if (message.from === undefined) return
    const jid = bareOf(message.from)
    this.#took(message.from, message, false)
    const isAsked = message.receipt?.type === 'request' && message.id !== undefined
    // What is on the screen is told as read, and has arrived with that; but a correction is no new message
    const isNew = message.marker?.type === 'markable' && message.replace === undefined
    const isRead = isNew && isLookedAt(this.#store.value, jid)
    if (isAsked && !isRead && this.#mayTell(jid, 'reading'))
      this.#client!.sendMessage({ to: message.from, type: 'chat', receipt: { type: 'received', id: message.id! } })
  }
  undelivered(from: string, id: string | undefined): void {
    if (id !== undefined) this.#store.update((board) => ownLine(board, bareOf(from), id, failed))
  }
  /** A message without a text: who is writing, marks and reactions. */
  #noticed(message: Message): void {
    const { type, from, body, carbon } = message
    if (from === undefined || carbon !== undefined || type === 'error' || type === 'groupchat') return
    const jid = bareOf(from)
    if (this.#store.value.rooms.has(jid)) return
    if (message.delay === undefined) this.#hearState(jid, message)
    if (body === undefined && jid !== bareOf(this.#client!.jid)) this.#took(from, message, false)
  }
  #hearState(jid: string, { chatState, body }: Message): void {
    if (chatState === undefined && body === undefined) return
    this.#knowsStates.set(jid, chatState !== undefined)
    this.#store.update((board) => writing(board, jid, chatState === 'composing' ? new Date() : null))
  }
  #took(peer: string, message: Message, mine: boolean): void {
    const own = bareOf(this.#client!.jid)
    const archiveId = message.stanzaIds?.find(({ by }) => by === own)?.id ?? null
    const origin: Origin = { mine, archiveId, at: message.delay?.timestamp ?? new Date() }
    const deed = deedIn(message, origin)
    if (deed !== null) return this.#do(bareOf(peer), deed)
    const line = lineIn(message, origin)
    if (line !== null) this.#store.update((board) => said(board, bareOf(peer), line))
  }
  #do(jid: string, deed: Deed): void {
    this.#store.update((board) => done(board, jid, deed))
  }
  #marks({ to, id }: Message, change: (line: ChatLine) => ChatLine): void {
    if (to !== undefined && id !== undefined) this.#store.update((board) => ownLine(board, bareOf(to), id, change))
  }
}
