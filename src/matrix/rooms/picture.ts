/**
 * What a room is at one of its positions, going back from what it is now: each entry of the log says what was before it, so the
 * state in front of a page is the present one without what came later (MXR-33, MXR-126). Pure, and it changes nothing in the room.
 */
import type { RoomConfig } from '../../rooms/machine/config.ts'
import { strangerOf } from '../../rooms/machine/plan.ts'
import type { Member, Room } from '../../rooms/machine/room.ts'
import { Layered } from '../../rooms/machine/tables.ts'
import type { Entry } from '../../rooms/log.ts'
import { topicIn } from './message-text.ts'

/** What the entries do not say themselves: what a subject, or a state of this face alone, was before. */
export type Earlier = ReadonlyMap<string, string | null>
/** The key in `Earlier`, and of a state among those of this face. */
export const stateKey = (type: string, key: string): string => `${type}\0${key}`
export const TOPIC = stateKey('m.room.topic', '')

export const FACE = 'matrix'

export class Picture {
  config: RoomConfig
  /** '' if there is none. */
  topic: string
  readonly members: Layered<string, Member>
  /** States of this face alone, as JSON, by type and key. */
  readonly face: Layered<string, string>
  /** What each of the entries that are undone had in front of it, by its id. */
  readonly #before = new Map<string, string | null>()

  constructor(room: Room, face: Map<string, string>) {
    this.config = room.facts.config
    this.topic = room.facts.subject === null ? '' : topicIn(room.facts.subject.payload)
    this.members = new Layered(room.members)
    this.face = new Layered(face)
  }
  /** Must be called before entries are undone. @param entries all of them, the oldest first */
  prepare(entries: readonly Entry[], earlier: Earlier): void {
    const last = new Map(earlier)
    for (const entry of entries) {
      const key = ownKeyOf(entry)
      if (key === null) continue
      this.#before.set(entry.id, last.get(key) ?? null)
      last.set(key, ownStateOf(entry))
    }
  }
  /** The newest entry that is not undone. */
  undo(entry: Entry): void {
    switch (entry.kind) {
      case 'config': {
        const old = Object.entries(entry.changes).map(([field, change]) => [field, (change as readonly unknown[])[0]])
        this.config = { ...this.config, ...(Object.fromEntries(old) as Partial<RoomConfig>) }
        return
      }
      case 'member': {
        const member = { ...(this.members.get(entry.of) ?? strangerOf(entry.of)), ...entry.before }
        return this.#put(member)
      }
      case 'role':
        return this.#put({ ...(this.members.get(entry.of) ?? strangerOf(entry.of)), role: entry.before })
      case 'subject':
        this.topic = this.#before.get(entry.id) ?? ''
        return
      case 'face':
        return this.#undoFace(entry)
    }
  }
  #put(member: Member): void {
    const { affiliation, nick, role, standing } = member
    const isNothing = affiliation === 'none' && nick === null && role === null && standing === null
    if (isNothing) this.members.delete(member.jid)
    else this.members.set(member.jid, member)
  }
  #undoFace(entry: Entry): void {
    const key = ownKeyOf(entry)
    if (key === null) return
    const before = this.#before.get(entry.id) ?? null
    if (before === null) this.face.delete(key)
    else this.face.set(key, before)
  }
}

/** The state that an entry sets without saying what it was before; null: none. */
export function ownKeyOf(entry: Entry): string | null {
  if (entry.kind === 'subject') return TOPIC
  return entry.kind === 'face' && entry.face === FACE && entry.key !== null ? stateKey(entry.type, entry.key) : null
}
export function ownStateOf(entry: Entry): string | null {
  if (entry.kind === 'subject') return topicIn(entry.payload)
  return entry.kind === 'face' ? entry.content : null
}
