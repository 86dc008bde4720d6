/** What a report inside of a block says (XEP-0377), as far as it is kept. Pure. */
import type { Element } from '../../xml/element.ts'
import { addressOrNull, type Jid } from '../../xmpp/jid.ts'

export const REPORTING = 'urn:xmpp:reporting:1'
/** XEP-0377 0.2: the reason is an element, `<spam/>` or `<abuse/>`. Clients still write it. */
const OLD_REPORTING = 'urn:xmpp:reporting:0'
const OLD_REASONS = ['spam', 'abuse']
const STANZA_IDS = 'urn:xmpp:sid:0'

/** Beyond these, reasons and ids are no use to anybody. */
const WORD_MAX = 256
const IDS_MAX = 20

export interface Report {
  /** The address that was blocked. */
  readonly jid: Jid
  readonly reason: string
  /** What the user says to it; '' for nothing. */
  readonly text: string
  /** Ids of messages in the archive of the user. */
  readonly messages: readonly string[]
}

/**
 * The reports in the items of a block. Section 5: a report never keeps an address from being blocked, so one without a reason
 * counts for nothing.
 * @param textMax characters that are kept of a text
 */
export function reportsIn(items: readonly Element[], textMax: number): readonly Report[] {
  return items.flatMap((item) => {
    const report = item.child('report', REPORTING) ?? item.child('report', OLD_REPORTING)
    const jid = addressOrNull(item.attr('jid') ?? '')
    const reason = report === undefined ? '' : reasonOf(report)
    if (report === undefined || jid === null || reason === '' || reason.length > WORD_MAX) return []
    const text = [...(report.child('text', report.ns)?.text.trim() ?? '')].slice(0, textMax).join('')
    const messages = report.elements
      .filter((e) => e.is('stanza-id', STANZA_IDS))
      .map((e) => e.attr('id') ?? '')
      .filter((id) => id !== '' && id.length <= WORD_MAX)
    return [{ jid, reason, text, messages: messages.slice(0, IDS_MAX) }]
  })
}

/** As 0.4 writes it; '' if there is none. */
function reasonOf(report: Element): string {
  if (report.ns === REPORTING) return report.attr('reason') ?? ''
  const name = OLD_REASONS.find((one) => report.child(one, OLD_REPORTING) !== undefined)
  return name === undefined ? '' : `urn:xmpp:reporting:${name}`
}
