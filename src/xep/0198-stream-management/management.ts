/** XEP-0198 for one server: what each element and each stanza means for its session. */
import type { Millis } from '../../base/clock.ts'
import { NOT_RESUMED, TAKEN_OVER, UNACKNOWLEDGED, UNRESPONSIVE, violation } from '../../server/account/endings.ts'
import type { ToAccount, ToSession } from '../../server/pipeline/contexts.ts'
import type { Host } from '../../server/feature.ts'
import type { SessionSnapshot } from '../../server/keeping/snapshots.ts'
import type { Verdict } from '../../server/pipeline/pipeline.ts'
import { Session } from '../../server/account/session.ts'
import type { Connection } from '../../server/account/connection.ts'
import { OPEN_TO } from '../../server/account/room.ts'
import type { Slot } from '../../server/account/slots.ts'
import type { Arriving, Enter, Entrance } from '../../server/streams/stream-features.ts'
import type { Counter } from '../../base/metrics.ts'
import type { Element } from '../../xml/element.ts'
import { serialise } from '../../xml/write.ts'
import { CLIENT } from '../../xmpp/ns.ts'
import type { Packet, Payload } from '../../xmpp/packet.ts'
import { StanzaError, type StanzaCondition } from '../../xmpp/stanza-error.ts'
import { StreamError } from '../../xmpp/stream-error.ts'
import { AfterCrash } from './after-crash.ts'
import { Keeping, type ManagedJson } from './keeping.ts'
import { Judging } from './judging.ts'
import { Managed, type Holders, type ManagedParts } from './managed.ts'
import {
  answer,
  enabled,
  failed,
  failedText,
  handledCountTooHigh,
  readCount,
  resumableFor,
  resumed,
  wantsResumption,
} from '../../server/stream-management/nonzas.ts'
import { uint32, type Entry, type QueueLimits } from '../../server/stream-management/queue.ts'
import { AskingForAcknowledgement, type AskingTimes } from '../../server/stream-management/asking.ts'
import { Resumptions } from './resumptions.ts'
import { fateOf, readdressed, stamped } from './unreceived.ts'

export interface ManagementOptions extends AskingTimes {
  /** How long a session may wait for its client at most; 0 if none can be resumed. */
  readonly resumable: Millis
  /** Where clients should reconnect; '' for no preference. */
  readonly location: string
  readonly limits: QueueLimits
}

/** The most stanzas of an acknowledging client that may keep the larger texts alive from which they were cut. */
const LOOSE_MAX = 16

export class StreamManagement {
  readonly #host: Host
  readonly #options: ManagementOptions
  readonly #ofEach: ManagedParts
  readonly #sessions: Slot<Session, Managed | null>
  /** The session is managed from now on, or no longer. */
  readonly #chosen: (session: Session) => void
  readonly #resumptions: Resumptions
  readonly #asking: AskingForAcknowledgement<Managed>
  readonly #resumed: Counter
  readonly #late: Counter
  readonly #givenBack: Counter
  /** While sessions are read: the queues of relics. */
  readonly #ofRelics: Managed[] = []
  readonly #afterCrash: AfterCrash
  /** Null: nothing is judged by labels. */
  readonly #judging: Judging | null

