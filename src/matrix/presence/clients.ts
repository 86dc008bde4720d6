/** What XMPP clients of followed users say and do, for the presence that Matrix users see. All other accounts cost a look at a slot. */
import type { Millis } from '../../base/clock.ts'
import type { Host } from '../../server/feature.ts'
import type { LocalAccount, Session } from '../../server/account/session.ts'
import type { FromClient } from '../../server/pipeline/contexts.ts'
import type { Stage } from '../../server/pipeline/pipeline.ts'
import type { Slot } from '../../server/account/slots.ts'
import { Packet } from '../../xmpp/packet.ts'
import { clientStatesOf } from '../../xep/0352-client-state-indication/index.ts'
import { lastTextIn, saidIn } from './device-presence.ts'
import { clientActs, clientAway, clientGoes, clientSays } from './machine.ts'
import type { User, Users } from './users.ts'

export interface ClientsParts {
  readonly host: Host
  readonly users: Users
  /** Of several texts of a status, the one in this language is shown. */
  readonly lang: string
}

/** Elements that a message has because its user is doing something. */
const DOING = new Set(['body', 'composing', 'active', 'displayed'])

export class Clients {
  readonly #parts: ClientsParts
  /** Null: the user is not followed. */
  readonly #user: Slot<LocalAccount, User | null>
  /** When the user of the session last did something. */
  readonly #activeAt: Slot<Session, Millis>

  constructor(parts: ClientsParts) {
    const { host, users } = parts
    this.#parts = parts
    this.#user = host.accountSlot<User | null>('matrix-presence', 'learnt again', ({ bare }) => users.get(bare.bare) ?? null)
    this.#activeAt = host.sessionSlot<Millis>('matrix-activity', 'learnt again', ({ boundAt }) => boundAt)
    host.on('presence-changed', ({ session, before }) => this.#changed(session, before))
    host.on('session-paused', ({ session }) => this.#paused(session))
    host.on('session-resumed', ({ session }) => this.#resumed(session))
    clientStatesOf(host).onActive((session) => this.#acts(session))
    const activity: Stage<FromClient> = ({ session, packet }) => {
      if (packet.payload.elements.some(({ name }) => DOING.has(name))) this.#acts(session)
      return 'next'
    }
    host.fromClient('activity', activity, { kinds: ['message'] })
  }
  /** The user is followed from now on: what its sessions have said counts. @param account null if it is not in memory */
  begin(account: LocalAccount, user: User): void {
    account.set(this.#user, user)
    for (const session of account.sessions) {
      if (session.presence === null) continue
      this.#says(session, user, session.presence, true, session.get(this.#activeAt))
      if (session.connection === null) this.#away(session, user, session.heardAt)
    }
  }
  end(account: LocalAccount): void {
    account.set(this.#user, null)
  }

  #changed(session: Session, before: Packet | null): void {
    const user = session.account.get(this.#user)
    if (user === null) return
    const { account, presence } = session
    const { host, users, lang } = this.#parts
    if (presence === null) {
      const last = account.isAvailable ? null : account.lastUnavailable
      const text =
        last === null ? '' : lastTextIn(Packet.of({ kind: 'presence', from: session.jid, payload: last.payload }), lang)
      users.change(user, (state, now) => clientGoes(users.rules, state, session.jid.resource, text, now))
    } else {
      this.#says(session, user, presence, before === null, host.clock.now())
      users.settle(user)
    }
  }
  #says({ jid, priority }: Session, user: User, presence: Packet, isFirst: boolean, at: Millis): void {
    const { host, lang } = this.#parts
    clientSays(user.presence, jid.resource, saidIn(presence, priority, isFirst, host.clock.now(), lang), at)
  }
  #acts(session: Session): void {
    const { host, users } = this.#parts
    session.set(this.#activeAt, host.clock.now())
    const user = session.account.get(this.#user)
    if (user !== null) users.change(user, (state, now) => clientActs(state, session.jid.resource, now))
  }
  #paused(session: Session): void {
    const user = session.account.get(this.#user)
    if (user === null) return
    this.#away(session, user, this.#parts.host.clock.now())
    this.#parts.users.settle(user)
  }
  /** Users can hide their pauses from others. */
  #away({ account, jid }: Session, user: User, since: Millis): void {
    if (account.policy.sharePaused !== 'none') clientAway(user.presence, jid.resource, { why: 'paused', since })
  }
  #resumed(session: Session): void {
    const user = session.account.get(this.#user)
    if (user !== null) this.#parts.users.change(user, (state) => clientAway(state, session.jid.resource, null))
  }
}
