/**
 * JSON from clients, which may be hostile: valid UTF-8, limited in depth, with numbers that every reader understands alike
 * (MXR-74, MXR-151). Of equal keys the last one counts.
 */
import { isUtf8 } from 'node:buffer'
import * as v from 'valibot'
import { badJson, notJson } from './errors.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

type JsonObject = { readonly [key: string]: Json | undefined }
/** The schema of what may be any object. */
export const anyObject = v.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be an object',
)

const DEPTH_MAX = 100

/**
 * The value that a body holds; an empty body is an empty object.
 * @param fractions whether numbers may have fractions or be so large that they are not exact
 * @throws MatrixError M_NOT_JSON, M_BAD_JSON
 */
export function readJson(octets: Buffer, fractions: boolean): Json {
  if (octets.length === 0) return {}
  if (!isUtf8(octets)) throw notJson()
  const value = parsed(octets.toString('utf8'))
  check(value, fractions)
  return value
}

/** @throws MatrixError M_NOT_JSON */
export function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    throw notJson()
  }
}

/** @throws MatrixError M_BAD_JSON */
export function check(value: Json, fractions: boolean): void {
  const open: { readonly value: Json; readonly depth: number }[] = [{ value, depth: 1 }]
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (typeof one.value === 'string') checkText(one.value)
    else if (typeof one.value === 'number') checkNumber(one.value, fractions)
    else if (typeof one.value === 'object' && one.value !== null) {
      if (one.depth > DEPTH_MAX) throw badJson(`The JSON is deeper than ${DEPTH_MAX} levels`)
      if (!Array.isArray(one.value)) Object.keys(one.value).forEach(checkText)
      for (const inner of Object.values(one.value)) open.push({ value: inner as Json, depth: one.depth + 1 })
    }
  }
}
function checkText(text: string): void {
  if (!text.isWellFormed()) throw badJson('A text has half of a surrogate pair')
}
function checkNumber(number: number, fractions: boolean): void {
  if (!Number.isFinite(number)) throw badJson('A number is too large')
  if (!fractions && !Number.isSafeInteger(number)) throw badJson('Only whole numbers up to 2^53 - 1 are allowed')
}
