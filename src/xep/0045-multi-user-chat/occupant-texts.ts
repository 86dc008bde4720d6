/**
 * Presence of occupants as the room sends it (XEP-0045 7.2.2 to 7.2.5, 7.7, 7.14): the presence that the occupant has sent, the
 * room's own `<x/>`, and the occupant id (XEP-0421). The text of each is made once for each class of receivers. Records of
 * occupants are replaced and never changed, so that what was made of one holds as long as the record does.
 */
import type { Affiliation, Role } from '../../rooms/machine/affiliation.ts'
import type { Hat, Occupant, OccupantSession, PresenceFacts } from '../../rooms/machine/room.ts'
import { escape, escapeText, wire, type Wire } from '../../xml/wire.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { annotation, type Form } from '../../xmpp/state-annotation.ts'
import { HATS, MUC_USER, OCCUPANT_ID } from './ns.ts'

/** What the room says of an occupant beside their presence. Texts are ordinary strings. */
export interface Item {
  readonly affiliation: Affiliation
  readonly role: Role | 'none'
  /** The real address; null: not for this receiver. */
  readonly jid: Jid | null
  /** The nickname that the occupant has from now on (7.6). */
  readonly nick?: string
  readonly actor?: { readonly nick: string | null; readonly jid: string | null }
  readonly reason?: string
}

/** `<x/>` with an item, status codes, and what else belongs into it. */
export function userElement(item: Item | null, codes: readonly number[], more = wire('')): Wire {
  const statuses = codes.map((code) => `<status code='${code}'/>`).join('')
  return wire(`<x xmlns='${MUC_USER}'>${item === null ? '' : itemElement(item)}${statuses}${more}</x>`)
}
export function itemElement({ affiliation, role, jid, nick, actor, reason = '' }: Item): Wire {
  let start = `<item affiliation='${affiliation}' role='${role}'`
  if (jid !== null) start += ` jid='${jid.wire}'`
  if (nick !== undefined) start += ` nick='${escape(nick)}'`
  const inside = actorElement(actor) + elementOf('reason', reason)
  return wire(inside === '' ? `${start}/>` : `${start}>${inside}</item>`)
}
function actorElement(actor: Item['actor']): string {
  if (actor === undefined || (actor.nick === null && actor.jid === null)) return ''
  const nick = actor.nick === null ? '' : ` nick='${escape(actor.nick)}'`
  return `<actor${nick}${actor.jid === null ? '' : ` jid='${escape(actor.jid)}'`}/>`
}

/** An element with that text; nothing for no text. */
export const elementOf = (name: string, text: string): string => (text === '' ? '' : `<${name}>${escapeText(text)}</${name}>`)

/** 10.9. '' for what there is not. */
export function destroyElement(alternate: string, reason: string, password: string): Wire {
  const where = alternate === '' ? '' : ` jid='${escape(alternate)}'`
  const inside = elementOf('reason', reason) + elementOf('password', password)
  return wire(inside === '' ? `<destroy${where}/>` : `<destroy${where}>${inside}</destroy>`)
}

/** XEP-0421 section 4. */
export const idElement = ({ id }: Pick<Occupant, 'id'>): Wire => wire(`<occupant-id xmlns='${OCCUPANT_ID}' id='${id}'/>`)

/** XEP-0317 3.1. */
const hatsElement = (hats: readonly Hat[]): string =>
  hats.length === 0 ? '' : `<hats xmlns='${HATS}'>${hats.map(hatElement).join('')}</hats>`
const hatElement = ({ uri, title, hue }: Hat): string =>
  `<hat title='${escape(title)}' uri='${escape(uri)}'${hue === '' ? '' : ` hue='${hue}'`}/>`

/** Of one occupant. Annotated: with the doubts that there are about them (XEP-0310). */
interface Made {
  readonly from: Jid
  veiled: Packet | null
  address: Packet | null
  veiledAnnotated: Packet | null
  addressAnnotated: Packet | null
}

/** What was made of the occupants of one room. */
export class OccupantTexts {
  /** Its bare address. */
  readonly room: Jid
  #made = new WeakMap<Occupant, Made>()

  constructor(room: Jid) {
    this.room = room
  }
  /** Forgets what can be made again: the texts of one occupant take more memory than the occupant. */
  rest(): void {
    this.#made = new WeakMap()
  }
  /** The address of the occupant in the room. */
  addressOf(occupant: Occupant): Jid {
    return this.#of(occupant).from
  }
  /** Available presence for others. @param withAddress for those who may see the real address */
  presence(occupant: Occupant, withAddress: boolean): Packet {
    const made = this.#of(occupant)
    if (withAddress) return (made.address ??= this.#available(occupant, occupant.effective.jid, NONE))
    return (made.veiled ??= this.#available(occupant, null, NONE))
  }
  /** The same with the doubts about the occupant; none: what was doubted is so again. */
  annotated(occupant: Occupant, withAddress: boolean): Packet {
    const made = this.#of(occupant)
    const key = withAddress ? 'addressAnnotated' : 'veiledAnnotated'
    return (made[key] ??= this.#annotate(this.presence(occupant, withAddress), occupant))
  }
  annotatedSelf(occupant: Occupant, session: OccupantSession): Packet {
    return this.#annotate(this.selfPresence(occupant, session, NONE), occupant)
  }
  #annotate(packet: Packet, { doubts }: Occupant): Packet {
    // In both forms: the server of the receiver leaves it the one that it asks for
    const [first, revised] = FORMS.map((form) => annotation(this.room.domain, doubts, null, form))
    return packet.with({ payload: Payload.ofText(wire(`${packet.payload.text}${first}${revised}`)) })
  }
  /** Available presence for one session of the occupant itself. */
  selfPresence(occupant: Occupant, { jid }: OccupantSession, codes: readonly number[], more = wire('')): Packet {
    return this.#available(occupant, jid, [...codes, 110], more)
  }
  /** @param presence what was said on leaving; only a status is passed on (7.14) */
  unavailable(occupant: Occupant, x: Wire, presence: PresenceFacts | null): Packet {
    const said = presence?.payload.elements.filter((e) => e.is('status', 'jabber:client')) ?? []
    const payload = Payload.ofText(wire(Payload.of(...said).text + x + idElement(occupant)))
    return Packet.of({ kind: 'presence', type: 'unavailable', from: this.addressOf(occupant), payload })
  }

  #available(occupant: Occupant, jid: Jid | null, codes: readonly number[], more = wire('')): Packet {
    const { affiliation, role } = occupant
    return this.available(occupant, userElement({ affiliation, role, jid }, codes, more))
  }
  /** Available presence with what the room says in `x`. */
  available(occupant: Occupant, x: Wire): Packet {
    const { presence } = occupant.effective
    const payload = Payload.ofText(wire(presence.payload.text + x + hatsElement(occupant.hats) + idElement(occupant)))
    return Packet.of({ kind: 'presence', from: this.addressOf(occupant), lang: presence.lang, payload })
  }
  #of(occupant: Occupant): Made {
    const known = this.#made.get(occupant)
    if (known !== undefined) return known
    const made = {
      from: this.room.withResource(occupant.nick),
      veiled: null,
      address: null,
      veiledAnnotated: null,
      addressAnnotated: null,
    }
    this.#made.set(occupant, made)
    return made
  }
}
const NONE: readonly number[] = []
const FORMS: readonly Form[] = ['first', 'revised']
