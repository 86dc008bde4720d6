/** For the tests of this folder: a room with its log in memory, awake. */
import type { Entry } from '../../rooms/log.ts'
import { SERVICE, type Actor, type Command } from '../../rooms/machine/commands.ts'
import type { RoomConfig } from '../../rooms/machine/config.ts'
import { Scene } from '../../rooms/testing.ts'
import { AwakeRoom } from './awake-room.ts'
import type { Backing, LogReads } from './backing.ts'
import { MatrixRooms, type MatrixRoomsParts } from './matrix-rooms.ts'
import { Names } from './names.ts'
import { Receipts } from './receipts.ts'
import { Typing } from './typing.ts'
import { Visits } from './visits.ts'

const IDS = { domains: ['a.example'], ghostDomain: 'a.example' }
/** A scene whose entries are kept, and the face that follows it. */
export class AwakeScene {
  readonly scene: Scene
  readonly log: Entry[] = []
  readonly awake: AwakeRoom
  stream = 0
  readonly face: MatrixRooms

  constructor(config: Partial<RoomConfig> = {}) {
    this.scene = new Scene({ whois: 'anyone', ...config })
    const { room } = this.scene
    const nextStream = (): number => (this.stream += 1)
    const names = new Names({
      room,
      roomId: '!room:a.example',
      alias: '#den:a.example',
      creator: 'ann@a.example',
      domain: 'a.example',
      ids: IDS,
    })
    const moved = (bare: string): void => this.face.visited(room.uid, bare)
    const visits = new Visits({ uid: room.uid, nextStream, keep: ({ jid }) => moved(jid), drop: moved })
    this.awake = new AwakeRoom(names, {
      backing: this.#backing,
      visits,
      typing: new Typing(nextStream, 0),
      receipts: new Receipts(),
    })
    const parts = {
      clock: { now: () => this.scene.now, after: () => ({ cancel() {} }) },
      people: { logged() {} },
      quietAbove: 1000,
      wake() {},
      moved() {},
    }
    this.face = new MatrixRooms(parts as unknown as MatrixRoomsParts)
    this.face.put(this.awake)
  }
  /** @returns whether it was done */
  do(command: Command, by: string | Actor = SERVICE): boolean {
    this.scene.now += 1000
    const { room } = this.scene
    const before = room.lastSeq
    if (this.scene.do(command, by) !== null) return false
    const entries = this.scene.entries.map((draft, i): Entry => {
      const seq = before + i + 1
      const id = `entry${String(seq).padStart(17, '0')}`
      return { ...draft, id, seq, stream: (this.stream += 1), isRetracted: false, isKept: true }
    })
    this.log.push(...entries)
    if (entries.length > 0) this.face.logged(room, entries)
    for (const tell of this.scene.tells) this.face.tell(room, tell)
    return true
  }
  /** Of what is behind the room it reads the log, and nothing else. */
  get #backing(): Backing {
    return { log: this.#reads as LogReads } as Backing
  }
  get #reads(): Pick<LogReads, 'page' | 'statePage' | 'at' | 'stateAt' | 'byId' | 'about'> {
    const page: LogReads['page'] = (filter, limit, end) => {
      const { after, before, kinds } = filter
      const found = this.log.filter(
        ({ seq, kind }) =>
          (after === null || seq > after) && (before === null || seq < before) && (kinds === null || kinds.includes(kind)),
      )
      const entries = end === 'first' ? found.slice(0, limit) : found.slice(-limit)
      return Promise.resolve({ entries, isAll: entries.length < limit })
    }
    return {
      page,
      statePage: page,
      at: (stream) => Promise.resolve(this.log.findLast((entry) => entry.stream <= stream)?.seq ?? 0),
      stateAt: (kind, key, seq) =>
        Promise.resolve(this.log.findLast((e) => e.seq <= seq && e.kind === kind && isOf(e, key)) ?? null),
      byId: (id) => Promise.resolve(this.log.find((e) => e.id === id) ?? null),
      about: (target, kind) => Promise.resolve(this.log.filter((e) => e.kind === kind && 'target' in e && e.target === target)),
    }
  }
}
const isOf = (entry: Entry, key: string): boolean =>
  entry.kind === 'face' ? `${entry.face} ${entry.type} ${entry.key}` === key : key === ''
