/** What this face asks of rooms, and what comes of it. */
import type { Actor, Command } from '../../rooms/machine/commands.ts'
import { refuse } from '../../rooms/machine/refusals.ts'
import type { Room } from '../../rooms/machine/room.ts'
import type { Outcome, Rooms } from '../../rooms/rooms.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { refused } from './refused.ts'

export type Done = Outcome | Promise<Outcome>

export class Orders {
  readonly #rooms: Rooms

  constructor(rooms: Rooms) {
    this.#rooms = rooms
  }
  /** @param answered called when the change is stored and the people that it is about are told, before the others; null: nobody waits */
  perform(address: Jid, actor: Actor, command: Command, answered: (() => void) | null = null): Done {
    return this.#rooms.perform({ address, actor, command, create: null, answered })
  }
  /** ROOM-60: a room that is not there is made, and waits for its configuration. */
  enter(address: Jid, actor: Actor, command: Command, mayCreate: boolean): Done {
    const create = mayCreate ? ({ do: 'create', locked: true, config: {} } as const) : null
    const outcome = this.#rooms.perform({ address, actor, command, create, answered: null })
    return mayCreate
      ? outcome
      : after(outcome, (refusal) => (refusal?.refuse === 'no-such-room' ? refuse('may-not-create') : refusal))
  }
  /** The room as it is, if it is there for that person; a promise if it is not in memory. */
  get(address: Jid, { bare }: Jid): Room | null | Promise<Room | null> {
    return after(this.#rooms.held(address) ?? this.#rooms.find(address), (room) => {
      // 10.1: before it is configured, it is there for its creator alone
      const owner = room?.facts.lockedFor?.owner ?? bare
      return owner === bare ? room : null
    })
  }
}

export function after<T, U>(value: T | Promise<T>, then: (value: T) => U | Promise<U>): U | Promise<U> {
  return value instanceof Promise ? value.then(then) : then(value)
}

/** @throws StanzaError the room refuses, at once or by the promise */
export function orThrow(done: Done, { to }: { readonly to: Jid | null }): void | Promise<void> {
  return after(done, (refusal) => {
    if (refusal !== null) throw refused(refusal, to!.bare)
  })
}
