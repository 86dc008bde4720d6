/** What a list shows and in which order, as the address of the page says it: fields above the list. */
import type { ComponentChildren } from 'preact'
import type { Route } from '../model/route.ts'
import { show } from './navigation.tsx'

export const Filter = ({ children }: { readonly children: ComponentChildren }) => (
  <form class="row" role="search" onSubmit={(event) => event.preventDefault()}>
    {children}
  </form>
)

interface FieldProps {
  readonly route: Route
  readonly label: string
  /** The option of the route. */
  readonly name: string
}
/** A field that is searched while the person types. */
export const Find = ({ route, label, name }: FieldProps) => (
  <label>
    {label}
    <input
      name={name}
      type="search"
      value={route.options[name] ?? ''}
      onInput={(event) => show(route, { [name]: event.currentTarget.value }, true)}
    />
  </label>
)
interface SelectProps extends FieldProps {
  /** Values with their words. */
  readonly choices: readonly (readonly [value: string, words: string])[]
  /** The value of the usual choice. */
  readonly usual?: string
}
export const Select = ({ route, label, name, choices, usual = '' }: SelectProps) => (
  <label>
    {label}
    <select
      name={name}
      value={route.options[name] ?? usual}
      onChange={(event) => show(route, { [name]: event.currentTarget.value })}
    >
      {choices.map(([value, words]) => (
        <option key={value} value={value}>
          {words}
        </option>
      ))}
    </select>
  </label>
)
