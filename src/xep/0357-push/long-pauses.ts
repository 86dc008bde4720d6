/**
 * PUSH-3: a session whose client can be woken waits longer than others, for its messages and rooms. Its presence stays honest:
 * when the ordinary time is over, everybody else sees it as unavailable, and as before once the client is back.
 */
import type { Millis, Timer } from '../../base/clock.ts'
import { reappear, withdraw, type WithdrawOut } from '../../im/withdrawing.ts'
import type { LocalAccount, LocalEndpoint, Session } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import type { Host } from '../../server/feature.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { packetFromJson, packetToJson, type PacketJson } from '../../xmpp/stored-packet.ts'
import type { RoomsElsewhere } from '../0410-self-ping/index.ts'
import type { Notifying } from './notifying.ts'

interface LongPause {
  /** When its presence is withdrawn, or was. */
  readonly at: Millis
  /** Withdraws it; null if that is done. */
  timer: Timer | null
  /** What was withdrawn; null if nothing was. */
  presence: Packet | null
}
interface LongPauseJson {
  readonly at: Millis
  readonly isOver: boolean
  readonly presence: PacketJson | null
}

export interface LongPausesParts {
  readonly host: Host
  readonly rooms: RoomsElsewhere
  /** How long a session waits after the ordinary time; 0 for no longer than others. */
  readonly longerMs: Millis
  readonly notifying: Notifying
}

export class LongPauses {
  readonly #parts: LongPausesParts
  readonly #slot: Slot<Session, LongPause | null>
  readonly #out: WithdrawOut<LocalEndpoint>

  constructor(parts: LongPausesParts) {
    const { host } = parts
    this.#parts = parts
    this.#slot = host.sessionSlot<LongPause | null>('push-pause', 'kept', () => null)
    this.#out = {
      routeAll: (packet, to) => host.router.routeAll(packet, to),
      toResource: (packet, endpoint) => endpoint.take(packet),
    }
    parts.notifying.onLearnt((account) => this.#learnt(account))
    host.on('session-paused', ({ session, why }) => why === 'stream-lost' && this.#begin(session))
    host.on('session-resumed', ({ session }) => this.#over(session))
    host.on('session-ended', ({ session }) => session.get(this.#slot)?.timer?.cancel())
    host.keep.session<LongPauseJson>({
      name: 'push-pause',
      version: 1,
      stamp: (session) => this.#stamp(session),
      weigh: (session) => session.get(this.#slot)?.presence?.payload.text.length ?? 0,
      save: (session) => this.#save(session),
      load: (session, kept) => this.#load(session, kept),
    })
    host.metrics.gauge('porchlight_sessions_withdrawn', 'Paused sessions that are shown as unavailable and wait for push', () => {
      let withdrawn = 0
      for (const session of host.sessions.all()) if (session.get(this.#slot)?.timer === null) withdrawn += 1
      return withdrawn
    })
  }
  /** Is its ordinary time over? */
  isWithdrawn(session: Session): boolean {
    return session.get(this.#slot)?.timer === null
  }

  #begin(session: Session): void {
    const { host, longerMs, notifying } = this.#parts
    const { clock, relics, sessions } = host
    const known = session.get(this.#slot)
    if (known === null) {
      if (longerMs === 0 || session.resumableMs === 0 || relics.isRelic(session) || !notifying.reaches(session)) return
      const at = session.pause!.until
      sessions.waitUntil(session, at + longerMs)
      session.set(this.#slot, { at, timer: clock.after(at - clock.now(), () => this.#withdraw(session)), presence: null })
    } else if (known.timer !== null) {
      known.timer.cancel()
      known.timer = clock.after(Math.max(0, known.at - clock.now()), () => this.#withdraw(session))
    }
  }
  /** A session that nothing can wake any more has the ordinary time. */
  #learnt(account: LocalAccount): void {
    const { host, notifying } = this.#parts
    for (const session of [...account.sessions]) {
      const pause = session.get(this.#slot)
      if (pause === null || session.pause === null || notifying.hasService(session)) continue
      pause.timer?.cancel()
      host.sessions.waitUntil(session, pause.at)
      if (!session.ended) session.set(this.#slot, null)
    }
  }
  #withdraw(session: Session): void {
    const pause = session.get(this.#slot)
    if (pause === null || session.ended) return
    const { account, presence } = session
    const { clock, tell } = this.#parts.host
    pause.timer = null
    pause.presence = presence
    withdraw(account, session, (to) => this.#isRoom(session, to), clock.now(), this.#out)
    if (presence !== null) tell('presence-changed', { session, before: presence, after: null })
  }
  #over(session: Session): void {
    const pause = session.get(this.#slot)
    if (pause === null) return
    pause.timer?.cancel()
    session.set(this.#slot, null)
    const { presence } = pause
    // When all know that the pause is over, so that nobody is shown it as a doubt
    if (presence !== null) queueMicrotask(() => this.#reappear(session, presence))
  }
  #reappear(session: Session, presence: Packet): void {
    if (session.ended || session.presence !== null) return
    reappear(session.account, session, presence, this.#out)
    this.#parts.host.tell('presence-changed', { session, before: null, after: presence })
  }
  #isRoom(session: Session, to: Jid): boolean {
    const { host, rooms } = this.#parts
    return host.router.kindOf(to.domain) === 'service' || rooms.isIn(session, to)
  }

  #stamp(session: Session): string {
    const pause = session.get(this.#slot)
    return pause === null ? '' : `${pause.at}${pause.timer === null ? ' over' : ''}`
  }
  #save(session: Session): LongPauseJson | null {
    const pause = session.get(this.#slot)
    if (pause === null) return null
    const { at, timer, presence } = pause
    return { at, isOver: timer === null, presence: presence === null ? null : packetToJson(presence) }
  }
  /** The session is paused next, and then its time goes on. */
  #load(session: Session, kept: LongPauseJson | null): void {
    if (kept === null) return
    const { at, isOver, presence } = kept
    const timer = isOver ? null : NOT_SET
    session.set(this.#slot, { at, timer, presence: presence === null ? null : packetFromJson(presence) })
  }
}

const NOT_SET: Timer = { cancel() {} }
