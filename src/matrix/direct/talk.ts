/** One conversation of a user (MXR-90): what is kept of it, and its room while a Matrix client looks at it. */
import type { Entry } from '../../rooms/log.ts'
import { EVERYTHING } from '../../rooms/room-log.ts'
import type { KeptMessage } from '../../server/account-archive.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { idOfState } from '../ids/event-id.ts'
import { AwakeRoom } from '../rooms/awake-room.ts'
import type { Backing } from '../rooms/backing.ts'
import { MARKERS } from '../rooms/marking-text.ts'
import type { Names } from '../rooms/names.ts'
import { stateKey } from '../rooms/picture.ts'
import { Receipts, type Receipt } from '../rooms/receipts.ts'
import { MEMBER } from '../rooms/states.ts'
import { Typing } from '../rooms/typing.ts'
import { Visits } from '../rooms/visits.ts'
import type { TalkLog } from './log.ts'
import { setPart } from './as-room.ts'
import type { TalkRow } from './store.ts'

/** Of the conversation, in memory when its room awakes. */
const TAIL = 50

export interface TalkParts {
  readonly owner: Jid
  readonly peer: Jid
  readonly row: TalkRow
  readonly names: Names
  readonly log: TalkLog
  readonly backing: (talk: Talk) => Backing
  readonly nextStream: () => number
  readonly receipts: () => Promise<readonly Receipt[]>
  /** What the user is called, and what the user calls the other one. */
  readonly nicks: () => Promise<readonly [mine: string, theirs: string]>
  /** Somebody has read up to the entry with that id. */
  readonly displayed: (awake: AwakeRoom, by: string, id: string) => void
}

export class Talk {
  row: TalkRow
  /** Null: no client looks at it. */
  awake: AwakeRoom | null = null
  readonly #parts: TalkParts
  #waking: Promise<AwakeRoom> | null = null
  /** What is stored while the room awakes. */
  #meanwhile: KeptMessage[] = []
  #nicks: readonly [mine: string, theirs: string]

  constructor(parts: TalkParts) {
    this.#parts = parts
    this.row = parts.row
    this.#nicks = [parts.owner.local, parts.peer.local || parts.peer.domain]
  }
  get owner(): Jid {
    return this.#parts.owner
  }
  get peer(): Jid {
    return this.#parts.peer
  }
  get names(): Names {
    return this.#parts.names
  }
  get log(): TalkLog {
    return this.#parts.log
  }
  /** The number in the stream of the newest that clients are told. */
  get newest(): number {
    const { newest, mine_at: mine, theirs_at: theirs } = this.row
    return Math.max(newest, mine, theirs, this.awake?.newest ?? 0)
  }
  /** Clients are told something that has this number, also when the room has slept. */
  raise(stream: number): void {
    this.row = { ...this.row, newest: Math.max(this.row.newest, stream) }
  }
  /** Its room, awake. */
  async open(): Promise<AwakeRoom> {
    return this.awake ?? (this.#waking ??= this.#wake().finally(() => (this.#waking = null)))
  }
  async #wake(): Promise<AwakeRoom> {
    const { names, log, backing, nextStream, receipts, nicks } = this.#parts
    this.#meanwhile = []
    // What was issued before this is on disk when it has been read
    await log.at(0)
    const [last, read, called] = await Promise.all([log.page(EVERYTHING, TAIL, 'last'), receipts(), nicks()])
    this.#nicks = called
    const visits = new Visits({ uid: names.room.uid, nextStream, keep() {}, drop() {} })
    const typing = new Typing(nextStream, this.row.newest)
    const awake = new AwakeRoom(names, { backing: backing(this), visits, typing, receipts: new Receipts(read) })
    names.room.lastSeq = last.entries.at(-1)?.seq ?? 0
    awake.fill([], last.entries, last.isAll)
    this.awake = awake
    this.belongs()
    for (const message of this.#meanwhile) await this.stored(message)
    for (const entry of last.entries) await this.#marked(awake, entry)
    return awake
  }
  /** @returns false: its room is just awaking, and is needed */
  sleep(): boolean {
    if (this.#waking !== null) return false
    this.awake = null
    return true
  }
  /** Something was stored. */
  async stored(message: KeptMessage): Promise<void> {
    const { awake } = this
    if (awake === null) return void (this.#waking !== null && this.#meanwhile.push(message))
    if (message.seq <= awake.room.lastSeq) return
    const [entry] = await this.#parts.log.entriesOf([message], awake.tail)
    awake.room.lastSeq = message.seq
    awake.logged([entry!])
    awake.typing.set(entry!.by!, 0, message.at)
    await this.#marked(awake, entry!)
  }
  /** XEP-0333: a marker names what was read by the id that its author has given. */
  async #marked(awake: AwakeRoom, entry: Entry): Promise<void> {
    const isMarker = entry.kind === 'message' && entry.payload.text.includes(MARKERS)
    const id = isMarker ? entry.payload.child('displayed', MARKERS)?.attr('id') : undefined
    const read = id === undefined ? null : await this.#parts.log.named(id)
    if (read !== null) this.#parts.displayed(awake, entry.by!, read.id)
  }
  /** The room is told who belongs to it. */
  belongs(): void {
    const { awake, row, owner, peer } = this
    if (awake === null) return
    const { mine, mine_at, mine_place, theirs, theirs_at, reason } = row
    const [me, them] = [owner.bare, peer.bare]
    setPart(awake.room, me, mine, this.#nicks[0], me)
    setPart(awake.room, them, theirs, this.#nicks[1], them)
    this.#source(awake, me, mine_at, mine === 'invite' ? them : me, mine, reason)
    this.#source(awake, them, theirs_at, theirs === 'invite' ? me : them, theirs, '')
    if (mine === 'join') awake.joins.set(me, { seq: 0, stream: mine_at })
    else awake.joins.delete(me)
    if (mine === 'leave') awake.parts.set(me, { seq: mine_place, stream: mine_at })
    else awake.parts.delete(me)
  }
  #source(awake: AwakeRoom, bare: string, stream: number, by: string, part: string, reason: string): void {
    const { room, visits } = awake
    const eventId = idOfState(room, MEMBER, bare, `${part} ${stream}`)
    awake.sources.set(stateKey(MEMBER, bare), {
      eventId,
      by,
      veiled: false,
      wasOpen: true,
      at: this.row.began_at,
      seq: 0,
      stream,
      reason,
    })
    visits.note(bare, stream)
  }
}
