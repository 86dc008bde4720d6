/** Addresses as people type them. */

/** Addresses that name this machine. Its domain, unless another one was configured, is localhost. */
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]'])

/**
 * Completes a name without a domain: it is an account of the server that the page comes from.
 * @param host as the browser has it
 */
export const wholeAddress = (written: string, host: string): string =>
  written.includes('@') ? written : `${written}@${LOOPBACK.has(host) ? 'localhost' : host}`
