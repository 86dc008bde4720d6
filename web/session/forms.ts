/** Converts the client library's data forms (XEP-0004) to the model, and the person's answer to one. */
import type { DataForm, DataFormField } from 'stanza/protocol'
import type { Answered, FieldKind, Form, FormField } from '../model/data-form.ts'

const KINDS: Readonly<Record<string, FieldKind>> = {
  'boolean': 'flag',
  'text-private': 'secret',
  'text-multi': 'lines',
  'jid-multi': 'lines',
  'list-single': 'one',
  'list-multi': 'several',
  'fixed': 'words',
}
const FORM_TYPE = 'FORM_TYPE'
const valuesOf = ({ rawValues }: DataFormField): readonly string[] => rawValues ?? []

/** The value of a field; null if the form has none. */
export const valueIn = ({ fields }: DataForm, name: string): string | null =>
  valuesOf(fields?.find((field) => field.name === name) ?? {})[0] ?? null
/** What the form is for (XEP-0068). */
export const typeOf = (form: DataForm): string | null => valueIn(form, FORM_TYPE)

export function formOf(form: DataForm): Form {
  const { instructions = [], fields = [] } = form
  const words = typeof instructions === 'string' ? [instructions] : instructions
  return {
    type: typeOf(form),
    instructions: words.length === 0 ? null : words.join('\n'),
    fields: fields.flatMap(fieldOf),
  }
}
function fieldOf(field: DataFormField): readonly FormField[] {
  const { type = 'text-single', name = '', label, description, required } = field
  const kind = KINDS[type] ?? 'line'
  if (type === 'hidden' || (name === '' && kind !== 'words')) return []
  const options = 'options' in field ? (field.options ?? []) : []
  return [
    {
      ...{ name, kind, label: label ?? name, description: description ?? null, values: valuesOf(field) },
      options: options.map(({ value, label: words }) => ({ value: String(value), label: words ?? String(value) })),
      isRequired: required === true,
    },
  ]
}

export function submitted({ type }: Pick<Form, 'type'>, answers: readonly Answered[]): DataForm {
  const head = type === null ? [] : [{ name: FORM_TYPE, type: 'hidden' as const, value: type }]
  // Without a type of the field the library writes each value as it is
  return { type: 'submit', fields: [...head, ...answers.map(({ name, values }) => ({ name, value: [...values] }))] }
}
