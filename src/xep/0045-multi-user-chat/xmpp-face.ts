/** The face of rooms in XMPP: what a room tells becomes stanzas, in the order of the tells. */
import type { Counter } from '../../base/metrics.ts'
import { occupantOfSession, type Room } from '../../rooms/machine/room.ts'
import type { Cause, HistoryAsk, Tell } from '../../rooms/machine/tells.ts'
import { wire, type Wire } from '../../xml/wire.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { sessionOf } from '../../rooms/machine/occupants.ts'
import { answerTo, currentVersion, mayAsk, stepOf } from './affiliation-versions.ts'
import { Arrivals, type Arrival, type ArrivalsParts } from './arrivals.ts'
import { OccupantTexts } from './occupant-texts.ts'
import type { Entry } from '../../rooms/log.ts'
import type { Face } from '../../rooms/face.ts'
import type { RoomLog } from '../../rooms/room-log.ts'
import { shutdownOf } from './farewells.ts'
import { historyFor } from './history.ts'
import type { Missed, MissedByOne } from './missed.ts'
import type { Notices } from './notices.ts'
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
  readonly notices: Notices
  /** Does a job of very many steps, so that nobody else waits for long. */
  readonly inPortions: (job: Iterator<unknown>) => void
  readonly pour: ArrivalsParts['pour']
  readonly lose: ArrivalsParts['lose']
  /** What clients elsewhere could not be told. */
  readonly missed: Missed
}

/** What speaks for one room. */
interface Voice {
  readonly arrivals: Arrivals
  readonly presence: PresenceTelling
  readonly messages: MessageTelling
  /** Stanzas. */
  sent: number
}

