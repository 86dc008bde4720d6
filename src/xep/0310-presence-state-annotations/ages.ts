/**
 * How old a presence is that is shown to somebody who comes later (XEP-0203, docs/decisions/027-age-of-presence.md): what
 * sessions here have broadcast last, and when. A broadcast under way is new, and bears no date.
 */
import type { Millis } from '../../base/clock.ts'
import type { Host } from '../../server/feature.ts'
import type { Session } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import { DELAY, withDelay } from '../../xmpp/delay.ts'
import type { Packet } from '../../xmpp/packet.ts'

interface Said {
  readonly packet: Packet
  readonly at: Millis
}
/** What is younger is new. */
const NEW: Millis = 1000

export class Ages {
  readonly #host: Host
  readonly #said: Slot<Session, Said | null>

  constructor(host: Host) {
    this.#host = host
    this.#said = host.sessionSlot<Said | null>('presence-said', 'kept', () => null)
    host.on('presence-changed', ({ session, after }) => this.#note(session, after, host.clock.now()))
    host.keep.session<Millis>({
      name: 'presence-said',
      version: 1,
      save: (session) => session.get(this.#said)?.at ?? null,
      load: (session, at) => this.#note(session, session.presence, at),
    })
  }
  /** The presence with the time at which its sender said it, if that was a while ago. */
  dated(packet: Packet): Packet {
    const { from, payload } = packet
    const said = this.#host.accounts.get(from.bare)?.session(from.resource)?.get(this.#said) ?? null
    if (said === null || !packet.isCopyOf(said.packet) || this.#host.clock.now() - said.at < NEW) return packet
    const isDated = payload.text.includes(DELAY) && payload.child('delay', DELAY) !== undefined
    return isDated ? packet : withDelay(packet, from.domain, said.at)
  }
  #note(session: Session, packet: Packet | null, at: Millis | null): void {
    session.set(this.#said, packet === null || at === null ? null : { packet, at })
  }
}
