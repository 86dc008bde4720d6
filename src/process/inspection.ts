/**
 * What is wrong with a configuration on this machine: certificates, addresses and the data directory. It starts nothing, and
 * leaves nothing behind.
 */
import { mkdtemp, rmdir, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import type { Millis } from '../base/clock.ts'
import { warningsAbout, type Complaint } from '../config/checks.ts'
import { portsOf } from '../config/listening.ts'
import { ConfigError } from '../config/problem.ts'
import { addressReason } from './ports.ts'
import type { Setup } from './setup.ts'
import { inspectCertificates } from './tls.ts'

/** A longer path is no address of a Unix socket (unix(7): `sun_path`, with the null at its end). */
const SOCKET_PATH_MAX = 107

/** @returns what one should know, though the server can be started so @throws ConfigError with all mistakes */
export async function inspect(setup: Setup, platform: string, now: Millis): Promise<readonly Complaint[]> {
  const certificates = await inspectCertificates(setup, now)
  const mistakes = [...certificates.mistakes, ...(await missingAddresses(setup)), ...(await dataDirectory(setup, platform))]
  if (mistakes.length > 0) throw new ConfigError(mistakes.map(setup.problem))
  return [...warningsAbout(setup.config), ...certificates.notes]
}

async function missingAddresses({ config }: Setup): Promise<readonly Complaint[]> {
  const found: Complaint[] = []
  for (const { option, text, host } of portsOf(config)) {
    const code = await reasonAgainst(host)
    // A machine without IPv6 opens every IPv4 address instead.
    if (code === null || host === '::') continue
    const [what, remedy] = addressReason(code)
    found.push({ section: 'listen', option, what: `"${text}" cannot be opened: ${what}`, remedy })
  }
  return found
}

/** The code of the error with which an address of this host cannot be opened; null if it can. */
function reasonAgainst(host: string): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'EADDRNOTAVAIL'))
    server.listen({ host, port: 0 }, () => server.close(() => resolve(null)))
  })
}

async function dataDirectory(setup: Setup, platform: string): Promise<readonly Complaint[]> {
  const { config, dataDirectory: directory, control } = setup
  const found: Complaint[] = []
  const complain = (what: string): void =>
    void found.push({
      section: 'server',
      option: 'data-directory',
      what,
      remedy: "Name a directory that the server's user may make and write to.",
    })
  const reason = await reasonAgainstWriting(directory)
  if (reason !== null) complain(`${directory} cannot be used (${reason})`)
  if (platform !== 'win32' && Buffer.byteLength(control) > SOCKET_PATH_MAX)
    found.push({
      section: config.admin['control-socket'] === '' ? 'server' : 'admin',
      option: config.admin['control-socket'] === '' ? 'data-directory' : 'control-socket',
      what: `the path of the control socket, ${control}, is longer than the ${SOCKET_PATH_MAX} octets that sockets may have`,
      remedy: 'Name a shorter one in section [admin], option control-socket.',
    })
  return found
}

/** Tries it in the directory, or in the nearest one above it that is there; null if it can be written. */
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
