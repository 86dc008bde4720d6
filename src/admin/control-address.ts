/** The address of the control socket: a path, or on Windows the name of a pipe. */
import { createHash } from 'node:crypto'

/** @param path absolute; the server and the command line must use the same path */
export function controlAddress(path: string, platform: string): string {
  if (platform !== 'win32') return path
  return `\\\\.\\pipe\\porchlight-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`
}

/** The octets that the address of a Unix socket can have, without its terminator: 104 on BSD and macOS, 108 on Linux. */
export const ADDRESS_OCTETS_MAX = 103
