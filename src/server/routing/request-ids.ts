/**
 * Ids of the requests that the server makes to its clients: roster pushes, block list pushes, pings. None comes twice, not on one
 * stream (RFC 6120 8.1.3) and not in a session that outlives a restart of the server either.
 */
import { token, type Entropy } from '../../base/entropy.ts'
import { wire, type Wire } from '../../xml/wire.ts'

/** As much of a token as makes two runs differ. */
const RUN_CHARACTERS = 8

export function requestIds(entropy: Entropy): () => Wire {
  const run = token(entropy).slice(0, RUN_CHARACTERS)
  let count = 0
  return () => wire(`${run}-${(count += 1)}`)
}
