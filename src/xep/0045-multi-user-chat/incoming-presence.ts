/** Presence that comes for a room (XEP-0045 7.2, 7.6, 7.7, 7.14, 17.3): who enters, changes, leaves, or only thinks to be in. */
import type { Actor, Command } from '../../rooms/machine/commands.ts'
import type { PresenceFacts } from '../../rooms/machine/room.ts'
import type { HistoryAsk } from '../../rooms/machine/tells.ts'
import type { Element } from '../../xml/element.ts'
import { parseDateTime } from '../../xmpp/datetime.ts'
import { unpin } from '../../xml/wire.ts'
import type { Packet, Payload } from '../../xmpp/packet.ts'
import { WireCache } from '../../xmpp/wire-cache.ts'
import { VERSIONS } from './affiliation-versions.ts'
import { MUC, MUC_USER, XMPP } from './ns.ts'
import { withoutOurs } from './payloads.ts'

export type Enter = Extract<Command, { do: 'enter' }>

export const actorOf = ({ from }: Packet): Actor => ({ jid: from.bare, session: from, transaction: null })

/** The child by which a client asks to enter (7.2.1); undefined: it does not. ROOM-50: some put the password into muc#user. */
export function joinElement({ payload }: Packet): Element | undefined {
  if (!payload.text.includes(MUC)) return undefined
  return payload.child('x', MUC) ?? passwordBearer(payload.child('x', MUC_USER))
}
const passwordBearer = (x: Element | undefined): Element | undefined => (x?.child('password') === undefined ? undefined : x)

/** What the others are shown of it. The elements of the packet are read before: what is kept of them is text. */
export function presenceFacts(packet: Packet): PresenceFacts {
  const priority = Number(packet.payload.child('priority')?.text ?? '0')
  const payload = shared(withoutOurs(packet.payload))
  return { payload, lang: packet.lang === null ? null : unpin(packet.lang), priority: Number.isInteger(priority) ? priority : 0 }
}

/** Payloads that are shared by all who say the same of themselves: mostly what their clients can do (XEP-0115). */
const SHARED_MAX = 2000
const SHARED_OCTETS_MAX = 1024
const known = new WireCache<Payload>(SHARED_MAX)

function shared(payload: Payload): Payload {
  if (payload.isEmpty) return payload
  const same = known.get(payload.text)
  if (same !== undefined) return same
  payload.keep()
  if (payload.text.length <= SHARED_OCTETS_MAX) known.set(payload.text, payload)
  return payload
}

export function entering(packet: Packet, x: Element, wantsDoubts: boolean, now: number): Enter {
  return {
    do: 'enter',
    as: packet.from,
    face: XMPP,
    nick: packet.to!.resource,
    password: x.child('password')?.text ?? null,
    presence: presenceFacts(packet),
    wantsDoubts,
    history: historyAsk(x.child('history', MUC), now),
    affiliationsSince: versionIn(x),
    byStanding: false,
  }
}
/** XEP-0463 */
function versionIn(x: Element): string | null {
  const asks = x.child('mav', VERSIONS)
  return asks === undefined ? null : (asks.attr('since') ?? '')
}
/** 7.2.14; ROOM-61: numbers that are none are passed over. */
function historyAsk(history: Element | undefined, now: number): HistoryAsk | null {
  if (history === undefined) return null
  const numberOf = (name: string): number | null => {
    const text = history.attr(name) ?? ''
    return /^\d{1,9}$/.test(text) ? Number(text) : null
  }
  const seconds = numberOf('seconds')
  const since = parseDateTime(history.attr('since') ?? '')
  const times = [since, seconds === null ? null : now - 1000 * seconds].filter((time) => time !== null)
  return {
    maxCharacters: numberOf('maxchars'),
    maxStanzas: numberOf('maxstanzas'),
    since: times.length === 0 ? null : Math.max(...times),
  }
}
