/** Which clients in a room ask for annotations (XEP-0310; ROOM-132): as their capabilities (XEP-0115) in presence say. */
import { occupantOfSession, type OccupantSession, type Room } from '../../rooms/machine/room.ts'
import type { Resolver } from '../0115-entity-capabilities/index.ts'
import { capsIn } from '../../xmpp/caps.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { formIn } from '../../xmpp/state-annotation.ts'

export interface WishesParts {
  readonly resolver: Resolver
  readonly held: (address: Jid) => Room | null
  /** It has turned out that this session in that room asks for annotations. */
  readonly found: (room: Room, session: OccupantSession) => void
}

export class Wishes {
  readonly #parts: WishesParts

  constructor(parts: WishesParts) {
    this.#parts = parts
  }
  /** What is known of it when the presence arrives; the client is asked if nothing is. */
  wantsDoubts(presence: Packet): boolean {
    const address = presence.to!.asBare
    const caps = capsIn(presence.payload)
    if (caps === null) return this.#session(address, presence.from)?.wantsDoubts ?? false
    let isAsked = true
    let wants = false
    this.#parts.resolver.resolve(address, presence.from, caps, (features, isRefuted) => {
      wants = formIn(features) !== null && !isRefuted
      if (!isAsked && wants) this.#learnt(address, presence.from)
    })
    isAsked = false
    return wants
  }
  #learnt(address: Jid, who: Jid): void {
    const session = this.#session(address, who)
    if (session !== undefined && !session.wantsDoubts) this.#parts.found(this.#parts.held(address)!, session)
  }
  #session(address: Jid, { full }: Jid): OccupantSession | undefined {
    const room = this.#parts.held(address)
    const occupant = room === null ? undefined : occupantOfSession(room, full)
    return occupant?.sessions.find(({ jid }) => jid.full === full)
  }
}
