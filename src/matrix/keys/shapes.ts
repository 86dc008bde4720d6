/** What clients upload of keys, and what is wrong with it. The server reads no more of it than these shapes (MXR-140). */
import * as v from 'valibot'
import { badJson, invalidParam, tooLarge } from '../http/errors.ts'
import { anyObject } from '../http/json.ts'
import { checkName } from '../rooms/event-limits.ts'
import type { JsonObject } from './canonical.ts'

const KEY_OCTETS_MAX = 16 * 1024
const FEW = 50

const texts = v.record(v.string(), v.string())
export const signaturesShape = v.record(v.string(), texts)
const few = <T extends Record<string, unknown>>(all: T): boolean => Object.keys(all).length <= FEW

export const deviceKeysShape = v.looseObject({
  user_id: v.string(),
  device_id: v.string(),
  algorithms: v.pipe(v.array(v.string()), v.maxLength(FEW)),
  keys: v.pipe(texts, v.check(few, 'too many keys')),
  signatures: signaturesShape,
})
export type DeviceKeys = v.InferOutput<typeof deviceKeysShape>

/** Keys for one use: the older form is the key alone. */
const keysByName = v.record(v.string(), v.union([v.string(), anyObject]))
export type KeysByName = v.InferOutput<typeof keysByName>
export const uploadShape = v.object({
  device_keys: v.nullish(deviceKeysShape),
  one_time_keys: v.nullish(keysByName),
  fallback_keys: v.nullish(keysByName),
})

export const crossKeyShape = v.looseObject({
  user_id: v.string(),
  usage: v.array(v.string()),
  keys: texts,
  signatures: v.optional(signaturesShape),
})
export type CrossKeyUpload = v.InferOutput<typeof crossKeyShape>

/** As it is stored. @throws MatrixError */
export function contentOf(key: string | object): string {
  const content = JSON.stringify(key)
  if (Buffer.byteLength(content) > KEY_OCTETS_MAX) throw tooLarge(`A key has at most ${KEY_OCTETS_MAX} octets`)
  return content
}
/** The keys of an upload as they are stored. @throws MatrixError */
export const namedKeys = (keys: KeysByName | null | undefined): readonly { readonly id: string; readonly content: string }[] =>
  Object.entries(keys ?? {}).map(([id, key]) => {
    checkName(id)
    if (!/^[^:]+:./.test(id)) throw invalidParam(`${id} is no name of a key`)
    return { id, content: contentOf(key) }
  })

/** The one public key that an upload holds. @throws MatrixError */
export function publicKeyIn({ keys }: Pick<CrossKeyUpload, 'keys'>): string {
  const [[id, key] = ['', ''], ...more] = Object.entries(keys)
  if (more.length > 0 || key === '' || id !== `ed25519:${key}`) throw badJson('A key of cross-signing is one key of Ed25519')
  return key
}
/** The signatures of a user that an object holds. */
export const signaturesBy = (object: JsonObject, userId: string): Readonly<Record<string, string>> =>
  ((object['signatures'] ?? {}) as Readonly<Record<string, Readonly<Record<string, string>>>>)[userId] ?? {}
