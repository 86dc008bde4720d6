/**
 * Whether clients of other servers are still in their rooms: the room asks them (ROOM-83, ROOM-137), some of one domain in each second.
 * A client that answers is there, whatever it answers, except with what a server says for a client that is gone.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import type { Host } from '../../server/feature.ts'
import { el, type Element } from '../../xml/element.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { errorIn } from '../../xmpp/stanza-error.ts'
import { GONE } from './lost-sessions.ts'
import { DISCO_INFO } from './room-info.ts'

export interface VerifyingParts {
  readonly host: Host
  /** The rooms of a domain that a session is in. */
  readonly roomsOf: (who: Jid, local: string) => readonly Jid[]
  readonly confirmed: (who: Jid, local: string) => void
  readonly gone: (who: Jid, local: string) => void
}
/** `until it answers`: after an outage. `once`: a client that does not answer stays. */
export type Insistence = 'until it answers' | 'once'

const PING = el('ping', 'urn:xmpp:ping')
const INFO = el('query', DISCO_INFO)
/** Questions to one domain in a second. */
const ASKED_A_SECOND = 20
const ANSWER_WITHIN_MS: Millis = 60_000
/** A server says this for a client that is gone (RFC 6121 8.5.3.2.3), and a client for a question that it does not know. */
const UNCLEAR = 'service-unavailable'

interface Question {
  readonly who: Jid
  /** The domain of the rooms. */
  readonly local: string
  readonly insistence: Insistence
}

export class Verifying {
  readonly #parts: VerifyingParts
  readonly #clock: Clock
  /** The sessions that are being asked, each with the domain of the rooms before it. */
  readonly #asked = new Set<string>()

  constructor(parts: VerifyingParts) {
    this.#parts = parts
    this.#clock = parts.host.clock
  }
  /** @param sessions of one domain */
  verify(sessions: readonly Jid[], local: string, insistence: Insistence): void {
    for (const [i, who] of sessions.entries())
      this.#clock.after(Math.floor(i / ASKED_A_SECOND) * 1000, () => this.#verify({ who, local, insistence }))
  }

  #verify(question: Question): void {
    if (this.#asked.has(keyOf(question))) return
    this.#asked.add(keyOf(question))
    this.#ask(question, PING)
  }
  #ask(question: Question, payload: Element): void {
    const { who, local } = question
    const room = this.#parts.roomsOf(who, local)[0]
    if (room === undefined) return void this.#asked.delete(keyOf(question))
    this.#parts.host.ask(room, who, payload, (answer) => this.#answered(question, payload, answer), ANSWER_WITHIN_MS)
  }
  /**
   * Where the answer may come from the server as well as from the client, a second question follows that every client in a room can
   * answer. While the link is lost the answer is one of our own: the session is asked when the link is mended.
   */
  #answered(question: Question, payload: Element, answer: Packet | null): void {
    const { who, local, insistence } = question
    const isUp = this.#parts.host.links.get(local, who.domain)?.state === 'up'
    const condition = answer === null ? '' : conditionOf(answer)
    if (isUp && answer === null && insistence === 'until it answers') return this.#ask(question, PING)
    if (isUp && condition === UNCLEAR && payload === PING) return this.#ask(question, INFO)
    this.#asked.delete(keyOf(question))
    if (!isUp || answer === null) return
    if (condition === UNCLEAR || GONE.has(condition)) this.#parts.gone(who, local)
    else this.#parts.confirmed(who, local)
  }
}

const keyOf = ({ who, local }: Question): string => `${local} ${who.full}`
const conditionOf = (answer: Packet): string => (answer.type === 'error' ? errorIn(answer).condition : '')
