/**
 * A secret of this server that is kept over restarts: `Host.secret` derives its keys from it. It is a file in the data directory.
 * Servers on one PostgreSQL database share the secret there, so that what one has signed the next one accepts.
 */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Entropy } from '../base/entropy.ts'
import type { SharedTexts } from '../storage/shared-texts.ts'

const OCTETS = 32
export const SECRET_FILE = 'server-secret'
/** Says which data directory this is, for those who use the same database. */
const IDENTITY_FILE = 'server-id'

/** @param shared null if no other server uses the database @throws Error of the file system, StorageError */
export async function serverSecret(directory: string, shared: SharedTexts | null, entropy: Entropy): Promise<Buffer> {
  const known = (await shared?.read(SECRET_FILE)) ?? null
  if (known !== null) return Buffer.from(known, 'hex')
  const secret = await kept(directory, SECRET_FILE, entropy)
  await shared?.write(SECRET_FILE, secret.toString('hex'))
  return secret
}

/** The same for each run with this data directory. @throws Error of the file system */
export const directoryIdentity = async (directory: string, entropy: Entropy): Promise<string> =>
  (await kept(directory, IDENTITY_FILE, entropy)).toString('base64url')

/** Octets in a file of `directory`, made now if there are none. */
async function kept(directory: string, name: string, entropy: Entropy): Promise<Buffer> {
  const file = join(directory, name)
  try {
    const octets = Buffer.from(await readFile(file, 'latin1'), 'hex')
    if (octets.length === OCTETS) return octets
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const made = entropy.bytes(OCTETS)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await writeFile(file, made.toString('hex'), { mode: 0o600 })
  await chmod(file, 0o600)
  return made
}
