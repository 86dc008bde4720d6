/** XEP-0004: data forms, as far as the server asks something by them. */
import { el, type Element } from '../xml/element.ts'

export const DATA_FORM = 'jabber:x:data'

export const dataForm = (type: 'form' | 'result', title: string, ...fields: readonly Element[]): Element =>
  el('x', DATA_FORM, { type }, el('title', DATA_FORM, {}, title), ...fields)

/** One of several options (3.3: list-single). @param options value and label of each */
export const choiceField = (
  name: string,
  label: string,
  value: string,
  options: readonly (readonly [value: string, label: string])[],
): Element =>
  el(
    'field',
    DATA_FORM,
    { var: name, type: 'list-single', label },
    el('value', DATA_FORM, {}, value),
    ...options.map(([v, words]) => el('option', DATA_FORM, { label: words }, el('value', DATA_FORM, {}, v))),
  )

/** What was filled in: of each field its first value. */
export function valuesOf(form: Element): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const field of form.elements) {
    const name = field.attr('var')
    const value = field.child('value', DATA_FORM)
    if (field.is('field', DATA_FORM) && name !== undefined && value !== undefined) values.set(name, value.text)
  }
  return values
}
