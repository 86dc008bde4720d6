/** The face of rooms in XMPP: what a room tells becomes stanzas, in the order of the tells. */
import type { Clock, Millis } from '../../base/clock.ts'
import type { Counter } from '../../base/metrics.ts'
import { occupantOfSession, type Room } from '../../rooms/machine/room.ts'
import type { Cause, HistoryAsk, Tell } from '../../rooms/machine/tells.ts'
import { wire, type Wire } from '../../xml/wire.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { mayHear } from '../../rooms/machine/audience.ts'
import type { LabelledRooms } from '../../rooms/labelled-rooms.ts'
import { sessionOf } from '../../rooms/machine/occupants.ts'
import { answerTo, currentVersion, mayAsk, stepOf } from './affiliation-versions.ts'
import { Arrivals, type Arrival, type ArrivalsParts } from './arrivals.ts'
import { OccupantTexts } from './occupant-texts.ts'
import type { Entry } from '../../rooms/log.ts'
import type { Face } from '../../rooms/face.ts'
import type { RoomLog } from '../../rooms/room-log.ts'
import { shutdownOf } from './farewells.ts'
import { historyFor } from './history.ts'
import { LateNews } from './late-news.ts'
import type { News } from './news.ts'
import type { Missed, MissedByOne } from './missed.ts'
import type { Notices } from './notices.ts'
import { XMPP } from './ns.ts'
import { isSaying, liveMessage, subjectMessage } from './said.ts'
import { MessageTelling } from './telling-messages.ts'
import { PresenceTelling } from './telling-presence.ts'

export interface XmppFaceParts {
  readonly clock: Clock
  /** Counts what occupants are sent. */
  readonly sent: Counter
  /** The packet has an address. Its failure concerns nobody. */
  readonly send: (packet: Packet) => void
  readonly nextId: () => Wire
  /** More presences of a room in a second wait for a moment (ROOM-152); 0: they never do. */
  readonly rushAbove: number
  readonly roomLog: RoomLog
  readonly notices: Notices
  /** Null: nothing is judged by security labels. */
  readonly labels: LabelledRooms | null
  /** Does a job of very many steps, so that nobody else waits for long. */
  readonly inPortions: (job: Iterator<unknown>) => void
  readonly pour: ArrivalsParts['pour']
  readonly lose: ArrivalsParts['lose']
  /** What clients elsewhere could not be told. */
  readonly missed: Missed
}

/** How long texts are kept at most, so that those who enter soon afterwards are shown the same ones. */
const WARM_MS: Millis = 5000

/** The parts that send the stanzas of one room. */
interface Voice {
  readonly texts: OccupantTexts
  readonly arrivals: Arrivals
  readonly presence: PresenceTelling
  readonly messages: MessageTelling
  readonly late: LateNews
  /** The full JIDs of sessions that another face serves: they are sent nothing. */
  readonly others: Set<string>
  /** Stanzas. */
  sent: number
}

export class XmppFace implements Face {
  readonly name = XMPP
  readonly #parts: XmppFaceParts
  readonly #voices = new WeakMap<Room, Voice>()
  /** The `id` of the presence by which a session is entering, by its full JID. */
  readonly #entering = new Map<string, Wire>()
  /** Voices that have made texts lately. */
  readonly #warm = new Set<Voice>()
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
    if (tell.tell === 'entered' && tell.session.face !== XMPP) return void voice.others.add(tell.session.jid.full)
    if (tell.tell === 'entered') return this.#entered(room, voice, tell)
    if (tell.tell !== 'answered') this.#sayInTurn(room, voice, tell, entries)
    if (tell.tell === 'out' && voice.others.size > 0) for (const { jid } of tell.sessions) voice.others.delete(jid.full)
  }
  #sayInTurn(room: Room, voice: Voice, tell: Said, entries: readonly Entry[]): void {
    const isForOneself = tell.tell === 'out' && tell.to === 'self'
    if (isForOneself || tell.tell === 'member') return this.#say(room, voice, tell, entries)
    if (!voice.late.holds(tell)) {
      voice.late.catchUp()
      this.#say(room, voice, tell, entries)
    } else if (tell.tell === 'update') this.#say(room, voice, { ...tell, to: 'self' }, entries)
  }
  /** Before anybody is sent something that the room does not say itself. */
  catchUp(room: Room): void {
    this.#voices.get(room)?.late.catchUp()
  }
  #rest(): void {
    for (const { texts } of this.#warm) texts.rest()
    this.#warm.clear()
  }
  /** PSA-24: shows the occupants in doubt to a session that turns out to ask for annotations. */
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
    const voice = this.#voices.get(room) ?? this.#newVoice(room)
    if (this.#warm.size === 0) this.#parts.clock.after(WARM_MS, () => this.#rest())
    this.#warm.add(voice)
    return voice
  }
  #newVoice(room: Room): Voice {
    const { sent, nextId, notices } = this.#parts
    const others = new Set<string>()
    for (const { sessions } of room.occupants.values())
      for (const { jid, face } of sessions) if (face !== XMPP) others.add(jid.full)
    const send = (packet: Packet): void => {
      if (others.size > 0 && others.has(packet.to!.full)) return
      voice.sent += 1
      sent.value += 1
      this.#parts.send(packet)
    }
    const arrivals = new Arrivals({ ...this.#parts, room, send })
    const texts = new OccupantTexts(room.address)
    const parts = { room, texts, send: arrivals.send, nextId, notices }
    const [presence, messages] = [new PresenceTelling(parts), new MessageTelling(parts)]
    const { clock, rushAbove } = this.#parts
    const tellLate = (news: News): void => {
      if (!this.#isOver) presence.catchUp(news)
    }
    const late = new LateNews({ clock, room, rushAbove, tell: tellLate })
    const voice: Voice = { texts, arrivals, presence, messages, late, others, sent: 0 }
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
      case 'hats':
        return messages.reflectCodes([104])
      case 'configured':
        return messages.configured(tell)
      case 'affiliations':
        return messages.affiliations(tell, entries)
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
    if (!isSaying(entry)) return
    const message = liveMessage(room, entry, this.#parts.nextId)
    const { labels } = this.#parts
    if (labels === null || entry.kind === 'subject') return messages.reflect(message)
    const others = messages.reflectTo(message, (who) => mayHear(labels, who, entry.payload))
    if (others.length > 0)
      labels.leftOut(
        room.address,
        entry.payload,
        others.map(({ effective }) => effective.jid),
      )
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
    const reading = this.#parts.labels?.reading(room.address, arrival.to) ?? null
    const isFor = reading === null ? null : (entry: Entry): boolean => reading.mayRead(entry)
    const said = historyFor(this.#parts.roomLog, room, arrival.to.bare, history, isFor)
    if (!(said instanceof Promise)) return give(said)
    return said
      .finally(() => reading?.close())
      .then(give, (error: unknown) => {
        give([])
        throw error
      })
  }
}
type Entered = Extract<Tell, { tell: 'entered' }>
type Said = Exclude<Tell, { tell: 'answered' | 'entered' }>

/** The occupants as they are when their turn comes, with those that have entered meanwhile, and then the session itself. */
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
