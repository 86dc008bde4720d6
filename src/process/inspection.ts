/**
 * Finds what is wrong with a configuration on this machine: certificates, addresses and the data directory. It starts
 * nothing and leaves nothing behind.
 */
import { lstat, mkdtemp, rmdir, stat } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { ADDRESS_OCTETS_MAX } from '../admin/control-address.ts'
import { SystemClock, type Millis } from '../base/clock.ts'
import type { Complaint } from '../config/complaint.ts'
import { portsOf } from '../config/listening.ts'
import { ConfigError } from '../config/problem.ts'
import { warningsAbout } from '../config/warnings.ts'
import { addressOf, type Address } from '../net/address.ts'
import type { PostgresAddress } from '../storage/postgres-connection.ts'
import { checkSound } from '../storage/soundness.ts'
import { StorageError } from '../storage/storage-error.ts'
import { DATABASE_FILE } from './assembly.ts'
import { addressReason } from './ports.ts'
import type { Setup } from './setup.ts'
import { inspectCertificates } from './tls.ts'

/** What is known about the machine, and how it looks without the server that is inspected. */
export interface Surroundings {
  readonly platform: string
  readonly now: Millis
  /** Addresses that the running server opened with this configuration or an earlier version of it: they will become free. */
  readonly held: readonly string[]
}

/** @returns what the operator should know, although the server can start @throws ConfigError with all mistakes */
export async function inspect(setup: Setup, { platform, now, held }: Surroundings): Promise<readonly Complaint[]> {
  const certificates = await inspectCertificates(setup, now)
  const mistakes = [
    ...certificates.mistakes,
    ...(await addresses(setup, held)),
    ...(await dataDirectory(setup)),
    ...(await database(setup)),
    ...(await controlSocket(setup, platform)),
  ]
  if (mistakes.length > 0) throw new ConfigError(mistakes.map(setup.problem))
  return [...warningsAbout(setup.config), ...certificates.notes]
}

/** All are opened at the same time, so that two names of one address are noticed. */
async function addresses({ config }: Setup, held: readonly string[]): Promise<readonly Complaint[]> {
  const found: Complaint[] = []
  const open: Server[] = []
  const ours = held.map(addressOf).filter((address) => address !== null)
  for (const { option, text, host, port } of portsOf(config)) {
    const isOurs = ours.some((one) => one.port === port)
    const opened = await opening({ host, port: isOurs ? 0 : port })
    if (typeof opened !== 'string') {
      open.push(opened)
      continue
    }
    // A machine without IPv6 opens every IPv4 address instead.
    if (host === '::' && (opened === 'EAFNOSUPPORT' || opened === 'EADDRNOTAVAIL')) continue
    const [what, remedy] = addressReason(opened)
    found.push({ section: 'listen', option, what: `"${text}" cannot be opened: ${what}`, remedy })
  }
  await Promise.all(open.map((server) => new Promise((done) => server.close(done))))
  return found
}

/** The code of the error if an address of this machine cannot be opened. */
function opening({ host, port }: Address): Promise<Server | string> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'EADDRNOTAVAIL'))
    server.listen({ host, port }, () => resolve(server))
  })
}

async function dataDirectory(setup: Setup): Promise<readonly Complaint[]> {
  const { dataDirectory: directory } = setup
  const found: Complaint[] = []
  const complain = (what: string): void =>
    void found.push({
      section: 'server',
      option: 'data-directory',
      what,
      remedy: "Name a directory that the server's user may create and write to.",
    })
  const reason = await reasonAgainstWriting(directory)
  if (reason !== null) complain(`${directory} cannot be used (${reason})`)
  return found
}

/** Checks a database that exists and that would be opened. */
async function database({ config, dataDirectory: directory }: Setup): Promise<readonly Complaint[]> {
  if (!config.server.fresh && config.storage.url !== '') return postgres(config.storage)
  const file = join(directory, DATABASE_FILE)
  const isThere = !config.server.fresh && (await stat(file).catch(() => null)) !== null
  if (!isThere) return []
  try {
    await checkSound(file, new SystemClock())
    return []
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    return [{ section: 'server', option: 'data-directory', what: error.what, remedy: error.remedy }]
  }
}

async function postgres(address: PostgresAddress): Promise<readonly Complaint[]> {
  const { checkPostgres } = await import('../storage/postgres.ts')
  try {
    await checkPostgres({ ...address, clock: new SystemClock() })
    return []
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    return [{ section: 'storage', option: 'url', what: error.what, remedy: error.remedy }]
  }
}

/** @param platform on Windows the control socket is a pipe, which is not a file */
async function controlSocket({ config, control }: Setup, platform: string): Promise<readonly Complaint[]> {
  if (platform === 'win32') return []
  const isNamed = config.admin['control-socket'] !== ''
  const [section, option] = isNamed ? ['admin', 'control-socket'] : ['server', 'data-directory']
  const complaint = (what: string, remedy: string): readonly Complaint[] => [{ section, option, what, remedy }]
  if (Buffer.byteLength(control) > ADDRESS_OCTETS_MAX)
    return complaint(
      `the path of the control socket, ${control}, is longer than the ${ADDRESS_OCTETS_MAX} octets that sockets may have`,
      'Name a shorter path in section [admin], option control-socket.',
    )
  const other = 'Name a path that does not exist yet in section [admin], option control-socket.'
  if ((await lstat(control).catch(() => null))?.isSocket() === false)
    return complaint(`the control socket cannot be created at ${control}: something else is there`, other)
  const reason = isNamed ? await reasonAgainstWriting(dirname(control)) : null
  return reason === null ? [] : complaint(`the control socket cannot be created at ${control} (${reason})`, other)
}

/** Tries to write in the directory, or in the nearest existing one above it; null if that is possible. */
async function reasonAgainstWriting(directory: string): Promise<string | null> {
  try {
    await stat(directory)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' || dirname(directory) === directory) return message
    return reasonAgainstWriting(dirname(directory))
  }
  try {
    await rmdir(await mkdtemp(join(directory, '.porchlight-check-')))
    return null
  } catch (error) {
    return (error as Error).message
  }
}
