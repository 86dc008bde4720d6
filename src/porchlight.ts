/**
 * Porchlight inside a Node.js application: the whole server as a library, in the application's process.
 *
 *     const porchlight = await createPorchlight({ domain: 'chat.example.org', directory: 'data', users })
 *     porchlight.on('presence', ({ address, state, status }) => ...)
 *     await porchlight.presenceOf('romeo@chat.example.org')
 *     await porchlight.stop()
 *
 * `examples/embed` is an application.
 */
import { EventEmitter } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SystemClock } from './base/clock.ts'
import { systemEntropy } from './base/entropy.ts'
import { silent, type Log } from './base/log.ts'
import type { Configuration } from './config/sections.ts'
import { contactsOf, type Contact } from './embed/contacts.ts'
import { presenceOf, type Presence } from './embed/presence.ts'
import { ApplicationAccounts, type Users } from './embed/users.ts'
import { startServer, type Running } from './process/running.ts'
import { codedSetup } from './process/setup.ts'
import type { LocalEndpoint } from './server/account/session.ts'
import type { LocalAccount } from './server/account/session.ts'
import { jid, type Jid } from './xmpp/jid.ts'

export { ControlError } from './admin/control-server.ts'
export { ConfigError } from './config/problem.ts'
export { CertificateError } from './net/certificate-files.ts'
export { PortError } from './process/ports.ts'
export { StorageError } from './storage/storage-error.ts'
export { JidError } from './xmpp/jid.ts'
export { StanzaError } from './xmpp/stanza-error.ts'
export type { Fields, Log } from './base/log.ts'
export type { Configuration } from './config/sections.ts'
export type { ClientPresence, Presence, Show } from './embed/presence.ts'
export type { Contact } from './embed/contacts.ts'
export { credentialsOf, type Users } from './embed/users.ts'
export type { Credentials } from './xmpp/credentials.ts'

export interface PorchlightOptions {
  /** The domain of its users' addresses. */
  readonly domain: string
  /** The application's users. */
  readonly users: Users
  /** Where it keeps its database; null for a database in memory, until it stops. */
  readonly directory: string | null
  /** As in the configuration file (docs/configuration.md): options by section. */
  readonly configuration?: Configuration
  /** Receives the log: a pino logger, or an object of the same shape. By default nothing is logged. */
  readonly log?: Log
}

/** An address on which the server listens. */
export interface Port {
  /** As in `[listen]`: 'c2s', 'https', ... */
  readonly what: string
  readonly host: string
  readonly port: number
}

/** A user's presence has changed: what a client shows, or whether it can be reached. */
export interface PorchlightEvents {
  presence: [presence: Presence]
}

export class Porchlight extends EventEmitter<PorchlightEvents> {
  /** With the port numbers that the system chose where the configuration says 0. */
  readonly ports: readonly Port[]
  /** The directory of the database, the control socket, and the self-signed certificate, if there is one (`self-signed.crt`). */
  readonly directory: string
  readonly #running: Running
  readonly #isTemporary: boolean

  /** Use `createPorchlight`. */
  constructor(running: Running, directory: string, isTemporary: boolean) {
    super()
    this.#running = running
    this.directory = directory
    this.#isTemporary = isTemporary
    this.ports = running.ports.map(({ what, address: { host, port } }) => ({ what, host, port }))
    const { host } = running
    const changed = ({ account }: LocalEndpoint): void => {
      if (this.listenerCount('presence') > 0) this.emit('presence', presenceOf(account))
    }
    const showing = (endpoint: LocalEndpoint): void => {
      if (endpoint.presence !== null) changed(endpoint)
    }
    host.on('presence-changed', ({ session }) => changed(session))
    host.on('endpoint-changed', ({ endpoint }) => changed(endpoint))
    for (const fact of ['session-paused', 'session-resumed'] as const) host.on(fact, ({ session }) => showing(session))
    for (const fact of ['endpoint-paused', 'endpoint-resumed'] as const) host.on(fact, ({ endpoint }) => showing(endpoint))
  }

