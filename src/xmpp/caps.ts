/** XEP-0115: entity capabilities, as the presence of an entity states them. */
import type { Payload } from './packet.ts'

export const CAPS = 'http://jabber.org/protocol/caps'

/** What an entity's presence says about its capabilities. */
export interface Caps {
  readonly hash: string
  readonly node: string
  readonly ver: string
}

/** Attributes longer than this are nobody's: they are not kept. */
const ATTRIBUTE_MAX = 1024

/** Null: none, or without `hash` and so in the format of before 2007 (5.4 step 1), or absurdly long. */
export function capsIn(payload: Payload): Caps | null {
  if (payload.isEmpty || !payload.text.includes(CAPS)) return null
  const c = payload.child('c', CAPS)
  const hash = c?.attr('hash')
  const node = c?.attr('node')
  const ver = c?.attr('ver')
  if (hash === undefined || node === undefined || ver === undefined) return null
  return hash.length + node.length + ver.length > ATTRIBUTE_MAX ? null : { hash, node, ver }
}
