/**
 * What a room tells its occupants of each other (XEP-0045 7.2, 7.6, 7.7, 7.14, 8, 9, 10.9): who has come, has changed, has
 * another nickname or is gone. One text for each class of receivers; `audience.ts` says who belongs to which.
 */
import type { Affiliation } from '../../rooms/machine/affiliation.ts'
import { receiversOf, seesAddressOf, sightOf } from '../../rooms/machine/audience.ts'
import { looksOther, looksOtherVeiled } from '../../rooms/machine/occupants.ts'
import type { Occupant, OccupantSession, Room, RoomFacts } from '../../rooms/machine/room.ts'
import type { Cause, Exit, Tell } from '../../rooms/machine/tells.ts'
import { wire, type Wire } from '../../xml/wire.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { audienceOf, type News } from './news.ts'
import { destroyElement, userElement, type Item, type OccupantTexts } from './occupant-texts.ts'

export interface TellingParts {
  readonly room: Room
  readonly texts: OccupantTexts
  /** The packet has an address. */
  readonly send: (packet: Packet) => void
}
type Of<K extends Tell['tell']> = Extract<Tell, { tell: K }>

/** 15.6.2. An occupant that has left by itself has no code. */
const EXIT_CODES: Readonly<Record<Exit, readonly number[]>> = {
  'left': [],
  'lost': [333],
  'kicked': [307],
  'banned': [301],
  'affiliation': [321],
  'members-only': [322],
}

export class PresenceTelling {
  readonly #room: Room
  readonly #texts: OccupantTexts
  readonly #send: (packet: Packet) => void

  constructor({ room, texts, send }: TellingParts) {
    this.#room = room
    this.#texts = texts
    this.#send = send
  }

