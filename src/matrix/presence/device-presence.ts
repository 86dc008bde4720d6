/** What the presence of one face says to the other: of a Matrix device to XMPP contacts, of an XMPP client to Matrix users. Pure. */
import type { Millis } from '../../base/clock.ts'
import { el, type Element } from '../../xml/element.ts'
import { formatDateTime, parseDateTime } from '../../xmpp/datetime.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { CLIENT } from '../../xmpp/ns.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import type { DeviceNews, Said } from './machine.ts'

/** XEP-0319. */
const IDLE = 'urn:xmpp:idle:1'
/** XEP-0012, in presence (XEP-0256). */
const LAST = 'jabber:iq:last'

/** A text of an XMPP client may be much longer than what Matrix clients show. In octets. */
export const STATUS_OCTETS_MAX = 512

/**
 * The presence that a device broadcasts, with the priority 0 of a presence that names none. A device that is not there is
 * unavailable.
 */
export function devicePresence(
  from: Jid,
  { state, text, lastActivity }: Pick<DeviceNews, 'state' | 'text' | 'lastActivity'>,
): Packet {
  const status = text === '' ? [] : [el('status', CLIENT, {}, text)]
  if (state === 'offline') return Packet.of({ kind: 'presence', type: 'unavailable', from, payload: Payload.of(...status) })
  const idle = state === 'unavailable' && lastActivity !== null ? [idleElement(lastActivity)] : []
  return Packet.of({ kind: 'presence', from, payload: Payload.of(...SHOW[state], ...status, ...idle) })
}
const show = (word: string): readonly Element[] => [el('show', CLIENT, {}, word)]
const SHOW = { online: [], unavailable: show('away'), busy: show('dnd') } as const
const idleElement = (since: Millis): Element => el('idle', IDLE, { since: formatDateTime(since) })

/**
 * What an available presence of an XMPP client says.
 * @param isFirst XEP-0256: in initial presence the last activity is the last logout, which is something else
 * @param lang the language of the server, of several texts the preferred one
 */
export function saidIn({ payload, lang }: Packet, priority: number, isFirst: boolean, now: Millis, preferred: string): Said {
  const word = payload.child('show')?.text ?? ''
  const state = word === 'dnd' ? 'busy' : word === 'away' || word === 'xa' ? 'unavailable' : 'online'
  const seconds = isFirst || state !== 'unavailable' ? null : secondsIn(payload)
  const since = sinceIn(payload) ?? (seconds === null ? null : now - seconds * 1000)
  return {
    state,
    text: shortened(textIn(payload, lang, preferred)),
    priority,
    idleSince: since === null ? null : Math.min(since, now),
  }
}
/** The status of an unavailable presence. */
export const lastTextIn = ({ payload, lang }: Packet, preferred: string): string => shortened(textIn(payload, lang, preferred))

function sinceIn(payload: Payload): Millis | null {
  const since = payload.isEmpty ? undefined : payload.child('idle', IDLE)?.attr('since')
  return since === undefined ? null : parseDateTime(since)
}
function secondsIn(payload: Payload): number | null {
  const seconds = payload.child('query', LAST)?.attr('seconds')
  return seconds !== undefined && /^\d{1,10}$/.test(seconds) ? Number(seconds) : null
}
/** Of several texts (RFC 6121 4.7.2.2) the one in the preferred language, otherwise the first. */
function textIn(payload: Payload, lang: string | null, preferred: string): string {
  const all = payload.elements.filter((e) => e.is('status', CLIENT))
  const isPreferred = (e: Element): boolean => (e.attr('xml:lang') ?? lang ?? '').split('-')[0]!.toLowerCase() === preferred
  return (all.find(isPreferred) ?? all[0])?.text ?? ''
}
/** As much of the text as fits, whole characters only. */
function shortened(text: string): string {
  if (Buffer.byteLength(text) <= STATUS_OCTETS_MAX) return text
  let octets = 0
  let short = ''
  for (const char of text) {
    octets += Buffer.byteLength(char)
    if (octets > STATUS_OCTETS_MAX) break
    short += char
  }
  return short
}
