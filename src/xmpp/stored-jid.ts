/** Addresses that come out of a store: prepared before they went in, and taken at their word. */
import { encode } from '../xml/wire.ts'
import { jidOf, jidOfWire, type Jid } from './jid.ts'

/**
 * The address whose `full` is `text`. A later version of Unicode may think otherwise of it: then it is taken as
 * it stands, so that an account can still log in. Bare addresses are shared: thousands of rosters hold them.
 */
export function storedJid(text: string): Jid {
  const slash = text.indexOf('/')
  if (slash < 0) {
    try {
      return jidOfWire(encode(text)) // a bare address has nothing to escape
    } catch {
      return takenAtItsWord(text, slash)
    }
  }
  return takenAtItsWord(text, slash)
}

function takenAtItsWord(text: string, slash: number): Jid {
  const bare = slash < 0 ? text : text.slice(0, slash)
  const at = bare.indexOf('@')
  return jidOf(at < 0 ? '' : bare.slice(0, at), bare.slice(at + 1), slash < 0 ? '' : text.slice(slash + 1))
}
