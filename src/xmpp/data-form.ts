/** XEP-0004: data forms, shown and filled in. */
import { el, type Element } from '../xml/element.ts'

export const DATA_FORM = 'jabber:x:data'
/** XEP-0122: marks a list that also accepts values that are not among its options. */
const VALIDATE = 'http://jabber.org/protocol/xdata-validate'

/** Section 3.3. */
export type FieldType =
  | 'boolean'
  | 'hidden'
  | 'jid-multi'
  | 'jid-single'
  | 'list-multi'
  | 'list-single'
  | 'text-multi'
  | 'text-private'
  | 'text-single'

export interface FormField {
  readonly name: string
  readonly type: FieldType
  /** For people. */
  readonly label?: string
  readonly values: readonly string[]
  /** The options of a list: value and label of each. */
  readonly options?: readonly (readonly [value: string, label: string])[]
  /** Are values accepted that are not among the options? */
  readonly isOpen?: boolean
  readonly isRequired?: boolean
}

export interface Form {
  readonly type: 'form' | 'result'
  /** The value of FORM_TYPE (XEP-0068). */
  readonly formType?: string
  readonly title?: string
  readonly instructions?: string
  readonly fields: readonly FormField[]
}

export function dataForm({ type, formType, title, instructions, fields }: Form): Element {
  const parts: Element[] = []
  if (title !== undefined) parts.push(el('title', DATA_FORM, {}, title))
  if (instructions !== undefined) parts.push(el('instructions', DATA_FORM, {}, instructions))
  if (formType !== undefined) parts.push(fieldElement({ name: 'FORM_TYPE', type: 'hidden', values: [formType] }))
  return el('x', DATA_FORM, { type }, ...parts, ...fields.map(fieldElement))
}

/** Section 3.4: what was found, a row for each. @param columns the values of a field are not used */
export function resultTable<K extends string>(
  formType: string,
  columns: readonly (FormField & { readonly name: K })[],
  rows: readonly Readonly<Record<K, string>>[],
): Element {
  const items = rows.map((row) =>
    el(
      'item',
      DATA_FORM,
      {},
      ...columns.map(({ name }) => el('field', DATA_FORM, { var: name }, el('value', DATA_FORM, {}, row[name]))),
    ),
  )
  const kind = fieldElement({ name: 'FORM_TYPE', type: 'hidden', values: [formType] })
  return el('x', DATA_FORM, { type: 'result' }, kind, el('reported', DATA_FORM, {}, ...columns.map(fieldElement)), ...items)
}

function fieldElement({ name, type, label, values, options = [], isOpen = false, isRequired = false }: FormField): Element {
  return el(
    'field',
    DATA_FORM,
    { var: name, type, label },
    ...(isRequired ? [el('required', DATA_FORM)] : []),
    ...(isOpen ? [el('validate', VALIDATE, { datatype: 'xs:string' }, el('open', VALIDATE))] : []),
    ...values.map((value) => el('value', DATA_FORM, {}, value)),
    ...options.map(([value, words]) => el('option', DATA_FORM, { label: words }, el('value', DATA_FORM, {}, value))),
  )
}

/** The form inside `parent` that a user submitted or cancelled. */
export const answeredForm = (parent: Pick<Element, 'elements'>): Element | undefined =>
  parent.elements.find((e) => e.is('x', DATA_FORM) && (e.attr('type') === 'submit' || e.attr('type') === 'cancel'))

/** The submitted values of each field, including FORM_TYPE. If two fields have the same name, the first one counts. */
export function valuesOf(form: Element): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, readonly string[]>()
  for (const field of form.elements) {
    const name = field.attr('var')
    if (!field.is('field', DATA_FORM) || name === undefined || values.has(name)) continue
    values.set(
      name,
      field.elements.filter((e) => e.is('value', DATA_FORM)).map((e) => e.text),
    )
  }
  return values
}

/** Section 3.3: a boolean has two spellings. @returns null if `text` is neither */
export function booleanOf(text: string): boolean | null {
  if (text === '1' || text === 'true') return true
  return text === '0' || text === 'false' ? false : null
}
