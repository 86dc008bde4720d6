/** Which configuration applies, and where the server keeps its files. */
import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { complaintsAbout } from '../config/checks.ts'
import type { Complaint } from '../config/complaint.ts'
import { nowhere } from '../config/listening.ts'
import { readLabelPolicy } from '../config/label-policy.ts'
import { checked, load, placing, type Source, type Table } from '../config/loader.ts'
import { ConfigError, type Problem } from '../config/problem.ts'
import { configOf, sections, type Config } from '../config/sections.ts'
import type { LabelSettings } from '../xep/0258-security-labels/index.ts'
import type { SecurityPolicy } from '../im/security-policy.ts'
import { controlAddress } from '../admin/control-address.ts'

export interface Setup {
  readonly config: Config
  /** The policy of security labels (XEP-0258); null: there is none. */
  readonly labelPolicy: SecurityPolicy | null
  /** Null if there is no file, and all options have their defaults. */
  readonly configFile: string | null
  readonly dataDirectory: string
  /** See `controlAddress`. */
  readonly control: string
  /** The complaint with the line that it is about. */
  readonly problem: (complaint: Complaint) => Problem
}

export interface SetupOptions {
  /** The file named on the command line; null for `porchlight.toml` in `directory`, if it exists. */
  readonly configFile: string | null
  /** Given on the command line: the database is in memory. */
  readonly fresh: boolean
  /** The directory in which the process was started. */
  readonly directory: string
  readonly platform: string
}

const USUAL_FILE = 'porchlight.toml'

/** @throws ConfigError */
export function readSetup({ configFile, fresh, directory, platform }: SetupOptions): Setup {
  const wanted = resolve(directory, configFile ?? USUAL_FILE)
  const toml = textOf(wanted, configFile !== null)
  const home = toml === null ? directory : dirname(wanted)
  const source: Source = {
    file: toml === null ? null : wanted,
    toml: toml ?? '',
    readFile: (path: string): string => readFileSync(resolve(home, path), 'utf8'),
  }
  const complaints = (config: Config): readonly Complaint[] => [...complaintsAbout(config), ...nowhere(config)]
  const config = configOf(load(source, sections, (values) => complaints(configOf(values))))
  return placed(fresh ? { ...config, server: { ...config.server, fresh } } : config, source, home, platform)
}

export interface CodedOptions {
  /** Options by section, as they would be written in a file. */
  readonly tables: Table
  /** The directory where relative paths start. */
  readonly directory: string
  readonly platform: string
}

/** The setup of a server whose configuration is made by a program. @throws ConfigError */
export function codedSetup({ tables, directory, platform }: CodedOptions): Setup {
  const readFile = (path: string): string => readFileSync(resolve(directory, path), 'utf8')
  const source: Source = { file: null, toml: '', readFile }
  const config = configOf(checked(tables, source, sections, (values) => complaintsAbout(configOf(values))))
  return placed(config, source, directory, platform)
}

/** Makes relative paths absolute. */
function placed(read: Config, source: Source, home: string, platform: string): Setup {
  const { server, storage, tls, admin, federation } = read
  const dataDirectory = resolve(home, server['data-directory'])
  const config: Config = {
    ...read,
    tls: {
      ...tls,
      'certificate': tls.certificate.map((f) => resolve(home, f)),
      'key': tls.key.map((f) => resolve(home, f)),
      'client-authorities': absolute(home, tls['client-authorities']),
    },
    storage: { ...storage, files: absolute(home, storage.files) },
    federation: { ...federation, authorities: absolute(home, federation.authorities) },
  }
  const socket = admin['control-socket'] === '' ? join(dataDirectory, 'control.sock') : resolve(home, admin['control-socket'])
  return {
    config,
    labelPolicy: labelPolicyOf(config, source, home),
    configFile: source.file,
    dataDirectory,
    control: controlAddress(socket, platform),
    problem: placing(source),
  }
}

/** @throws ConfigError with the mistakes of that file, or because it cannot be read */
function labelPolicyOf({ features }: Config, source: Source, home: string): SecurityPolicy | null {
  const { policy } = features['security-labels'] as LabelSettings
  if (policy === '') return null
  const file = resolve(home, policy)
  let toml: string
  try {
    toml = textOf(file, true)!
  } catch (error) {
    if (error instanceof ConfigError && error.problems.some(({ line }) => line !== null)) throw error
    const what = `${file} cannot be read`
    const remedy = "Name a file that the server's user may read, or leave the option out."
    throw new ConfigError([placing(source)({ section: 'security-labels', option: 'policy', what, remedy })])
  }
  return readLabelPolicy(file, toml)
}

const absolute = (home: string, path: string): string => (path === '' ? '' : resolve(home, path))

/** Null if the file does not exist and need not exist. */
function textOf(file: string, mustExist: boolean): string | null {
  try {
    const octets = readFileSync(file)
    if (!isUtf8(octets)) throw new ConfigError([{ ...notUtf8, file, line: lineOfBadOctet(octets) }])
    return octets.toString()
  } catch (error) {
    if (error instanceof ConfigError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && !mustExist) return null
    throw new ConfigError([
      {
        file,
        line: null,
        option: null,
        what: `the configuration cannot be read (${message})`,
        remedy: 'Name another file with --config, or leave it out.',
      },
    ])
  }
}

const notUtf8 = { option: null, what: 'this is not UTF-8', remedy: 'Save the file as UTF-8 in your editor.' }

/** The line of the first octet that is not UTF-8, from 1. */
function lineOfBadOctet(octets: Buffer): number {
  let line = 1
  for (let from = 0; from < octets.length; line++) {
    const end = octets.indexOf(0x0a, from)
    const next = end < 0 ? octets.length : end + 1
    if (!isUtf8(octets.subarray(from, next))) break
    from = next
  }
  return line
}
