/** What clients were shown, over a restart of the server: nothing is told again, and doubts can be withdrawn. */
import type { Millis } from '../../base/clock.ts'
import type { Host } from '../../server/feature.ts'
import { packetFromJson, packetToJson, type PacketJson } from '../../xmpp/stored-packet.ts'
import type { Doubt } from '../../xmpp/state-annotation.ts'
import type { Receivers } from './receivers.ts'

/** A presence that a client was shown, when, and the doubt that it was told. */
type ShownJson = readonly [PacketJson, Millis, Doubt | null]

export function keepReceivers(host: Host, receivers: Receivers): void {
  host.keep.session<readonly ShownJson[]>({
    name: 'presence-annotations',
    version: 1,
    weigh: (session) => receivers.of(session).ledger?.octets ?? 0,
    // Too large to be stored while the server runs
    save: (session, when) =>
      when === 'for a restart'
        ? Array.from(receivers.everything(session), ({ packet, at, told }): ShownJson => [packetToJson(packet), at, told])
        : null,
    load: (session, kept) => {
      receivers.begin(session)
      for (const [packet, at, told] of kept ?? []) receivers.ledgerOf(session).show(packetFromJson(packet), told, at)
    },
  })
}
