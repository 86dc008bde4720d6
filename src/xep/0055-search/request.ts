/** XEP-0055: what a search looks for, and the texts of its forms and answers. */
import { el, type Element } from '../../xml/element.ts'
import { answeredForm, dataForm, resultTable, valuesOf } from '../../xmpp/data-form.ts'
import { pageElement, type Page } from '../../xmpp/result-set.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { nameKey, type Names } from '../0054-vcard-temp/index.ts'

export const SEARCH = 'jabber:iq:search'

export interface Found extends Names {
  readonly jid: string
}
/** Beginnings of names, as they are compared; '' for any. */
export type Wanted = Names

export interface Asked {
  readonly wanted: Wanted
  /** Whether the answer is a form. */
  readonly byForm: boolean
}

type Field = keyof Names
const FIELDS: readonly Field[] = ['first', 'last', 'nick', 'email']
const LABELS = { first: 'First name', last: 'Last name', nick: 'Nickname', email: 'E-mail address' } as const
const INSTRUCTIONS = 'Fill in one or more fields, with the beginning of the name. A field needs three characters.'
/** How many characters at least one field needs. */
const CHARACTERS_MIN = 3

const TEXT_FIELDS = FIELDS.map((name) => ({ name, type: 'text-single', label: LABELS[name], values: [] }) as const)
const COLUMNS = [{ name: 'jid', type: 'jid-single', label: 'Address', values: [] } as const, ...TEXT_FIELDS]

/** SRCH-20 */
export function searchForm(): Element {
  return el(
    'query',
    SEARCH,
    {},
    el('instructions', SEARCH, {}, INSTRUCTIONS),
    ...FIELDS.map((field) => el(field, SEARCH)),
    dataForm({
      type: 'form',
      formType: SEARCH,
      title: 'Search for people',
      instructions: INSTRUCTIONS,
      fields: TEXT_FIELDS,
    }),
  )
}

/**
 * SRCH-21, SRCH-23: if there is a form, only that counts.
 * @throws StanzaError bad-request: nothing is filled in; not-acceptable: too little
 */
export function readSearch(query: Element): Asked {
  const form = answeredForm(query)
  if (form?.attr('type') === 'cancel') throw new StanzaError('bad-request', { text: 'Nothing is searched for' })
  const values = form === undefined ? null : valuesOf(form)
  const textOf = (field: string): string =>
    nameKey((values === null ? query.child(field)?.text : values.get(field)?.[0]) ?? '')
      .trim()
      .replace(/\*+$/, '')
  const wanted = { first: textOf('first'), last: textOf('last'), nick: textOf('nick'), email: textOf('email') }
  const lengths = Object.values(wanted).map((text) => [...text].length)
  if (lengths.every((length) => length === 0)) throw new StanzaError('bad-request', { text: 'Fill in at least one field' })
  if (lengths.every((length) => length < CHARACTERS_MIN)) throw new StanzaError('not-acceptable', { text: INSTRUCTIONS })
  return { wanted, byForm: form !== undefined }
}

/** @param page null if it is not to be told */
export function searchResult(found: readonly Found[], byForm: boolean, page: Page | null): Element {
  const set = page === null ? [] : [pageElement(page)]
  if (found.length === 0) return el('query', SEARCH, {}, ...set)
  return el('query', SEARCH, {}, ...(byForm ? [resultTable(SEARCH, COLUMNS, found)] : found.map(itemOf)), ...set)
}

const itemOf = (found: Found): Element =>
  el('item', SEARCH, { jid: found.jid }, ...FIELDS.map((field) => el(field, SEARCH, {}, found[field])))
