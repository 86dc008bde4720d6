/**
 * Relics: sessions from before the server died whose clients were connected then. What such a client has got is not known, so
 * nobody can resume its session; the relic stands for its presence until the client has logged in anew
 * (docs/decisions/018-sessions-over-a-restart.md).
 */
import type { Clock, Millis } from '../../base/clock.ts'
import { ended as presenceEnded, type PresenceOut } from '../../im/presence.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Connection } from '../account/connection.ts'
import { REPLACED } from '../account/endings.ts'
import type { FactBoard, Facts } from '../account/facts.ts'
import type { LocalEndpoint, Session } from '../account/session.ts'
import type { Sessions } from '../account/sessions.ts'
import type { Slot } from '../account/slots.ts'

export interface RelicsParts {
  readonly clock: Clock
  readonly facts: FactBoard
  readonly sessions: Sessions
  readonly presenceOut: PresenceOut<LocalEndpoint>
}

/** How long a client that logged in again after a crash may stay silent before its old presence is withdrawn. */
const OWED_MS: Millis = 30_000

/** What a relic is known by. The session itself has no device: a new one of the device does not simply replace it. */
interface Relic {
  readonly device: string | null
}
/** What a new session has of a relic: its address, and the presence that contacts still see; or the relic itself. */
type Inheritance = { readonly owed: Packet; readonly relic: null } | { readonly owed: null; readonly relic: Session }

export class Relics {
  readonly #parts: RelicsParts
  /** Null: it is none. */
  readonly #relics: Slot<Session, Relic | null>
  /** Null: the client has said something of its own, or there is no relic of it. */
  readonly #inherited: Slot<Session, Inheritance | null>
  /** Which relic the client on a connection had. */
  readonly #claims = new WeakMap<Connection, Session>()
  /** For the session that is about to be bound over a connection. */
  readonly #heirs = new WeakMap<Connection, Inheritance>()

  constructor(parts: RelicsParts) {
    const { facts, sessions } = parts
    this.#parts = parts
    this.#relics = sessions.slots.declare<Relic | null>('relic', 'learnt again', () => null)
    this.#inherited = sessions.slots.declare<Inheritance | null>('inherited', 'forgotten', () => null)
    facts.on('session-binding', (binding) => this.#binding(binding))
    facts.on('session-bound', ({ session }) => this.#bound(session))
    facts.on('session-ending', ({ session }) => this.#ending(session))
    facts.on('presence-changed', ({ session, before, after }) => {
      if (before === null && after !== null) this.#arrived(session)
    })
  }
  isRelic(session: Session): boolean {
    return session.get(this.#relics) !== null
  }
  /** What contacts still take for its presence, from a relic of the same address; null: nothing. */
  owed(session: Session): Packet | null {
    return session.get(this.#inherited)?.owed ?? null
  }
  /** The installation of the client (XEP-0388 2.3), of relics too; null: it has named none. */
  deviceOf(session: Session): string | null {
    return session.get(this.#relics)?.device ?? session.device
  }
  /** The session, just restored, is a relic. */
  mark(session: Session, device: string | null): void {
    session.set(this.#relics, { device })
    session.vacant = true
  }
  /** Whoever binds a resource over this connection is the client that the relic had. */
  claim(relic: Session, connection: Connection): void {
    this.#claims.set(connection, relic)
  }
  /** Its client has begun, or had time to, and is not available to all: what contacts have of a relic of it is over. */
  takeBack(session: Session): void {
    if (session.ended || session.presence !== null) return
    const owed = this.#over(session)
    if (owed === null) return
    const { clock, presenceOut, facts } = this.#parts
    session.presence = owed
    presenceEnded(session.account, session, clock.now(), presenceOut)
    facts.tell('presence-changed', { session, before: owed, after: null })
  }
  /** The server stops: what is owed is not written down, and the next run of the server would not know of it. */
  letOut(session: Session): void {
    if (this.owed(session) !== null) this.takeBack(session)
  }

  /** Of several relics of the client, one counts. */
  #binding({ account, wanted }: Facts['session-binding']): void {
    const { resource, device, connection } = wanted
    const relics = account.sessions.filter((one) => this.isRelic(one))
    if (relics.length === 0) return
    const isIts = (one: Session): boolean => device !== null && this.deviceOf(one) === device
    const claimed = this.#claims.get(connection)
    const relic = claimed ?? relics.find((one) => one.jid.resource === resource || isIts(one)) ?? null
    for (const one of relics) if (one !== relic && isIts(one)) this.#parts.sessions.end(one, REPLACED)
    if (relic === null || relic.ended) return
    if (relic.jid.resource !== resource) return void this.#heirs.set(connection, { owed: null, relic })
    const owed = this.#succeed(relic)
    if (owed !== null) this.#heirs.set(connection, { owed, relic: null })
  }
  /** A new session takes the address of a relic, of which nobody sees anything. @returns the presence that contacts still have */
  #succeed(relic: Session): Packet | null {
    const { presence } = relic
    relic.presence = null
    this.#parts.sessions.end(relic, REPLACED)
    return presence
  }
  #bound(session: Session): void {
    if (session.connection === null) return
    const inheritance = this.#heirs.get(session.connection)
    if (inheritance === undefined) return
    this.#heirs.delete(session.connection)
    session.set(this.#inherited, inheritance)
    if (inheritance.owed !== null) this.#parts.clock.after(OWED_MS, () => this.takeBack(session))
  }
  /** The session has said that it is available: what stood for it is over. */
  #arrived(session: Session): void {
    this.#over(session)
  }
  /** Contacts are told of its end as of that of any available resource. */
  #ending(session: Session): void {
    session.presence ??= this.owed(session)
  }
  /** Nothing stands for the session any more. @returns what did */
  #over(session: Session): Packet | null {
    const inheritance = session.get(this.#inherited)
    if (inheritance === null) return null
    session.set(this.#inherited, null)
    if (inheritance.relic !== null) this.#parts.sessions.end(inheritance.relic, REPLACED)
    return inheritance.owed
  }
}
