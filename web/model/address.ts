/** Addresses as people write them. */

/** Names of this machine that are addresses; its domain, unless somebody has chosen another one, is localhost. */
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]'])

/**
 * A name alone is that of an account at the server that the page comes from.
 * @param host as the browser has it
 */
export const wholeAddress = (written: string, host: string): string =>
  written.includes('@') ? written : `${written}@${LOOPBACK.has(host) ? 'localhost' : host}`
