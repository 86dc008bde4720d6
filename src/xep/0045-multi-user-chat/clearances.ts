/**
 * XEP-0258: when somebody's clearance changes, the rooms with a label in which they are look again who may be there (LAB-30). Changes
 * that come together are looked at together.
 */
import { SERVICE } from '../../rooms/machine/commands.ts'
import type { Room } from '../../rooms/machine/room.ts'
import type { Rooms } from '../../rooms/rooms.ts'
import type { Host } from '../../server/feature.ts'
import type { Clearances } from '../../server/labelling/clearances.ts'
import type { ClearanceChange } from '../../server/labelling/concerned.ts'
import type { Labels } from '../../server/labelling/labels.ts'

const PUT_OUT = { actor: SERVICE, command: { do: 'put-out-uncleared' }, create: null, answered: null } as const

export class ClearancesOfOccupants {
  readonly #rooms: Rooms
  readonly #log: Host['log']
  readonly #clearances: Clearances
  #changes: ClearanceChange[] = []

  constructor({ log, on }: Pick<Host, 'log' | 'on'>, { clearances }: Labels, rooms: Rooms) {
    this.#rooms = rooms
    this.#log = log
    this.#clearances = clearances
    on('clearances-changed', (change) => this.#note(change))
  }
  /** After a start, when the rooms are as they were: the policy may be another one. */
  lookAtAll(): void {
    this.#putOut(() => true)
  }

  #note(change: ClearanceChange): void {
    if (this.#changes.push(change) === 1) queueMicrotask(() => this.#look())
  }
  #look(): void {
    const changes = this.#changes
    this.#changes = []
    this.#putOut((room) => changes.some((change) => this.#concerns(room, change)))
  }
  #concerns({ occupants, nicksOf }: Room, { kind, subject }: ClearanceChange): boolean {
    if (kind === 'account') return nicksOf.has(subject)
    return occupants.values().some(({ effective: { jid } }) => this.#clearances.isAbout(kind, subject, jid))
  }
  #putOut(isConcerned: (room: Room) => boolean): void {
    const labelled = Array.from(this.#rooms.all(), ({ room }) => room).filter(({ facts }) => facts.config.label !== '')
    for (const { address } of labelled.filter(isConcerned))
      Promise.resolve(this.#rooms.perform({ address, ...PUT_OUT })).catch((error: unknown) =>
        this.#log.error({ err: error, room: address.bare }, 'Those who lost their clearance could not be put out of a room'),
      )
  }
}
