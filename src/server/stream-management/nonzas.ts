/** XEP-0198: reads and writes the elements that are not stanzas. */
import type { Millis } from '../../base/clock.ts'
import { el, type Element } from '../../xml/element.ts'
import { wire, type Wire } from '../../xml/wire.ts'
import { serialise } from '../../xml/write.ts'
import { CLIENT, STANZA_ERRORS } from '../../xmpp/ns.ts'
import type { StanzaCondition } from '../../xmpp/stanza-error.ts'

export const SM = 'urn:xmpp:sm:3'
export const REQUEST: Wire = wire(`<r xmlns='${SM}'/>`)

export const answer = (h: number): Wire => wire(`<a xmlns='${SM}' h='${h}'/>`)

/** @param h of a known session that has ended */
export const failed = (condition: StanzaCondition, h: number | null = null): Element =>
  el('failed', SM, h === null ? {} : { h: String(h) }, el(condition, STANZA_ERRORS))

export const failedText = (condition: StanzaCondition): Wire => serialise(failed(condition), CLIENT)

/**
 * @param id null if the session cannot be resumed
 * @param location where the client should reconnect; '' for no preference
 */
export function enabled(id: string | null, resumable: Millis, location: string): Element {
  if (id === null) return el('enabled', SM)
  const attrs = { id, resume: 'true', max: String(resumable / SECOND) }
  return el('enabled', SM, location === '' ? attrs : { ...attrs, location })
}

export const resumed = (previd: string, h: number): Element => el('resumed', SM, { previd, h: String(h) })

/** The content of the stream error for a client that acknowledges stanzas that it was not sent (section 6). */
export const handledCountTooHigh = (h: number, written: number): Element =>
  el('handled-count-too-high', SM, { 'h': String(h), 'send-count': String(written) })

/** `resume='true'` or '1': the client wants a session that can be resumed. */
export function wantsResumption(enable: Element): boolean {
  const value = enable.attr('resume')?.trim()
  return value === 'true' || value === '1'
}

/** How long the session is to be resumable: the client's preference, and at most `longest`. In whole seconds. */
export function resumableFor(enable: Element, longest: Millis): Millis {
  const wanted = POSITIVE.exec(enable.attr('max')?.trim() ?? '')
  const seconds = Math.floor(longest / SECOND)
  return SECOND * (wanted === null ? seconds : Math.min(Number(wanted[0]), seconds))
}

/** The count in `h`, an xs:unsignedInt; null if there is none. */
export function readCount(element: Element): number | null {
  const text = element.attr('h')?.trim() ?? ''
  if (!/^\+?\d{1,20}$/.test(text)) return null
  const count = Number(text)
  return count < 2 ** 32 ? count : null
}

const SECOND: Millis = 1000
const POSITIVE = /^\+?0*[1-9]\d*$/