  /** What has waited (ROOM-152). */
  catchUp(news: News): void {
    const { before, now, exit } = news
    const { knowing, others } = audienceOf(news, this.#room.occupants.values())
    if (exit !== null) return this.#endForOthers(now, toldBy(exit, NO_MORE), [...knowing, ...others])
    if (before !== null) this.#showChanged(before, now, knowing)
    this.showToOthers(now, others)
  }
  /** A new occupant, for the sessions that may see them. @param among those who are to be told at all */
  showToOthers(occupant: Occupant, among?: Iterable<Occupant>): void {
    const { address, veiled } = receiversOf(this.#room, occupant, among)
    this.#show(occupant, address, true)
    this.#show(occupant, veiled, false)
  }
  /** ROOM-56: where another client of theirs now stands for them, others are told if they can see a difference. */
  #showChanged(before: Occupant, after: Occupant, among?: Iterable<Occupant>): void {
    if (looksOtherVeiled(before, after)) return this.showToOthers(after, among)
    if (looksOther(before, after)) this.#show(after, receiversOf(this.#room, after, among).address, true)
  }
  #show(occupant: Occupant, to: readonly OccupantSession[], withAddress: boolean): void {
    const plain = this.#texts.presence(occupant, withAddress)
    if (occupant.doubts.length === 0) {
      for (const { jid } of to) this.#send(plain.addressedTo(jid))
      return
    }
    for (const { jid, wantsDoubts } of to)
      this.#send((wantsDoubts ? this.#texts.annotated(occupant, withAddress) : plain).addressedTo(jid))
  }
  /** Another occupant, for one session. @returns false: it may not see them, or they are its own nickname */
  showTo(viewer: Occupant, session: OccupantSession, occupant: Occupant): boolean {
    const sight = sightOf(this.#room.facts, viewer, occupant)
    if (sight === 'nothing' || sight === 'self') return false
    this.#show(occupant, [session], sight === 'address')
    return true
  }
  /** @param codes beside 110 @param more in the element of the room */
  showSelf(occupant: Occupant, session: OccupantSession, codes: readonly number[], id: Wire | null = null, more = NO_MORE): void {
    const packet = this.#texts.selfPresence(occupant, session, codes, more).addressedTo(session.jid)
    this.#send(id === null ? packet : packet.with({ id }))
  }

  /** @param step from which version of the affiliations to which this leads, for those who may see them (XEP-0463) */
  update({ before, after, to, cause, entering }: Of<'update'>, step: Wire): void {
    if (to !== 'others')
      for (const session of after.sessions) if (session.jid !== entering) this.#showOwnChange(after, session, cause, step)
    if (to === 'self') return
    if (before.role !== after.role) this.#hideFromOthers(before, after)
    if (cause === null) this.#showChanged(before, after)
    else this.#showChange(after, cause, step)
  }
  #showOwnChange(occupant: Occupant, session: OccupantSession, cause: Cause | null, step: Wire): void {
    if (cause === null) return this.showSelf(occupant, session, NO_CODES)
    const item = this.#itemOf(occupant, session.jid, cause, this.#seesActor(occupant, cause))
    this.#send(this.#texts.available(occupant, userElement(item, [110], step)).addressedTo(session.jid))
  }
  /** ROOM-31: with the actor and the reason. */
  #showChange(occupant: Occupant, cause: Cause, step: Wire): void {
    this.#toOthers(occupant, cause, (withAddress, seesActor) => {
      const item = this.#itemOf(occupant, withAddress ? occupant.effective.jid : null, cause, seesActor)
      return this.#texts.available(occupant, userElement(item, NO_CODES, withAddress ? step : NO_MORE))
    })
  }
  /** For sessions that may not see the occupant any longer, because of the new role (10.2: presence broadcast). */
  #hideFromOthers(before: Occupant, after: Occupant): void {
    const { facts, occupants } = this.#room
    for (const viewer of occupants.values()) {
      const [was, is] = [before, after].map((of) => sightOf(facts, viewer, of))
      if (is === 'nothing' && was !== 'nothing') this.#endFor(viewer, before, NOTHING_SAID)
    }
  }
  #itemOf({ affiliation, role }: Occupant, jid: Jid | null, cause: Cause | null, seesActor: boolean): Item {
    return { affiliation, role, jid, ...causeFor(cause, seesActor) }
  }
  /** Moderators and the actor see the address of the actor, or everybody in a non-anonymous room (ROOM-31). */
  #seesActor(viewer: Occupant, cause: Cause | null): boolean {
    return cause !== null && cause.by !== null && seesAddressOf(this.#room.facts, viewer, cause.by)
  }

  renamed({ before, after, joined, isRenamed }: Of<'renamed'>): void {
    const { affiliation, role } = before
    const goes = (jid: Jid | null, codes: readonly number[]): Packet =>
      this.#texts.unavailable(before, userElement({ affiliation, role, jid, nick: after.nick }, [303, ...codes]), null)
    for (const { jid } of before.sessions) this.#send(goes(jid, [110]).addressedTo(jid))
    for (const session of after.sessions) this.showSelf(after, session, isRenamed ? [210] : NO_CODES)
    const { address, veiled, self } = receiversOf(this.#room, after)
    const moved = new Set(before.sessions.map(({ jid }) => jid.full))
    const joinedBy = self.filter(({ jid }) => !moved.has(jid.full))
    const [known, unknown] = [goes(before.effective.jid, NO_CODES), goes(null, NO_CODES)]
    for (const { jid } of [...address, ...joinedBy]) this.#send(known.addressedTo(jid))
    for (const { jid } of veiled) this.#send(unknown.addressedTo(jid))
    if (joined === null || joined.effective !== after.effective || joined.arrival !== after.arrival) this.showToOthers(after)
  }

  /** @param step as in `update` */
  out(exit: Of<'out'>, step: Wire): void {
    const { occupant, sessions, to } = exit
    const told = toldBy(exit, step)
    if (to === 'others') return this.#endForOthers(occupant, told)
    const seesActor = this.#seesActor(occupant, exit.cause)
    for (const { jid } of sessions)
      this.#send(this.#gone(occupant, jid, { ...told, step: NO_MORE }, [110], seesActor).addressedTo(jid))
  }
  #endForOthers(occupant: Occupant, told: Told, among?: Iterable<Occupant>): void {
    const goneFor = (withAddress: boolean, seesActor: boolean): Packet =>
      this.#gone(occupant, withAddress ? occupant.effective.jid : null, told, NO_CODES, seesActor)
    this.#toOthers(occupant, told.cause, goneFor, among)
  }
  #endFor(viewer: Occupant, occupant: Occupant, told: Told): void {
    const packet = this.#gone(occupant, null, told, NO_CODES, this.#seesActor(viewer, told.cause))
    for (const { jid } of viewer.sessions) this.#send(packet.addressedTo(jid))
  }
  #gone(occupant: Occupant, jid: Jid | null, told: Told, codes: readonly number[], seesActor: boolean): Packet {
    const { affiliation = occupant.affiliation, cause, presence, step = NO_MORE } = told
    const item: Item = { affiliation, role: 'none', jid, ...causeFor(cause, seesActor) }
    return this.#texts.unavailable(
      occupant,
      userElement(item, [...told.codes, ...codes], jid === null ? NO_MORE : step),
      presence,
    )
  }
  /** @param make called at most once for each class of viewers (ROOM-150) */
  #toOthers(
    of: Occupant,
    cause: Cause | null,
    make: (withAddress: boolean, seesActor: boolean) => Packet,
    among: Iterable<Occupant> = this.#room.occupants.values(),
  ): void {
    const { facts } = this.#room
    const made: (Packet | null)[] = [null, null, null, null]
    for (const viewer of among) {
      const sight = sightOf(facts, viewer, of)
      if (sight === 'nothing' || sight === 'self') continue
      const withAddress = sight === 'address'
      const seesActor = this.#seesActor(viewer, cause)
      const packet = (made[(withAddress ? 2 : 0) + (seesActor ? 1 : 0)] ??= make(withAddress, seesActor))
      for (const { jid } of viewer.sessions) this.#send(packet.addressedTo(jid))
    }
  }

  /** The room does not show occupants of this role any more. */
  hidden(occupant: Occupant): void {
    for (const viewer of this.#room.occupants.values())
      if (sightOf(this.#room.facts, viewer, occupant) === 'nothing') this.#endFor(viewer, occupant, NOTHING_SAID)
  }
  /** The room shows occupants of this role again: to those who did not see them. */
  shownAgain(occupant: Occupant): void {
    for (const viewer of this.#room.occupants.values()) {
      const sight = sightOf(this.#room.facts, viewer, occupant)
      if (sight === 'nothing') continue
      if (viewer.role !== 'moderator' && viewer.bare !== occupant.bare) this.#show(occupant, viewer.sessions, sight === 'address')
    }
  }
  /** ROOM-69: the occupants that only moderators see, for a new or a former moderator. */
  sight({ before, after, sessions }: Of<'sight'>): void {
    const { facts, occupants } = this.#room
    for (const other of occupants.values()) {
      const [saw, sees] = [before, after].map((viewer) => sightOf(facts, viewer, other))
      if (saw === 'nothing' && sees !== 'nothing' && sees !== 'self') this.#show(other, sessions, sees === 'address')
      if (saw !== 'nothing' && sees === 'nothing') this.#endFor({ ...after, sessions }, other, NOTHING_SAID)
    }
  }
  /** ROOM-93: clients have no other way to learn the addresses. One stanza at each step. */
  *unveiled(): Generator<void, void> {
    for (const occupant of this.#room.occupants.values())
      for (const viewer of this.#room.occupants.values()) {
        const hasSeen = viewer.role === 'moderator' || viewer.bare === occupant.bare
        if (!hasSeen) yield* this.#showToViewer(viewer, occupant)
      }
  }
  *#showToViewer(viewer: Occupant, occupant: Occupant): Generator<void, void> {
    for (const session of viewer.sessions) if (this.showTo(viewer, session, occupant)) yield
  }

  /** ROOM-153: for the sessions that have not seen the occupant. */
  heard({ before, after }: Of<'heard'>): void {
    const { facts, occupants } = this.#room
    for (const viewer of occupants.values()) {
      const sight = sightOf(facts, viewer, after)
      if (sight === 'self' || sight === 'nothing' || sightOf(facts, viewer, before) !== 'nothing') continue
      this.#show(after, viewer.sessions, sight === 'address')
    }
  }
  /** The room is no longer quiet: the occupants that it did not show, for the sessions that were there then. One stanza at each step. */
  *reveal(before: RoomFacts): Generator<void, void> {
    const { occupants, arrivals } = this.#room
    for (const occupant of occupants.values()) {
      if (occupant.arrival > arrivals) return
      for (const viewer of occupants.values())
        if (viewer.arrival <= arrivals && sightOf(before, viewer, occupant) === 'nothing')
          yield* this.#showToViewer(viewer, occupant)
    }
  }

  /** ROOM-100 */
  ended({ occupants, alternate, password, reason }: Of<'ended'>): void {
    const destroy = destroyElement(alternate, reason, password)
    for (const occupant of occupants)
      for (const { jid } of occupant.sessions) {
        const x = userElement({ affiliation: 'none', role: 'none', jid: null }, [110], destroy)
        this.#send(this.#texts.unavailable(occupant, x, null).addressedTo(jid))
      }
  }

  /**
   * XEP-0310: whether the occupant is there is in doubt, or no more (ROOM-131, 135). Those for whom the occupant has changed as
   * well were told of it with the change.
   */
  doubt({ before, after }: Of<'doubt'>): void {
    const { address, veiled, self } = receiversOf(this.#room, after)
    const [isTold, isToldVeiled] = [looksOther(before, after), looksOtherVeiled(before, after)]
    for (const { jid, wantsDoubts } of isTold ? [] : address)
      if (wantsDoubts) this.#send(this.#texts.annotated(after, true).addressedTo(jid))
    for (const { jid, wantsDoubts } of isToldVeiled ? [] : veiled)
      if (wantsDoubts) this.#send(this.#texts.annotated(after, false).addressedTo(jid))
    // Its own clients are told of a change without doubts. All are in doubt: one that is back need not be told of itself
    for (const session of isTold && after.doubts.length === 0 ? [] : self)
      if (session.wantsDoubts && session.jid !== after.effective.jid)
        this.#send(this.#texts.annotatedSelf(after, session).addressedTo(session.jid))
  }
}
function causeFor(cause: Cause | null, seesActor: boolean): Pick<Item, 'actor' | 'reason'> {
  if (cause === null) return {}
  const { nick, by, reason } = cause
  return { reason, actor: { nick, jid: seesActor ? by : null } }
}
const NO_CODES: readonly number[] = []
const NO_MORE = wire('')

interface Told {
  readonly step?: Wire
  readonly affiliation?: Affiliation
  readonly codes: readonly number[]
  readonly cause: Cause | null
  readonly presence: Of<'out'>['presence']
}
const toldBy = ({ affiliation, exit, cause, presence }: Of<'out'>, step: Wire): Told => ({
  step,
  affiliation,
  codes: EXIT_CODES[exit],
  cause,
  presence,
})
const NOTHING_SAID: Told = { codes: NO_CODES, cause: null, presence: null }