  constructor(host: Host, options: ManagementOptions) {
    this.#host = host
    this.#options = options
    this.#ofEach = { limits: options.limits, heard: host.heard }
    this.#sessions = host.sessionSlot<Managed | null>('stream-management', 'kept', () => null)
    this.#chosen = host.toSession('sm-queue', (context) => this.#queue(context), { isFor: (session) => this.isEnabled(session) })
    this.#resumptions = new Resumptions(host.entropy)
    this.#asking = new AskingForAcknowledgement(host.clock, options, ({ session }) => host.sessions.leave(session, UNRESPONSIVE))
    this.#afterCrash = new AfterCrash(host)
    const managedOf = (session: Session): Managed | null => session.get(this.#sessions)
    const giveBack = this.#giveBack.bind(this)
    this.#judging = host.labels === null ? null : new Judging(host, host.labels, managedOf, giveBack)
    this.#resumed = host.metrics.counter('porchlight_sessions_resumed_total', 'Sessions whose client has come back for them')
    this.#late = host.metrics.counter(
      'porchlight_stanzas_late_total',
      'Stanzas written to a client again, or later than they came: it had to acknowledge others first, or was away',
    )
    this.#givenBack = host.metrics.counter(
      'porchlight_stanzas_given_back_total',
      'Stanzas that no client has acknowledged before its session ended: sent on to the account, or refused',
    )
    host.metrics.gauge('porchlight_stanzas_unacknowledged', 'Stanzas kept for clients until they acknowledge them', () => {
      let stanzas = 0
      for (const session of host.sessions.all()) stanzas += session.room.unacknowledged
      return stanzas
    })
    host.metrics.gauge('porchlight_sessions_paused', 'Sessions that wait for their client to come back', () => {
      let paused = 0
      for (const session of host.sessions.all()) if (session.pause !== null) paused += 1
      return paused
    })
  }

  // Elements of a client with a session

  /** Section 3. */
  enable(session: Session, element: Element): void {
    if (this.isEnabled(session)) {
      return this.#host.sessions.end(session, violation('policy-violation', 'Stream management is enabled already'))
    }
    session.connection?.send(serialise(this.begin(session, element), CLIENT))
  }
  /** Stanzas count from here on, in both directions. @returns `<enabled/>` */
  begin(session: Session, element: Element): Element {
    const { resumable, location } = this.#options
    const span = wantsResumption(element) ? resumableFor(element, resumable) : 0
    const id = span === 0 ? null : this.#resumptions.name(session)
    session.resumableMs = span
    this.#manage(new Managed(session, id, this.#ofEach))
    return enabled(id, span, location)
  }
  #manage(managed: Managed): void {
    managed.session.set(this.#sessions, managed)
    managed.session.room.backlog = managed.queue
    managed.session.isCrowded = true
    this.#chosen(managed.session)
  }
  /** Whether any session can be resumed. */
  get canResume(): boolean {
    return this.#options.resumable >= SECOND
  }
  isEnabled(session: Session): boolean {
    return session.get(this.#sessions) !== null
  }
  /** `<r/>`: it has waited in the lane behind earlier stanzas, and they are done. */
  requested(session: Session): void {
    const managed = session.get(this.#sessions)
    session.connection?.send(managed === null ? failedText('unexpected-request') : answer(managed.h))
  }
  /** `<a/>` */
  acknowledged(session: Session, element: Element): void {
    const managed = session.get(this.#sessions)
    if (managed === null) return session.connection?.send(failedText('unexpected-request'))
    const h = readCount(element)
    if (h === null) return this.#host.sessions.end(session, violation('bad-format', 'An <a/> without a count'))
    if (managed.queue.acknowledge(h, (note) => this.#received(session, note)) === 'too-high') {
      const { condition, text, specific } = tooHigh(h, managed)
      return this.#host.sessions.end(session, violation(condition, text, specific))
    }
    this.#goOn(managed, session.connection)
  }
  /** `<resume/>` from a client that has a session already. */
  outOfPlace(session: Session): void {
    session.connection?.send(failedText('unexpected-request'))
  }

  // Section 5

  /**
   * An element of a client without a session, or along with its authentication.
   * @param client null if it has not authenticated
   */
  enter(client: Arriving | null, element: Element): Enter | Promise<Enter> {
    if (client === null || element.name !== 'resume') return () => refusal('unexpected-request')
    if (!this.canResume) return () => refusal('feature-not-implemented')
    const id = element.attr('previd')
    const h = readCount(element)
    if (id === undefined || h === null) return () => refusal('bad-request')
    const session = this.#resumptions.find(id, client.jid.bare)
    if (session === null) return () => refusal('item-not-found', this.#resumptions.handledBy(id, client.jid.bare))
    if (this.#host.relics.isRelic(session)) {
      this.#host.relics.claim(session, client.connection)
      return () => refusal('item-not-found')
    }
    session.get(this.#sessions)!.claim = client.connection
    this.#host.sessions.leave(session, TAKEN_OVER)
    const resume = (): Entrance => this.#resume(session, id, h, client)
    // Stanzas from the old connection are handled first, because they count in the answer
    return session.lane.whenIdle()?.then(() => resume) ?? resume
  }
  /** @throws StreamError undefined-condition: the client acknowledges stanzas that it was never sent */
  #resume(session: Session, id: string, h: number, client: Arriving): Entrance {
    const managed = session.get(this.#sessions)
    if (managed === null) return refusal('item-not-found', this.#resumptions.handledBy(id, session.account.bare.bare))
    const outcome = managed.queue.acknowledge(h, (note) => this.#received(session, note))
    if (outcome === 'accepted') return { reply: resumed(id, managed.h), session, entered: () => this.#entered(session, client) }
    // Its only client cannot continue it: stanzas that it lacks are gone, or it is wrong. So nobody ever will.
    const error = tooHigh(h, managed)
    this.#host.sessions.end(session, NOT_RESUMED)
    if (outcome === 'too-high') throw error
    return refusal('item-not-found', managed.h)
  }
  /** The client has the answer. First it receives what it has missed, and then the consequences of its return. */
  #entered(session: Session, { connection, lang }: Arriving): void {
    const managed = session.get(this.#sessions)
    if (managed === null || managed.claim !== connection) return connection.close(managed === null ? NOT_RESUMED : TAKEN_OVER)
    managed.claim = null
    if (managed.isToJudge) this.#judging?.judge(managed)
    managed.isToJudge = false
    managed.awaySince = null
    managed.backAt = this.#host.clock.now()
    for (const entry of managed.queue.connect()) this.#writeLate(managed, connection, entry)
    for (const entry of managed.queue.release()) this.#writeLate(managed, connection, entry)
    this.#host.sessions.resume(session, connection, lang)
    this.#resumed.value += 1
    this.#asking.look(managed)
  }

  // What is written to a client

  #queue({ session, packet }: ToSession): Verdict {
    const managed = session.get(this.#sessions)!
    const { queue } = managed
    const isFlying = queue.push(packet, this.#host.clock.now())
    if (session.connection === null || queue.size > LOOSE_MAX) packet.keep()
    if (queue.isBeyond(OPEN_TO)) this.#fills(session, queue)
    this.#asking.look(managed)
    return isFlying ? 'next' : 'done'
  }
  #fills(session: Session, { isOverfull }: Managed['queue']): void {
    session.isCrowded = true
    // Later, because a session must not end while the caller is writing to several sessions
    if (isOverfull) queueMicrotask(() => this.#host.sessions.end(session, UNACKNOWLEDGED))
  }
  /** Records who else received a message that was just delivered: it is lost only if it is lost to all of them. */
  holders({ packet, delivered, copies }: ToAccount): Verdict {
    if (delivered.length === 0) return 'next'
    this.#afterCrash.delivered()
    const count = delivered.length + (copies === null ? 0 : copies.to.length)
    if (count < 2) return 'next'
    const holders: Holders = { packet, count, seq: 0, name: '' }
    for (const endpoint of delivered) if (endpoint instanceof Session) this.#hold(endpoint, packet.payload, holders)
    if (copies !== null) for (const session of copies.to) this.#hold(session, copies.payload, holders)
    return 'next'
  }
  /** A message was sent that is also stored. It is deleted from the store when the client has acknowledged it. */
  stored(session: Session, packet: Packet, seq: number): void {
    this.#hold(session, packet.payload, { packet, count: 2, seq, name: '' })
  }
  #received(session: Session, { seq }: Holders): void {
    if (seq > 0) this.#host.tell('stored-message-received', { session, seq })
  }
  #hold(session: Session, payload: Payload, holders: Holders): void {
    const newest = session.get(this.#sessions)?.queue.newest ?? null
    if (newest !== null && newest.packet.payload === payload) newest.note = holders
  }
  /** Something was acknowledged. */
  #goOn(managed: Managed, connection: Connection | null): void {
    if (connection !== null) for (const entry of managed.queue.release()) this.#writeLate(managed, connection, entry)
    managed.session.room.changed()
    this.#asking.look(managed)
  }
  /** A message that arrived while the client was away carries its time. */
  #writeLate({ session, backAt }: Managed, connection: Connection, { packet, at }: Entry<Holders>): void {
    const { clock, journal } = this.#host
    this.#late.value += 1
    if (packet.kind === 'presence') journal.sent.note(session.jid, packet.from, packet.type, clock.now())
    const isOld = backAt !== null && at <= backAt && packet.kind === 'message' && packet.type !== 'error'
    connection.send((isOld ? stamped(packet, at) : packet).wire)
  }

  // For a restart of the server

  get snapshot(): SessionSnapshot<ManagedJson> {
    const keeping = new Keeping(this.#host.entropy)
    this.#host.on('sessions-restored', () => {
      keeping.done()
      this.#giveBackOfRelics()
    })
    return {
      name: 'stream-management',
      version: 1,
      weigh: (session) => session.get(this.#sessions)?.queue.octets ?? 0,
      save: (session, when) => keeping.keep(session.get(this.#sessions)!, when),
      stamp: (session) => this.#stamp(session),
      pieces: (session) => keeping.pieces(session.get(this.#sessions)!),
      load: (session, kept, _version, pieces) => {
        if (kept === null) throw new Error('What stream management has kept is not understood')
        const managed = keeping.restore(session, kept, pieces, this.#ofEach)
        this.#restore(managed)
        if (kept.isWhole !== true) this.#afterCrash.restored(session, managed.queue)
      },
      complete: () => this.#afterCrash.queueAgain(),
    }
  }
  /** The stamp of waiting messages; those that arrived just now are probably about to be acknowledged. */
  #stamp(session: Session): string {
    const { queue } = session.get(this.#sessions)!
    if (queue.size === 0) return ''
    const before = this.#host.clock.now() - SECOND
    let messages = 0
    let latest = 0
    for (const { packet, at } of queue) {
      if (packet.kind !== 'message' || at > before) continue
      messages += 1
      latest = at
    }
    return messages === 0 ? '' : `${messages} ${latest}`
  }
  #restore(managed: Managed): void {
    const { session, id } = managed
    this.#manage(managed)
    managed.isToJudge = this.#judging !== null // the policy may be another one
    this.#resumptions.restore(id!, session)
    if (this.#host.relics.isRelic(session)) return void this.#ofRelics.push(managed)
    for (const { note } of managed.queue)
      if (note !== null && note.seq > 0) this.#host.tell('stored-message-sent', { session, packet: null, seq: note.seq })
  }

  /** No client can acknowledge it any more: it must not wait for the end of the relic, nor come behind newer stanzas. */
  #giveBackOfRelics(): void {
    for (const { session, id, h, queue } of this.#ofRelics.splice(0)) {
      if (session.ended) continue
      const empty = new Managed(session, id, this.#ofEach, { h, acknowledged: queue.written })
      empty.queue.disconnect()
      this.#manage(empty)
      for (const entry of queue) this.#giveBack(entry, session.account.bare.bare)
    }
  }

  // Events of a session

  paused(session: Session): void {
    const managed = session.get(this.#sessions)
    if (managed === null || session.connection !== null) return
    managed.awaySince = this.#host.heard.turn()
    managed.queue.disconnect()
    for (const { packet, note: holders } of managed.queue) {
      packet.keep()
      holders?.packet.keep()
    }
  }
  /** @param connection on which the client can still be told how many of its stanzas were handled; null if there is none */
  ended(session: Session, connection: Connection | null): void {
    const managed = session.get(this.#sessions)
    if (managed === null) return
    session.set(this.#sessions, null)
    this.#chosen(session)
    session.room.backlog = null
    connection?.send(answer(managed.h))
    if (managed.id !== null) this.#resumptions.close(managed.id, this.#host.relics.isRelic(session) ? null : managed.h)
    managed.queue.disconnect()
    for (const entry of managed.queue) this.#giveBack(entry, session.account.bare.bare)
  }
  #giveBack({ packet, note: holders, at }: Entry<Holders>, account: string): void {
    if (holders !== null && (holders.count -= 1) > 0) return
    const original = holders === null ? packet : holders.packet
    const fate = fateOf(original, account)
    if (fate !== 'drop') this.#givenBack.value += 1
    switch (fate) {
      case 'route':
        return void this.#host.router.route(readdressed(original, at))
      case 'refuse':
        return void this.#host.router.refuse(original, new StanzaError('service-unavailable'))
      case 'drop':
    }
  }
}

const SECOND: Millis = 1000

const refusal = (condition: StanzaCondition, h: number | null = null): Entrance => ({
  reply: failed(condition, h),
  session: null,
  entered: null,
})

/** Section 6. */
function tooHigh(h: number, { queue }: Managed): StreamError {
  const written = uint32(queue.written)
  return new StreamError(
    'undefined-condition',
    `You acknowledged ${h} stanzas, but I only sent you ${written} so far.`,
    handledCountTooHigh(h, written),
  )
}
