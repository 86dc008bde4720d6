/** JSON as events carry it. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/** Are the two equal, whatever the order of their keys? */
export function isSameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((one, i) => isSameJson(one, b[i] as Json))
  const [x, y] = [a as JsonObject, b as JsonObject]
  const keys = Object.keys(x)
  return keys.length === Object.keys(y).length && keys.every((key) => Object.hasOwn(y, key) && isSameJson(x[key], y[key]))
}

/** The text of a key; null: it has none. */
export const textIn = (of: JsonObject, key: string): string | null => {
  const value = of[key]
  return typeof value === 'string' ? value : null
}
