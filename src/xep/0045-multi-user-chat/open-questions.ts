/**
 * IQs that a room has passed on and that nobody has answered yet, pure. Each is found by the id that the room gave it, and by the
 * sessions that it concerns, so that it is answered when one of them leaves.
 */
import type { Timer } from '../../base/clock.ts'
import type { Wire } from '../../xml/wire.ts'
import type { Jid } from '../../xmpp/jid.ts'

export interface Question {
  /** The id that the room gave it. */
  readonly ours: Wire
  /** The real address of the client that asked. */
  readonly asker: Jid
  /** The id that the client gave it. */
  readonly id: Wire | null
  /** The address in the room that was asked. */
  readonly asked: Jid
  /** The real address that was asked: of a client, or of an account. */
  readonly real: Jid
  readonly timer: Timer
}

export class OpenQuestions {
  readonly #max: number
  readonly #byId = new Map<Wire, Question>()
  /** By room and real full address of a session: the questions that it has asked or was asked. */
  readonly #bySession = new Map<string, Set<Question>>()

  constructor(max: number) {
    this.#max = max
  }
  /** How many sessions have an open question. */
  get sessions(): number {
    return this.#bySession.size
  }
  /** @returns the oldest question, which is open no longer, if there are too many; otherwise null */
  add(question: Question): Question | null {
    this.#byId.set(question.ours, question)
    for (const key of keysOf(question)) {
      const others = this.#bySession.get(key)
      if (others === undefined) this.#bySession.set(key, new Set([question]))
      else others.add(question)
    }
    return this.#byId.size > this.#max ? this.#close(this.#byId.values().next().value!) : null
  }
  /** The question with that id, if that address was asked; it is open no longer. Null: there is none. */
  take(ours: Wire, from: Jid): Question | null {
    const question = this.#byId.get(ours)
    return question === undefined || question.real.full !== from.full ? null : this.#close(question)
  }
  /** The questions of a session in a room; they are open no longer. */
  takeOf(room: Jid, session: Jid): readonly Question[] {
    return Array.from(this.#bySession.get(keyOf(room, session)) ?? [], (question) => this.#close(question))
  }

  #close(question: Question): Question {
    question.timer.cancel()
    this.#byId.delete(question.ours)
    for (const key of keysOf(question)) {
      const others = this.#bySession.get(key)
      others?.delete(question)
      if (others?.size === 0) this.#bySession.delete(key)
    }
    return question
  }
}

const keyOf = (room: Jid, session: Jid): string => `${room.bare} ${session.full}`
/** A question to an account does not depend on one of its clients. */
const keysOf = ({ asked, asker, real }: Question): readonly string[] =>
  [asker, real].filter(({ isBare }) => !isBare).map((session) => keyOf(asked, session))
