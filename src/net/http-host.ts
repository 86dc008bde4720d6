/**
 * The Host of a request (RFC 9112 3.2): there is one and it reads like one; and whether it can only mean us. A page of
 * somebody else may have a name of its own lead to this machine, and then reads what is answered under it (DNS rebinding):
 * so what is for nobody but the operator is answered only under names that such a page cannot have.
 */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

const HOST = /^(\[[0-9a-f:.]+\]|[\w.-]*)(:\d{1,5})?$/i
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/i
/** What a request has once, and what another reader might take a second one of for. */
const SINGLE: readonly string[] = ['host', 'origin', 'content-type', 'content-length']

/** A name as it stands in a Host, in letters, digits and hyphens (RFC 9112 3.2, RFC 1123 2.1). */
export const isHostName = (text: string): boolean => HOST_NAME.test(text) && isIP(text) === 0

/** Null: nothing is wrong with them. */
export function headerFault({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): string | null {
  const seen = new Set<string>()
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase()
    if (!SINGLE.includes(name)) continue
    if (seen.has(name)) return `More than one ${name}`
    seen.add(name)
    if (name === 'host' && !HOST.test(rawHeaders[i + 1]!)) return 'This is no host'
  }
  return null
}

/**
 * Whether a Host can only mean this machine, or a name that the operator has given it: an address, "localhost", a name without
 * a dot (nobody can register one), or one of `names`. What is no browser, and sends none, is let in.
 */
export function meansUs(host: string | undefined, names: readonly string[]): boolean {
  if (host === undefined) return true
  const name = HOST.exec(host)?.[1]?.replace(/\.$/, '').toLowerCase()
  if (name === undefined) return false
  return isIP(name.replace(/^\[|\]$/g, '')) !== 0 || !name.includes('.') || name.endsWith('.localhost') || names.includes(name)
}
