/** Where the control socket is: a path, or on Windows the name of a pipe. */
import { createHash } from 'node:crypto'

/** @param path absolute, the same for server and command line */
export function controlAddress(path: string, platform: string): string {
  if (platform !== 'win32') return path
  return `\\\\.\\pipe\\porchlight-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`
}

/** What a Unix socket's address can hold, in octets, with its end: 104 on BSD and macOS, 108 on Linux. */
export const ADDRESS_OCTETS_MAX = 103
