/**
 * RFC 6121 4.3: presence probes. Contacts on this server are not probed with a stanza: their home is asked for all of them
 * together, and its answers go to the one resource that asked (`probe-answers.ts`).
 */
import { contactKey } from '../../im/account.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Packet } from '../../xmpp/packet.ts'
import type { LocalAccount, LocalEndpoint } from '../account/session.ts'
import type { Router } from '../routing/router.ts'

/**
 * The presence of an endpoint to send again to a remote address; null if it is not sent to that address.
 * @param packet the packet that earlier functions returned
 */
export type Repeat = (endpoint: LocalEndpoint, to: Jid, packet: Packet | null) => Packet | null
/** The broadcast presence. Directed presence is not known here. */
const broadcastOnce = ({ presence, account }: LocalEndpoint, to: Jid): Packet | null =>
  presence !== null && account.roster.isSubscriber(contactKey(to)) ? presence.addressedTo(to) : null

export class Probing {
  readonly #router: Router
  readonly #repeats: Repeat[] = []

  constructor(router: Router) {
    this.#router = router
  }
  /** `repeat` takes part in deciding which presence is sent again: to a prober, after a broken link, or after a restart. */
  repeatBy(repeat: Repeat): void {
    this.#repeats.push(repeat)
  }
  /** Sends the presence of an endpoint again to a remote address. False if it is not sent to that address. */
  repeat(endpoint: LocalEndpoint, to: Jid): boolean {
    const packet = endpoint.account.hidden(to) ? null : this.repeated(endpoint, to)
    if (packet !== null) this.#router.routeQuietly(packet)
    return packet !== null
  }
  /** The packet that `repeat` sends; null for none. */
  repeated(endpoint: LocalEndpoint, to: Jid): Packet | null {
    let packet = broadcastOnce(endpoint, to)
    for (const repeat of this.#repeats) packet = repeat(endpoint, to, packet)
    return packet
  }
  /** Probes all contacts of an account that may have no session. The answers go to its bare JID (`Accounts.wantPresence`). */
  askForAccount(account: LocalAccount): void {
    const probe = Packet.of({ kind: 'presence', type: 'probe', from: account.bare })
    for (const contact of account.reachable(account.roster.subscriptions)) this.#router.routeQuietly(probe.addressedTo(contact))
  }
  /** Finds out, for `me`, about each of `contacts` (4.3.1). Local answers are sent as fast as its client reads. */
  ask(me: LocalEndpoint, contacts: readonly Jid[]): void {
    const { ours, others } = this.#router.byHome(contacts)
    if (others.length > 0) {
      const probe = Packet.of({ kind: 'presence', type: 'probe', from: me.jid.asBare })
      for (const contact of others) this.#router.routeQuietly(probe.addressedTo(contact))
    }
    for (const [home, some] of ours) home.probe(me, some)
  }
}
