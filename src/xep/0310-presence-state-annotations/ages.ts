/**
 * The age of a presence that is shown to a client that comes later (XEP-0203, docs/decisions/027-age-of-presence.md): when
 * local sessions sent their last broadcast. A broadcast on its way is new, and has no date.
 */
import type { Millis } from '../../base/clock.ts'
import type { Host } from '../../server/feature.ts'
import type { LocalEndpoint } from '../../server/account/session.ts'
import { DELAY, withDelay } from '../../xmpp/delay.ts'
import type { Packet } from '../../xmpp/packet.ts'

interface Said {
  readonly packet: Packet
  readonly at: Millis
}
/** Younger presence counts as new. */
const NEW: Millis = 1000

export class Ages {
  readonly #host: Host
  /** By full JID. */
  readonly #said = new Map<string, Said>()

  constructor(host: Host) {
    this.#host = host
    host.on('presence-changed', ({ session, after }) => this.#note(session, after, host.clock.now()))
    host.on('endpoint-changed', ({ endpoint, after }) => this.#note(endpoint, after, host.clock.now()))
    host.keep.session<Millis>({
      name: 'presence-said',
      version: 1,
      save: ({ jid }) => this.#said.get(jid.full)?.at ?? null,
      load: (session, at) => this.#note(session, session.presence, at),
    })
  }
  /** The presence with the time at which its sender sent it, if that was a while ago. */
  dated(packet: Packet): Packet {
    const { from, payload } = packet
    const said = this.#said.get(from.full)
    if (said === undefined || !packet.isCopyOf(said.packet) || this.#host.clock.now() - said.at < NEW) return packet
    const isDated = payload.text.includes(DELAY) && payload.child('delay', DELAY) !== undefined
    return isDated ? packet : withDelay(packet, from.domain, said.at)
  }
  #note({ jid }: LocalEndpoint, packet: Packet | null, at: Millis | null): void {
    if (packet === null || at === null) this.#said.delete(jid.full)
    else this.#said.set(jid.full, { packet, at })
  }
}
