/**
 * What waited for a link when the server died is lost, and so may be what was written just before: messages of rooms, and the news that
 * somebody has gone. Whoever was in a room from elsewhere may have missed it, and is told when it is known that they are there
 * still (ROOM-84, ROOM-141).
 */
import type { Millis } from '../../base/clock.ts'
import type { Counter } from '../../base/metrics.ts'
import { affiliationIn } from '../../rooms/machine/plan.ts'
import { occupantId } from '../../rooms/machine/occupants.ts'
import type { Room } from '../../rooms/machine/room.ts'
import type { Rooms } from '../../rooms/rooms.ts'
import { sessionsIn, type KeptRoom } from '../../rooms/snapshot.ts'
import type { Host } from '../../server/feature.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { wire } from '../../xml/wire.ts'
import type { Missed } from './missed.ts'
import { idElement, userElement } from './occupant-texts.ts'

/** What a room said so long before the server died may not have reached clients elsewhere: twice as long as stanzas wait for a link. */
const UNSURE_MS: Millis = 60_000

export interface AfterCrashParts {
  readonly host: Host
  readonly rooms: Rooms
  readonly missed: Missed
  /** Stanzas that rooms have sent. */
  readonly sent: Counter
}

export class AfterCrash {
  readonly #parts: AfterCrashParts
  readonly #crashed: KeptRoom[] = []
  readonly #addresses: Jid[] = []
  /** When the server was last known to run, and rooms had told something since the time before; null: never. */
  #ranAt: Millis | null = null
  #sent = 0

  constructor(parts: AfterCrashParts) {
    const { host, rooms, sent } = (this.#parts = parts)
    const changed = host.keep.service<Millis>({
      name: 'rooms-ran',
      version: 1,
      things: () => ['at'],
      save: (_, when) => (when === 'while running' ? this.#ranAt : null),
      load: (_, at) => void (this.#ranAt = at),
    })
    const isElsewhere = ({ remote }: { readonly remote: string }): boolean => !host.domains.includes(remote)
    host.on('sessions-stored', ({ at }) => {
      if (sent.value === this.#sent || ![...rooms.whereabouts.pairs()].some(isElsewhere)) return
      this.#sent = sent.value
      this.#ranAt = at
      changed('at')
    })
  }
  /** That room was kept while the server ran, and not since. */
  restored(address: Jid, kept: KeptRoom): void {
    this.#addresses.push(address)
    this.#crashed.push(kept)
  }
  /** The rooms are in memory again. */
  begin(): void {
    const since = (this.#ranAt ?? this.#parts.host.clock.now()) - UNSURE_MS
    for (const [i, address] of this.#addresses.entries()) this.#doubt(address, this.#crashed[i]!, since)
    this.#addresses.length = this.#crashed.length = 0
  }

  #doubt(address: Jid, kept: KeptRoom, since: Millis): void {
    const { host, rooms, missed } = this.#parts
    const room = rooms.held(address)
    if (room === null || room.uid !== kept.uid) return
    const gone = (kept.gone ?? []).filter(([, , at]) => at >= since).map(([nick, bare]) => goneFrom(room, nick, bare))
    for (const { jid: who } of sessionsIn(kept)) if (!host.domains.includes(who.domain)) missed.unsure(address, who, since, gone)
  }
}

/** As a room says it that has lost an occupant. */
function goneFrom(room: Room, nick: string, bare: string): Packet {
  const item = { affiliation: affiliationIn(room, bare), role: 'none', jid: null } as const
  const text = wire(userElement(item, [333]) + idElement({ id: occupantId(room.secret, bare) }))
  const from = room.address.withResource(nick)
  return Packet.of({ kind: 'presence', type: 'unavailable', from, payload: Payload.ofText(text) })
}
