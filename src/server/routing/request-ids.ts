/**
 * Ids of the requests that the server sends to its clients: roster pushes, block list pushes, pings. No id is used twice, neither
 * on one stream (RFC 6120 8.1.3) nor in a session that continues after a restart of the server.
 */
import { token, type Entropy } from '../../base/entropy.ts'
import { wire, type Wire } from '../../xml/wire.ts'

/** The part of a token that distinguishes two runs. */
const RUN_CHARACTERS = 8

export function requestIds(entropy: Entropy): () => Wire {
  const run = token(entropy).slice(0, RUN_CHARACTERS)
  let count = 0
  return () => wire(`${run}-${(count += 1)}`)
}
