/** A secret of this server that is kept over restarts. `Host.secret` derives its keys from it. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Entropy } from '../base/entropy.ts'

const OCTETS = 32
export const SECRET_FILE = 'server-secret'

/** The secret in `directory`, created now if there is none. @throws Error of the file system */
export async function serverSecret(directory: string, entropy: Entropy): Promise<Buffer> {
  const file = join(directory, SECRET_FILE)
  try {
    const kept = Buffer.from(await readFile(file, 'latin1'), 'hex')
    if (kept.length === OCTETS) return kept
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const made = entropy.bytes(OCTETS)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await writeFile(file, made.toString('hex'), { mode: 0o600 })
  await chmod(file, 0o600)
  return made
}
