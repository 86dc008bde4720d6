/** XEP-0313 4.1: what somebody asks of an archive, read from the form and the page that it asks for. */
import type { Element } from '../../xml/element.ts'
import { answeredForm, dataForm, valuesOf } from '../../xmpp/data-form.ts'
import { parseDateTime } from '../../xmpp/datetime.ts'
import { jidOrNull, type Jid } from '../../xmpp/jid.ts'
import { readPageAsk, type PageAsk } from '../../xmpp/result-set.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'

export const MAM = 'urn:xmpp:mam:2'
export const MAM_EXTENDED = `${MAM}#extended`
/** XEP-0431. */
export const FULL_TEXT = 'urn:xmpp:fulltext:0'
const FULL_TEXT_FIELD = `{${FULL_TEXT}}fulltext`
export const MAM_GROUPCHAT = `${MAM}#groupchat-field`
const IDS_MAX = 100
const GROUPCHAT = 'include-groupchat'

export interface ArchiveAsk {
  /** Null: everybody. */
  readonly with: Jid | null
  /** Moments, both part of it; null: without bounds. */
  readonly start: number | null
  readonly end: number | null
  /** Ids that the range lies behind and in front of; null: without bounds. */
  readonly afterId: string | null
  readonly beforeId: string | null
  /** These entries alone; null: no matter which. */
  readonly ids: readonly string[] | null
  /** XEP-0431: words that the text has; null: no matter which text. */
  readonly fullText: string | null
  readonly page: PageAsk
  /** 4.3.5: the newest of the page is sent first. */
  readonly isFlipped: boolean
}

const FIELDS = ['with', 'start', 'end', 'after-id', 'before-id', 'ids', 'FORM_TYPE']

/**
 * @param more the fields that this archive knows in addition
 * @throws StanzaError feature-not-implemented: a field that is not known (4.1.5); bad-request: a value that cannot be read
 */
export function readArchiveAsk(query: Element, more: readonly string[] = []): ArchiveAsk {
  const form = answeredForm(query)
  const values = form === undefined ? new Map<string, readonly string[]>() : valuesOf(form)
  for (const name of values.keys())
    if (!FIELDS.includes(name) && !more.includes(name)) throw new StanzaError('feature-not-implemented')
  const first = (name: string): string | null => values.get(name)?.[0] ?? null
  const ids = values.get('ids') ?? null
  if (ids !== null && ids.length > IDS_MAX) throw new StanzaError('bad-request', { text: `No more than ${IDS_MAX} ids` })
  return {
    with: readWith(first('with')),
    start: readTime(first('start')),
    end: readTime(first('end')),
    afterId: first('after-id'),
    beforeId: first('before-id'),
    ids,
    fullText: first(FULL_TEXT_FIELD) || null,
    page: pageIn(query),
    isFlipped: query.child('flip-page', MAM) !== undefined,
  }
}
function pageIn(query: Element): PageAsk {
  const page = readPageAsk(query)
  if (page.index !== null) throw new StanzaError('feature-not-implemented')
  return page
}
function readWith(text: string | null): Jid | null {
  if (text === null) return null
  const jid = jidOrNull(text)
  if (jid === null) throw new StanzaError('bad-request', { text: 'The value of "with" is not an address' })
  return jid
}
function readTime(text: string | null): number | null {
  if (text === null) return null
  const time = parseDateTime(text)
  if (time === null) throw new StanzaError('bad-request', { text: `"${text.slice(0, 40)}" is not a time (XEP-0082)` })
  return time
}

/** 4.1.4: the archive of an account has no groupchat, whether that is asked for or not. */
export const OF_ACCOUNTS: readonly string[] = [GROUPCHAT, FULL_TEXT_FIELD]
export const OF_ROOMS: readonly string[] = [FULL_TEXT_FIELD]

/** 4.1.5: the fields that can be asked for. */
export const archiveForm = (more: readonly string[] = []): Element =>
  dataForm({
    type: 'form',
    formType: MAM,
    fields: [
      { name: 'with', type: 'jid-single', values: [] },
      { name: 'start', type: 'text-single', values: [] },
      { name: 'end', type: 'text-single', values: [] },
      { name: 'before-id', type: 'text-single', values: [] },
      { name: 'after-id', type: 'text-single', values: [] },
      { name: 'ids', type: 'list-multi', values: [], isOpen: true },
      ...more.map((name) => ({ name, type: name === GROUPCHAT ? 'boolean' : 'text-single', values: [] }) as const),
    ],
  })
