/** `porchlight backup DIRECTORY`: copies what is needed to restore the server, while it runs or not. */
import { copyFile, mkdir, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { CommandError } from '../admin/command.ts'
import { SELF_SIGNED_FILES } from '../net/self-signed.ts'
import { DATABASE_FILE, filesFolder } from '../process/assembly.ts'
import { SECRET_FILE } from '../process/server-secret.ts'
import type { World } from '../process/world.ts'
import { backUp } from '../storage/backup.ts'
import { INCOMING } from '../storage/file-folder.ts'
import { setupOf, type ConfigOptions } from './config-options.ts'

const HOW_TO_RESTORE = 'To restore: stop the server, put the copies into the data directory, '
/** What the log of another time holds would be played into the restored database. */
const REMOVE_LOG = `remove ${DATABASE_FILE}-wal and ${DATABASE_FILE}-shm, start.`
const START = 'start.'

/** @param place a directory, which must not exist yet and is created @throws CommandError, StorageError */
export async function makeBackup(world: World, place: string, options: ConfigOptions): Promise<void> {
  const setup = setupOf(world, options)
  const { config, dataDirectory } = setup
  if (config.server.fresh)
    throw new CommandError('The configuration ([server] fresh) makes this server keep nothing, so there is nothing to back up.')
  const directory = resolve(world.directory, place)
  try {
    await mkdir(directory, { mode: 0o700 }) // it contains keys
  } catch (error) {
    throw new CommandError(
      `${directory} cannot be created (${(error as Error).message}). Name a directory that does not exist yet.`,
    )
  }
  const { url } = config.storage
  const copied: string[] = []
  if (url === '') {
    await backUp(join(dataDirectory, DATABASE_FILE), join(directory, DATABASE_FILE))
    copied.push(DATABASE_FILE)
  }
  for (const file of [SECRET_FILE, ...SELF_SIGNED_FILES])
    if (await copy(join(dataDirectory, file), join(directory, file))) copied.push(file)
  // After the database: what it knows is there, and what was removed since is missed by nobody.
  if (await copyFiles(filesFolder(setup), join(directory, 'files'))) copied.push('files')
  world.stdout.write(
    `${directory} holds ${copied.join(', ') || 'nothing'}. ${HOW_TO_RESTORE}${url === '' ? REMOVE_LOG : START}\n`,
  )
  if (url !== '')
    world.stdout.write(
      `The database is not part of it. Dump it too: pg_dump --format=custom --file=${join(directory, 'porchlight.dump')} '${url}'\n`,
    )
}

/** Uploaded files, without those that are incomplete. False if there are none. */
async function copyFiles(from: string, to: string): Promise<boolean> {
  const groups = (await readdir(from).catch(() => [])).filter((group) => group !== INCOMING)
  for (const group of groups) {
    await mkdir(join(to, group), { recursive: true, mode: 0o700 })
    for (const file of await readdir(join(from, group))) await copy(join(from, group, file), join(to, group, file))
  }
  return groups.length > 0
}

/** False if there is no such file. */
async function copy(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