export class XmppFace implements Face {
  readonly #parts: XmppFaceParts
  readonly #voices = new WeakMap<Room, Voice>()
  /** The `id` of the presence by which a session is entering, by its full JID. */
  readonly #entering = new Map<string, Wire>()
  #isOver = false

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
    if (this.#isOver) return
    const voice = this.voiceOf(room)
    if (tell.tell === 'entered') return this.#entered(room, voice, tell)
    if (tell.tell !== 'answered') this.#say(room, voice, tell, entries)
  }
  /** PSA-24: to a session that has turned out to ask for annotations, those who are in doubt now. */
  showDoubts(room: Room, who: Jid): void {
    const viewer = occupantOfSession(room, who.full)
    if (viewer === undefined) return
    const { presence } = this.voiceOf(room)
    for (const occupant of room.occupants.values())
      if (occupant.doubts.length > 0) presence.showTo(viewer, sessionOf(viewer, who)!, occupant)
  }
  /** 11.2: the server stops. All who are in a room are told so, and nothing after it. */
  end(rooms: Iterable<Room>): void {
    this.#isOver = true
    for (const room of rooms) for (const packet of shutdownOf(room)) this.#parts.send(packet)
  }
  /** To a client that could not be told everything: what it has missed, and who is there. Called in the lane of the room. */
  showMissed(room: Room, { session: who, since, gone }: MissedByOne): void | Promise<void> {
    const occupant = occupantOfSession(room, who.full)
    if (occupant === undefined) return
    const session = sessionOf(occupant, who)!
    const voice = this.voiceOf(room)
    for (const [nick, packet] of gone) if (!room.occupants.has(nick)) voice.arrivals.send(packet)
    const history = { maxCharacters: null, maxStanzas: null, since }
    const again = {
      tell: 'entered',
      occupant,
      session,
      history,
      isNew: false,
      isRenamed: false,
      affiliationsSince: null,
      isAgain: true,
    } as const
    return this.#entered(room, voice, again)
  }
  voiceOf(room: Room): Voice {
    const known = this.#voices.get(room)
    if (known !== undefined) return known
    const { sent, nextId, notices } = this.#parts
    const send = (packet: Packet): void => {
      voice.sent += 1
      sent.value += 1
      this.#parts.send(packet)
    }
    const arrivals = new Arrivals({ ...this.#parts, room, send })
    const parts = { room, texts: new OccupantTexts(room.address), send: arrivals.send, nextId, notices }
    const voice: Voice = { arrivals, presence: new PresenceTelling(parts), messages: new MessageTelling(parts), sent: 0 }
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
        return presence.update(tell, stepIn(room, tell, entries))
      case 'renamed':
        return presence.renamed(tell)
      case 'out':
        return presence.out(tell, stepIn(room, tell, entries))
      case 'hidden':
        return presence.hidden(tell.occupant)
      case 'shown':
        return presence.shownAgain(tell.occupant)
      case 'sight':
        return presence.sight(tell)
      case 'heard':
        return presence.heard(tell)
      case 'quiet':
        return this.#quiet(room, presence, messages, tell)
      case 'unveiled':
        return this.#parts.inPortions(presence.unveiled())
      case 'ended':
        return presence.ended(tell)
      case 'doubt':
        return presence.doubt(tell)
      case 'card':
        return messages.reflectCodes([104])
      case 'configured':
        return messages.configured(tell)
      case 'affiliation':
        return messages.affiliation(tell, stepOf(room, entries, tell.entry))
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
  /** ROOM-153: it is announced like any change of the configuration. */
  #quiet(room: Room, presence: PresenceTelling, messages: MessageTelling, { before }: Extract<Tell, { tell: 'quiet' }>): void {
    messages.reflectCodes([104])
    if (room.facts.quietFrom === null) this.#parts.inPortions(presence.reveal(before))
  }
  #reflect(room: Room, messages: MessageTelling, entry: Entry): void {
    if (isSaying(entry)) messages.reflect(liveMessage(room, entry, this.#parts.nextId))
  }

  /** ROOM-53: the others, then oneself, then what was said, then the subject. The room does not wait for the client. */
  #entered(room: Room, { arrivals, presence }: Voice, tell: Entered): void | Promise<void> {
    const { session, occupant, history } = tell
    this.#parts.missed.take(room.address, session.jid)
    const id = this.#entering.get(session.jid.full) ?? null
    const arrival = arrivals.begin(session.jid, occupant.nick)
    const list = (messages: readonly Packet[]): void => {
      arrivals.give(arrival, given(arrivals, arrival, messages))
      arrivals.give(arrival, listed(room, presence, arrival, codesFor(room, tell), id, tell.affiliationsSince !== null))
    }
    if (tell.affiliationsSince === null) list([])
    else {
      const answer = answerTo(room, this.#parts.roomLog, occupant, tell.affiliationsSince)
      return answer.then(list).then(() => this.#tellPast(room, arrivals, arrival, history))
    }
    return this.#tellPast(room, arrivals, arrival, history)
  }
  #tellPast(room: Room, arrivals: Arrivals, arrival: Arrival, history: HistoryAsk | null): void | Promise<void> {
    const give = (messages: readonly Packet[]): void => arrivals.give(arrival, past(room, arrivals, arrival, messages))
    const said = historyFor(this.#parts.roomLog, room, history)
    if (!(said instanceof Promise)) return give(said)
    return said.then(give, (error: unknown) => {
      give([])
      throw error
    })
  }
}
type Entered = Extract<Tell, { tell: 'entered' }>
type Said = Exclude<Tell, { tell: 'answered' | 'entered' }>

/** The occupants as they are when their turn comes, also those who have come meanwhile, and then the session itself. */
function* listed(
  room: Room,
  presence: PresenceTelling,
  arrival: Arrival,
  codes: readonly number[],
  id: Wire | null,
  withVersion: boolean,
): Generator<void, void> {
  const { to, waiting } = arrival
  for (const occupant of room.occupants.values()) {
    if (waiting.hasPassed(occupant.nick)) continue
    const viewer = occupantOfSession(room, to.full)
    if (viewer === undefined) return
    const isShown = presence.showTo(viewer, sessionOf(viewer, to)!, occupant)
    waiting.pass(occupant.nick, isShown)
    if (isShown) yield
  }
  arrival.isListed = true
  const self = occupantOfSession(room, to.full)
  const version = withVersion && self !== undefined && mayAsk(room, self) ? currentVersion(room) : wire('')
  if (self !== undefined) presence.showSelf(self, sessionOf(self, to)!, codes, id, version)
}
function* given(arrivals: Arrivals, arrival: Arrival, messages: readonly Packet[]): Generator<void, void> {
  for (const message of messages) {
    arrivals.send(message.addressedTo(arrival.to))
    yield
  }
}
function* past(room: Room, arrivals: Arrivals, arrival: Arrival, messages: readonly Packet[]): Generator<void, void> {
  yield* given(arrivals, arrival, messages)
  arrivals.send(subjectMessage(room).addressedTo(arrival.to))
  yield* arrivals.rest(arrival)
}

/** XEP-0463: from which version of the affiliations to which this leads; nothing if it changes none. */
function stepIn(room: Room, { cause }: { readonly cause: Cause | null }, entries: readonly Entry[]): Wire {
  return cause?.entry === undefined ? wire('') : stepOf(room, entries, cause.entry)
}

/** ROOM-54 */
function codesFor({ facts }: Room, { isNew, isRenamed }: Entered): readonly number[] {
  const codes: number[] = []
  if (facts.config.whois === 'anyone') codes.push(100)
  if (facts.config.publicLog) codes.push(170)
  if (isNew) codes.push(201)
  if (isRenamed) codes.push(210)
  return codes
}
