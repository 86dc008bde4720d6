/**
 * Pages of a list that is sorted by a number and then by a name. A page begins behind the place at which the one before it has
 * ended: if rows come or go between two pages, no other row is left out.
 */
import { CommandError } from './command.ts'

export interface Place {
  /** The lowest comes first. */
  readonly key: number
  readonly name: string
}

/** @param from null for the first page */
export function pageOf<T>(
  rows: readonly T[],
  placeOf: (row: T) => Place,
  from: Place | null,
  size: number,
): { readonly page: readonly T[]; readonly next: Place | null } {
  const wanted = rows
    .map((row) => ({ row, place: placeOf(row) }))
    .filter(({ place }) => from === null || compare(place, from) > 0)
    .sort((a, b) => compare(a.place, b.place))
  const page = wanted.slice(0, size)
  return { page: page.map(({ row }) => row), next: wanted.length > size ? page.at(-1)!.place : null }
}
const compare = (a: Place, b: Place): number => a.key - b.key || (a.name < b.name ? -1 : a.name === b.name ? 0 : 1)

/** A place as text. The order `address` has no number. */
export const textOfPlace = ({ key, name }: Place, order: string): string => (order === 'address' ? name : `${key} ${name}`)

/** Null for '', the first page. @throws CommandError */
export function placeFrom(text: string, order: string): Place | null {
  if (text === '') return null
  if (order === 'address') return { key: 0, name: text }
  const [, key, name] = /^(-?\d+) (.+)$/su.exec(text) ?? []
  if (key === undefined) throw new CommandError(`No page begins at "${text}". Begin with the first page.`)
  return { key: Number(key), name: name! }
}
