/** Addresses as people type them. */

/** Addresses that name this machine. Its domain, unless another one was configured, is localhost. */
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]'])

/**
 * Completes a name without a domain: it is an account of the server that the page comes from.
 * @param host as the browser has it
 */
export const wholeAddress = (written: string, host: string): string =>
  written.includes('@') ? written : `${written}@${LOOPBACK.has(host) ? 'localhost' : host}`

/** Completes the name of a room: it is one of the server's own rooms. Spaces become dashes. */
export const roomAddress = (written: string, service: string | null): string => {
  const name = written.trim()
  return name.includes('@') || service === null ? name : `${name.replace(/\s+/gu, '-')}@${service}`
}
