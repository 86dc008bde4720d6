/**
 * Checks the Host of a request (RFC 9112 3.2): there is exactly one, and it is a valid host. Also checks whether it can only
 * mean this server. A stranger's page can have a name that leads to this machine, and then read the answers (DNS
 * rebinding). So what is only for the operator is answered only under names that such a page cannot have.
 */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

const HOST = /^(\[[0-9a-f:.]+\]|[\w.-]*)(:\d{1,5})?$/i
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/i
/** Headers that a request can have only once, because different readers could use different ones. */
const SINGLE: readonly string[] = ['host', 'origin', 'content-type', 'content-length']

/** A name as it can stand in a Host: letters, digits and hyphens (RFC 9112 3.2, RFC 1123 2.1). */
export const isHostName = (text: string): boolean => HOST_NAME.test(text) && isIP(text) === 0

/** What is wrong with the headers; null if nothing. */
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
 * Whether a Host can only mean this machine or a name that the operator has given it: an address, "localhost", a name
 * without a dot (nobody can register one), or one of `names`. A request without a Host comes from no browser, and is accepted.
 */
export function meansUs(host: string | undefined, names: readonly string[]): boolean {
  if (host === undefined) return true
  const name = HOST.exec(host)?.[1]?.replace(/\.$/, '').toLowerCase()
  if (name === undefined) return false
  return isIP(name.replace(/^\[|\]$/g, '')) !== 0 || !name.includes('.') || name.endsWith('.localhost') || names.includes(name)
}
