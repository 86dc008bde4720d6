/** The fields of a form that a room sends (XEP-0004), and what the person has filled in. */
import { isSet, optionsOf, shownFields, type Form, type FormField, type Given } from '../model/data-form.ts'

export function FormFields({ form }: { readonly form: Form }) {
  return (
    <>
      {form.instructions !== null && <p class="more">{form.instructions}</p>}
      {shownFields(form).map((field) => (
        <Field key={`${field.name} ${field.label}`} field={field} />
      ))}
    </>
  )
}

function Field({ field }: { readonly field: FormField }) {
  const { kind, label, description, values } = field
  if (kind === 'words') return <p class="more">{values.join('\n')}</p>
  if (kind === 'several') return <Several field={field} />
  const hint = description === null ? null : <span class="more">{description}</span>
  if (kind === 'flag')
    return (
      <label class="check">
        <input name={field.name} type="checkbox" value="1" defaultChecked={isSet(field)} />
        <span>
          {label} {hint}
        </span>
      </label>
    )
  return (
    <label>
      <span>
        {label} {hint}
      </span>
      <Control field={field} />
    </label>
  )
}

function Control({ field }: { readonly field: FormField }) {
  const { name, kind, values, isRequired } = field
  if (kind === 'one')
    return (
      <select name={name} required={isRequired}>
        {optionsOf(field).map(({ value, label }) => (
          <option key={value} value={value} selected={value === values[0]}>
            {label}
          </option>
        ))}
      </select>
    )
  if (kind === 'lines') return <textarea name={name} rows={3} required={isRequired} defaultValue={values.join('\n')} />
  const rest = { name, required: isRequired, defaultValue: values[0] ?? '' }
  // A new password, so that no browser fills in one of the person's own
  if (kind === 'secret') return <input type="password" autocomplete="new-password" {...rest} />
  return <input autocomplete="off" {...rest} />
}

function Several({ field }: { readonly field: FormField }) {
  return (
    <fieldset>
      <legend>{field.label}</legend>
      {optionsOf(field).map(({ value, label }) => (
        <label key={value} class="check">
          <input name={field.name} type="checkbox" value={value} defaultChecked={field.values.includes(value)} />
          {label}
        </label>
      ))}
    </fieldset>
  )
}

/** What stands in the fields of a form on the page. */
export function givenIn(form: Form, element: HTMLFormElement): Given {
  const data = new FormData(element)
  return new Map(
    shownFields(form).map((field) => {
      const values = data.getAll(field.name).map(String)
      if (field.kind === 'flag') return [field.name, [values.length === 0 ? '0' : '1']]
      if (field.kind === 'lines') return [field.name, linesOf(values[0] ?? '')]
      const wasEmpty = field.values.length === 0 && values[0] === ''
      return [field.name, field.kind !== 'several' && wasEmpty ? [] : values]
    }),
  )
}
const linesOf = (text: string): readonly string[] => (text === '' ? [] : text.replaceAll('\r\n', '\n').split('\n'))
