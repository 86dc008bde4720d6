/**
 * XEP-0310 4.3, for rooms on other servers: a session that is in such a room has paused, or is back. The service of the room is told if
 * it says that it understands annotations, and tells the occupants who ask (ROOM-136).
 */
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Millis } from '../../base/clock.ts'
import { Session, type LocalEndpoint } from '../../server/account/session.ts'
import type { Host } from '../../server/feature.ts'
import { el } from '../../xml/element.ts'
import { jid, type Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { PSA, PSA_REVISED, type Form } from '../../xmpp/state-annotation.ts'
import type { Stays } from '../0410-self-ping/index.ts'

export interface RoomsElsewhereParts {
  readonly host: Host
  readonly stays: Stays
  /** The room can be told of the pause of the session now. */
  readonly tell: (session: Session, address: Jid) => void
}

const DISCO_INFO = 'http://jabber.org/protocol/disco#info'
const INFO = el('query', DISCO_INFO)
/** Services whose answer is remembered, and for how long. */
const SERVICES_MAX = 1000
const REMEMBERED_MS: Millis = 3_600_000

export class RoomsElsewhere {
  readonly #parts: RoomsElsewhereParts
  /** By domain of a service: in which form it understands annotations, null for none, and when it has said so. */
  readonly #known = new BoundedMap<string, { readonly form: Form | null; readonly at: Millis }>(SERVICES_MAX)

  constructor(parts: RoomsElsewhereParts) {
    this.#parts = parts
  }
  /** Is that the address of the session in a room that has it? */
  has(endpoint: LocalEndpoint, address: Jid): boolean {
    return endpoint instanceof Session && this.#parts.stays.isIn({ session: endpoint, address })
  }
  /** The form in which the rooms there are told. */
  formFor({ domain }: Jid): Form {
    return this.#known.get(domain)?.form ?? 'first'
  }
  /** The endpoint has paused. @param domain of the rooms; null: all */
  tellAll(endpoint: LocalEndpoint, domain: string | null = null): void {
    if (!(endpoint instanceof Session)) return
    for (const { address } of this.#parts.stays.of(endpoint))
      if (this.#isElsewhere(address) && (domain === null || address.domain === domain)) this.#tell(endpoint, address)
  }

  #isElsewhere(address: Jid): boolean {
    return this.#parts.host.router.placeOf(address) !== 'here'
  }
  #tell(session: Session, address: Jid): void {
    const { host, tell } = this.#parts
    const known = this.#known.get(address.domain)
    if (known !== undefined && known.at > host.clock.now() - REMEMBERED_MS) {
      if (known.form !== null) tell(session, address)
      return
    }
    host.ask(jid(session.jid.domain), jid(address.domain), INFO, (answer) => {
      if (answer?.type !== 'result') return
      const form = formOf(answer)
      this.#known.set(address.domain, { form, at: host.clock.now() })
      if (form !== null && this.has(session, address)) tell(session, address)
    })
  }
}

/** Both forms mean the same to a room, and more services know the first. */
const formOf = (answer: Packet): Form | null => (has(answer, PSA) ? 'first' : has(answer, PSA_REVISED) ? 'revised' : null)
const has = ({ payload }: Packet, feature: string): boolean =>
  payload.child('query', DISCO_INFO)?.elements.some((e) => e.name === 'feature' && e.attr('var') === feature) === true
