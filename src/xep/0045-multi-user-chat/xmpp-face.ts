/** The face of rooms in XMPP: what a room tells becomes stanzas, in the order of the tells. */
import type { Counter } from '../../base/metrics.ts'
import { occupantOfSession, type Room } from '../../rooms/machine/room.ts'
import type { Tell } from '../../rooms/machine/tells.ts'
import type { Wire } from '../../xml/wire.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { OccupantTexts } from './occupant-texts.ts'
import type { Entry } from '../../rooms/log.ts'
import type { Face } from '../../rooms/face.ts'
import type { RoomLog } from '../../rooms/room-log.ts'
import { historyFor } from './history.ts'
import { after } from './orders.ts'
import { isSaying, liveMessage, subjectMessage } from './said.ts'
import { MessageTelling } from './telling-messages.ts'
import { PresenceTelling } from './telling-presence.ts'

export interface XmppFaceParts {
  /** Counts what occupants are sent. */
  readonly sent: Counter
  /** The packet has an address. Its failure concerns nobody. */
  readonly send: (packet: Packet) => void
  readonly nextId: () => Wire
  readonly roomLog: RoomLog
}

/** What speaks for one room. */
interface Voice {
  readonly presence: PresenceTelling
  readonly messages: MessageTelling
  readonly send: (packet: Packet) => void
  /** Stanzas. */
  sent: number
}

export class XmppFace implements Face {
  readonly #parts: XmppFaceParts
  readonly #voices = new WeakMap<Room, Voice>()
  /** The `id` of the presence by which a session is entering, by its full JID. */
  readonly #entering = new Map<string, Wire>()

  constructor(parts: XmppFaceParts) {
    this.#parts = parts
  }
  /** Remembers the id of a presence that enters, until `work` is done: the room answers with it (7.2.2). */
  readonly reflecting = <T>(full: string, id: Wire | null, work: () => T | Promise<T>): T | Promise<T> => {
    if (id === null) return work()
    this.#entering.set(full, id)
    const forget = (): void => void this.#entering.delete(full)
    const done = work()
    if (done instanceof Promise) return done.finally(forget)
    forget()
    return done
  }

  tell(room: Room, tell: Tell, entries: readonly Entry[]): void | Promise<void> {
    const voice = this.voiceOf(room)
    if (tell.tell === 'entered') return this.#entered(room, voice, tell)
    if (tell.tell !== 'answered') this.#say(room, voice, tell, entries)
  }
  /** PSA-24: to a session that has turned out to ask for annotations, those who are in doubt now. */
  showDoubts(room: Room, who: Jid): void {
    const viewer = occupantOfSession(room, who.full)
    const session = viewer?.sessions.find(({ jid }) => jid.full === who.full)
    if (viewer === undefined || session === undefined) return
    const doubted = [...room.occupants.values()].filter(({ doubts }) => doubts.length > 0)
    this.voiceOf(room).presence.showTo(viewer, session, doubted)
  }
  voiceOf(room: Room): Voice {
    const known = this.#voices.get(room)
    if (known !== undefined) return known
    const { sent, nextId } = this.#parts
    const send = (packet: Packet): void => {
      voice.sent += 1
      sent.value += 1
      this.#parts.send(packet)
    }
    const parts = { room, texts: new OccupantTexts(room.address), send, nextId }
    const voice: Voice = { presence: new PresenceTelling(parts), messages: new MessageTelling(parts), send, sent: 0 }
    this.#voices.set(room, voice)
    return voice
  }

  /** How many stanzas people were sent by the room since it came into memory. */
  sentBy(room: Room): number {
    return this.#voices.get(room)?.sent ?? 0
  }

  #say(room: Room, { presence, messages }: Voice, tell: Said, entries: readonly Entry[]): void {
    switch (tell.tell) {
      case 'in':
        return presence.showToOthers(tell.occupant)
      case 'update':
        return presence.update(tell)
      case 'renamed':
        return presence.renamed(tell)
      case 'out':
        return presence.out(tell)
      case 'hidden':
        return presence.hidden(tell.occupant)
      case 'shown':
        return presence.shownAgain(tell.occupant)
      case 'sight':
        return presence.sight(tell)
      case 'unveiled':
        return presence.unveiled()
      case 'ended':
        return presence.ended(tell)
      case 'doubt':
        return presence.doubt(tell)
      case 'configured':
        return messages.configured(tell)
      case 'affiliation':
        return messages.affiliation(tell)
      case 'invited':
        return messages.invited(tell)
      case 'declined':
        return messages.declined(tell)
      case 'asked':
        return messages.asked(tell)
      case 'member':
        return
      case 'log':
        return this.#reflect(room, messages, entries[tell.entry]!)
    }
  }
  #reflect(room: Room, messages: MessageTelling, entry: Entry): void {
    if (isSaying(entry)) messages.reflect(liveMessage(room, entry, this.#parts.nextId))
  }

  /** ROOM-53: the others, then oneself, then what was said, then the subject. */
  #entered(room: Room, { presence, send }: Voice, tell: Extract<Tell, { tell: 'entered' }>): void | Promise<void> {
    const { occupant, session, history } = tell
    presence.showTo(occupant, session, room.occupants.values())
    presence.showSelf(occupant, session, codesFor(room, tell), this.#entering.get(session.jid.full) ?? null)
    const past = historyFor(this.#parts.roomLog, room, history)
    return after(past, (messages) => this.#tellPast(room, session.jid, messages, send))
  }
  #tellPast(room: Room, to: Jid, messages: readonly Packet[], send: Voice['send']): void {
    for (const message of messages) send(message.addressedTo(to))
    send(subjectMessage(room).addressedTo(to))
  }
}
type Said = Exclude<Tell, { tell: 'answered' | 'entered' }>

/** ROOM-54 */
function codesFor({ facts }: Room, { isNew, isRenamed }: Extract<Tell, { tell: 'entered' }>): readonly number[] {
  const codes: number[] = []
  if (facts.config.whois === 'anyone') codes.push(100)
  if (facts.config.publicLog) codes.push(170)
  if (isNew) codes.push(201)
  if (isRenamed) codes.push(210)
  return codes
}
