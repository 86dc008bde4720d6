/**
 * PSA-24: a client that becomes available while the link to another server is down, and asks for annotations, is shown what the
 * account's other clients see of contacts there, and what its last unavailable client saw, with the doubt.
 */
import { contactKey } from '../../im/account.ts'
import type { LinkFact } from '../../server/account/facts.ts'
import type { Host } from '../../server/feature.ts'
import type { Session } from '../../server/account/session.ts'
import type { SessionCaps } from '../0115-entity-capabilities/index.ts'
import type { Shown } from './ledger.ts'
import type { LeftInDoubt } from './left-in-doubt.ts'
import type { Portions } from '../../base/portions.ts'
import type { Receivers } from './receivers.ts'
import type { Showing } from './showing.ts'

export interface NewcomersParts {
  readonly host: Host
  readonly caps: SessionCaps
  readonly portions: Portions
  readonly receivers: Receivers
  readonly showing: Showing
  readonly left: LeftInDoubt
}

export class Newcomers {
  readonly #parts: NewcomersParts
  /** By our own domain: the domains to which the link is down. */
  readonly #down = new Map<string, Set<string>>()

  constructor(parts: NewcomersParts) {
    const { host, caps } = parts
    this.#parts = parts
    host.on('link-down', (link) => this.#begin(link))
    host.on('link-up', (link) => this.#end(link))
    host.on('presence-changed', ({ session, before }) => before === null && this.#welcome(session))
    caps.onKnown((session) => this.#welcome(session))
  }

  #begin({ local, remote }: LinkFact): void {
    const down = this.#down.get(local)
    if (down === undefined) this.#down.set(local, new Set([remote]))
    else down.add(remote)
    this.#parts.portions.do(this.#showAll(local, remote))
  }
  #end({ local, remote }: LinkFact): void {
    const down = this.#down.get(local)
    down?.delete(remote)
    if (down?.size === 0) this.#down.delete(local)
  }
  /** The session has become available, or is known to ask. */
  #welcome(session: Session): void {
    this.#parts.left.forgetRecovered(session.account)
    for (const remote of this.#down.get(session.jid.domain) ?? []) this.#show(session, remote)
  }
  *#showAll(local: string, remote: string): Generator {
    for (const session of [...this.#parts.host.sessions.all()]) {
      if (session.jid.domain === local) this.#show(session, remote)
      yield
    }
  }
  #show(session: Session, remote: string): void {
    const { receivers, left } = this.#parts
    if (!session.takesPart || !receivers.asks(session)) return
    for (const sibling of session.account.sessions) {
      if (sibling !== session) for (const shown of receivers.shown(sibling, remote)) this.#offer(session, shown)
    }
    for (const shown of left.of(session.account, remote)) this.#offer(session, shown)
  }
  #offer(session: Session, { packet, heardAfter }: Shown): void {
    const { account } = session
    const { from, to } = packet
    if (to?.isBare !== true || account.hidden(from) || !account.roster.isSubscribedTo(contactKey(from))) return
    if (this.#parts.receivers.has(session, from)) return
    this.#parts.host.heard.recall(account, packet) // so that it is closed if nobody confirms it
    this.#parts.showing.showOld(session, packet, heardAfter)
  }
}
