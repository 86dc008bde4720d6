/**
 * Handles everything that a session's client sends, one after the other (RFC 6120 10.1): a stanza passes the stages
 * `fromClient`, another element goes to its handler, an ending ends the session. The server survives any error in them.
 */
import type { Counter, Metrics } from '../../base/metrics.ts'
import { Element } from '../../xml/element.ts'
import { Packet } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { FromClient } from '../pipeline/contexts.ts'
import { violation } from '../account/endings.ts'
import { Lane } from '../account/lane.ts'
import { operatingRefusal } from '../routing/operating-refusal.ts'
import type { FromClientStage } from '../pipeline/order.ts'
import { run } from '../pipeline/pipeline.ts'
import { OperatingError } from '../ports.ts'
import type { RateLimiter } from '../pipeline/rate-limit.ts'
import type { Registry } from '../routing/registry.ts'
import type { Router } from '../routing/router.ts'
import { Refused, type LaneItem, type Session } from '../account/session.ts'
import type { Sessions } from '../account/sessions.ts'
import type { Paths, StageBook } from '../pipeline/stage-book.ts'

export interface SessionWorkParts {
  readonly fromClient: StageBook<FromClient>
  readonly registry: Registry
  readonly router: Router
  readonly metrics: Metrics
  readonly failed: (error: unknown, what: string) => void
  /** Both are created after this object, because they need it. */
  readonly sessions: () => Sessions
  readonly rateLimiter: () => RateLimiter
}
type Waiting = void | Promise<void>

export class SessionWork {
  readonly #parts: SessionWorkParts
  readonly #received: Counter

  constructor(parts: SessionWorkParts) {
    this.#parts = parts
    this.#received = parts.metrics.counter('porchlight_stanzas_received_total', 'Stanzas that clients have sent')
  }
  lane(session: Session): Lane<LaneItem> {
    return new Lane(
      (item) => this.#do(session, item),
      (error) => this.#stumbled(session, error),
      () => session.connection?.resume(),
    )
  }
  /** For the stage of that name, which has held back a stanza: passes the stanza through the stages after it. */
  resumeAfter(name: FromClientStage): (session: Session, packet: Packet) => Waiting {
    let rest: Paths<FromClient> | null = null
    return (session, packet) => {
      try {
        const waits = this.#fromStanza(session, packet, (rest ??= this.#parts.fromClient.paths.after(name)))
        return waits?.catch((error: unknown) => this.#stumbled(session, error))
      } catch (error) {
        this.#stumbled(session, error)
      }
    }
  }

  #do(session: Session, item: LaneItem): Waiting {
    if (item instanceof Packet) {
      session.heard(isAnswer(item) ? 'answer' : 'stanza')
      return this.#counted(session, this.#fromStanza(session, item, this.#parts.fromClient.paths))
    }
    const { sessions, rateLimiter } = this.#parts
    if (!(item instanceof Element || item instanceof Refused)) return sessions().leave(session, item)
    const waits = rateLimiter().admitOther(session, item instanceof Refused ? item.octets : 0)
    return waits === null
      ? this.#other(session, item)
      : waits.then(() => (session.ended ? undefined : this.#other(session, item)))
  }
  #fromStanza(session: Session, packet: Packet, paths: Paths<FromClient>): Waiting {
    const context: FromClient = { account: session.account, session, packet, keeping: null }
    try {
      const verdict = run(paths.of(packet.kind, NO_OPTIONAL), context)
      if (typeof verdict !== 'string') return verdict.then(nothing, (error: unknown) => this.#refuse(context, error))
    } catch (error) {
      return this.#refuse(context, error)
    }
  }
  #refuse({ session, packet }: FromClient, error: unknown): Waiting {
    const refusal = this.#refusal(error)
    const refused = packet.to === null ? packet.addressedTo(session.account.bare) : packet
    return this.#parts.router.refuse(refused, refusal, session.jid)
  }
  /** @throws an error that is a fault of the server */
  #refusal(error: unknown): StanzaError {
    if (error instanceof StanzaError) return error
    if (!(error instanceof OperatingError)) throw error
    this.#parts.failed(error, 'Unhandled error while processing a stanza; stanza refused')
    return operatingRefusal(error)
  }
  #other(session: Session, item: Element | Refused): Waiting {
    if (item instanceof Element) {
      session.heard('acknowledgement')
      return this.#nonza(session, item)
    }
    if (item.reply !== null) session.take(item.reply)
    return this.#counted(session)
  }
  #nonza(session: Session, element: Element): Waiting {
    const handle = this.#parts.registry.nonzaHandler(element)
    if (handle === undefined) return this.#parts.sessions().end(session, violation('unsupported-stanza-type'))
    return handle(session, element)
  }
  /** Counts a stanza that is done, or will be. */
  #counted(session: Session, waits?: Waiting): Waiting {
    this.#received.value += 1
    if (waits !== undefined) return waits.then(() => void (session.handled += 1))
    session.handled += 1
  }
  #stumbled(session: Session, error: unknown): void {
    this.#parts.failed(error, 'Unhandled error while processing a stanza; session closed')
    this.#parts.sessions().end(session, violation('internal-server-error'))
  }
}

/** What a client sends passes stages that are for every session. */
const NO_OPTIONAL = 0
const nothing = (): void => {}
const isAnswer = ({ kind, type }: Packet): boolean => kind === 'iq' && (type === 'result' || type === 'error')