  /**
   * The present presence; null if there is no such user.
   * @param address bare
   * @throws JidError if it is not an address
   */
  async presenceOf(address: string): Promise<Presence | null> {
    const account = await this.#accountOf(address)
    return account === null ? null : presenceOf(account)
  }
  /** The presence of all users who are not offline. */
  online(): readonly Presence[] {
    return [...this.#running.host.accounts.attended()].map(presenceOf).filter(({ state }) => state !== 'offline')
  }
  /**
   * Call it before the application deletes a user: it ends the user's sessions and subscriptions, and deletes the user's data.
   * False if there is no such user.
   * @throws JidError if it is not an address
   */
  async remove(address: string): Promise<boolean> {
    const { accounts, registrar } = this.#running.host
    const user = bareOf(address)
    return accounts.isHome(user.bare) && registrar.delete(user)
  }
  /**
   * From now on `watcher` sees when `contact` can be reached. The contact is added to the watcher's contact list, and connected
   * clients of both are told at once. For both directions call it twice.
   * @param watcher bare, as `contact`
   * @returns false if one of the two is not a user
   * @throws JidError if one is not an address; StanzaError if a contact list is full, or both are the same
   */
  letSee(watcher: string, contact: string): Promise<boolean> {
    return this.#running.subscriptions.grant(bareOf(watcher), bareOf(contact))
  }
  /** From now on `watcher` no longer sees when `contact` can be reached; otherwise as `letSee`. */
  hide(watcher: string, contact: string): Promise<boolean> {
    return this.#running.subscriptions.withdraw(bareOf(watcher), bareOf(contact))
  }
  /**
   * The contact list of a user: who sees whom.
   * @param address bare
   * @returns null if there is no such user
   * @throws JidError if it is not an address
   */
  async contactsOf(address: string): Promise<readonly Contact[] | null> {
    const account = await this.#accountOf(address)
    return account === null ? null : contactsOf(account)
  }
  async #accountOf(address: string): Promise<LocalAccount | null> {
    const { accounts } = this.#running.host
    const { bare } = bareOf(address)
    return accounts.isHome(bare) ? accounts.load(bare) : null
  }
  /** Stops the server properly: clients and other servers are told. Takes at most 15 seconds. */
  async stop(): Promise<void> {
    await this.#running.stop()
    if (this.#isTemporary) rmSync(this.directory, { recursive: true, force: true })
  }
}

const bareOf = (address: string): Jid => jid(jid(address).bare)

/**
 * A server. It listens when the promise resolves.
 * @throws ConfigError, StorageError, CertificateError, PortError, ControlError: each message says what to do
 */
export async function createPorchlight(options: PorchlightOptions): Promise<Porchlight> {
  const { domain, users, configuration = {}, log = silent } = options
  const isTemporary = options.directory === null
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'porchlight-'))
  const server = { ...configuration.server, 'domains': [domain], 'data-directory': directory, 'fresh': isTemporary }
  try {
    const setup = codedSetup({ tables: { ...configuration, server }, directory: process.cwd(), platform: process.platform })
    const clock = new SystemClock()
    const runtime = {
      clock,
      entropy: systemEntropy,
      log,
      software: software(),
      accounts: (own) => new ApplicationAccounts(own, users, clock),
    } satisfies Parameters<typeof startServer>[1]
    const about = {
      runtime: process.version,
      pid: process.pid,
      memory: () => process.memoryUsage.rss(),
      inspect: () => Promise.resolve(),
      standingBy: () => {},
      enough: new AbortController().signal,
    }
    const running = await startServer(setup, runtime, about)
    return new Porchlight(running, setup.dataDirectory, isTemporary)
  } catch (error) {
    if (isTemporary) rmSync(directory, { recursive: true, force: true })
    throw error
  }
}

function software(): { readonly name: string; readonly version: string; readonly system: string; readonly uri: string } {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  return { name: 'Porchlight', version, system: process.platform, uri: 'urn:porchlight' }
}
