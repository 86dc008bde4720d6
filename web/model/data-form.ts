/** A form as a room or a server sends it (XEP-0004): its fields as they are shown, and the answer to it. */

/** How a person fills a field in. */
export type FieldKind = 'flag' | 'line' | 'secret' | 'lines' | 'one' | 'several' | 'words'

export interface FormField {
  readonly name: string
  readonly kind: FieldKind
  readonly label: string
  readonly description: string | null
  readonly values: readonly string[]
  readonly options: readonly { readonly value: string; readonly label: string }[]
  readonly isRequired: boolean
}
export interface Form {
  /** What the form is for (XEP-0068); null if it does not say. */
  readonly type: string | null
  readonly instructions: string | null
  readonly fields: readonly FormField[]
}
/** A field of the answer. */
export interface Answered {
  readonly name: string
  readonly values: readonly string[]
}

/** What a person has written or chosen in a field. */
export type Given = ReadonlyMap<string, readonly string[]>

const TRUE: ReadonlySet<string> = new Set(['1', 'true'])
export const isSet = ({ values }: Pick<FormField, 'values'>): boolean => TRUE.has(values[0] ?? '')

/**
 * The fields whose value is another one now, and those that must be filled in. The others keep their value (FORM-1), so that
 * what somebody else has changed meanwhile stays.
 */
export function answersIn(form: Form, given: Given): readonly Answered[] {
  return form.fields.flatMap((field) => {
    const values = given.get(field.name)
    if (values === undefined || field.kind === 'words') return []
    const before = field.kind === 'flag' ? [isSet(field) ? '1' : '0'] : field.values
    const isSame = values.length === before.length && values.every((value, i) => value === before[i])
    return isSame && !field.isRequired ? [] : [{ name: field.name, values }]
  })
}

/** Some services offer one field under several names, for clients that know one of them: people see it once. */
export function shownFields({ fields }: Form): readonly FormField[] {
  const isTwin = (field: FormField, other: FormField): boolean => other.label === field.label && other.kind === field.kind
  return fields.filter((field, i) => field.label === '' || fields.findIndex((other) => isTwin(field, other)) === i)
}

/** A value that is set is among the options, whatever the form offers. */
export const optionsOf = ({ options, values }: FormField): FormField['options'] => [
  ...values.filter((value) => !options.some((option) => option.value === value)).map((value) => ({ value, label: value })),
  ...options,
]
