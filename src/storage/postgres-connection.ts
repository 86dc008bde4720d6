/** One connection to PostgreSQL, opened again with growing pauses when it is lost. */
import { Socket } from 'node:net'
import { Client, type ClientConfig } from 'pg'
import type { Clock, Millis, Timer } from '../base/clock.ts'
import type { Value } from './batch.ts'
import { connectionError } from './postgres-error.ts'
import { StorageError } from './storage-error.ts'

export interface PostgresAddress {
  /** postgresql://user@host:port/database, without the password. */
  readonly url: string
  /** '' for none: then PostgreSQL must not require one. */
  readonly password: string
}

/** The result of a statement: rows as arrays. */
export interface Found {
  readonly rows: readonly (readonly Value[])[]
  readonly columns: readonly string[]
  /** Rows that it changed or found. */
  readonly count: number
}

const CONNECT_MS: Millis = 5_000
const FIRST_PAUSE_MS: Millis = 50
const LONGEST_PAUSE_MS: Millis = 5_000
/** How long statements wait for a lost connection before they are refused. */
const PATIENCE_MS: Millis = 15_000

/** An open connection. */
export class PostgresSession {
  readonly #client: Client
  readonly #socket: Socket
  /** Statements get new names after a change of the schema, because an earlier plan may return other columns. */
  #generation = 0
  isOver = false

  constructor(client: Client, socket: Socket) {
    this.#client = client
    this.#socket = socket
  }
  /** Sends everything that `issue` asks at once: all answers take one round trip. */
  together<T>(issue: () => T): T {
    this.#socket.cork()
    try {
      return issue()
    } finally {
      this.#socket.uncork()
    }
  }
  /**
   * @param slot of the text, under which it is compiled once; null if it is not kept
   * @throws what `isOfTheConnection` understands
   */
  async run(sql: string, values: readonly Value[] = [], slot: number | null = null): Promise<Found> {
    const name = slot === null ? undefined : this.#name(slot)
    const { rows, fields, rowCount } = await this.#client.query<Value[], Value[]>({
      ...(name === undefined ? {} : { name }),
      text: sql,
      values: [...values],
      rowMode: 'array',
    })
    return { rows, columns: fields.map((field) => field.name), count: rowCount ?? 0 }
  }
  forgetText(slot: number): Promise<unknown> {
    return this.run(`deallocate "${this.#name(slot)}"`)
  }
  forgetAllTexts(): Promise<unknown> {
    this.#generation += 1
    return this.run('deallocate all')
  }
  /** Takes effect at once, whatever is in progress. */
  cut(): void {
    this.isOver = true
    this.#socket.destroy()
  }
  async end(): Promise<void> {
    if (!this.isOver) await this.#client.end()
  }
  #name(slot: number): string {
    return `${this.#generation}.${slot}`
  }
}

interface Waiting {
  readonly resolve: (session: PostgresSession) => void
  readonly reject: (error: StorageError) => void
}

export interface PostgresConnectionParts {
  readonly address: PostgresAddress
  readonly name: string
  /** By which PostgreSQL knows the connection. */
  readonly knownAs: string
  readonly clock: Clock
  /**
   * Called on each new connection before anything else. An error counts as a failed connection; after trouble 'closed' no
   * other one is opened.
   */
  readonly greet: (session: PostgresSession) => Promise<void>
}

export class PostgresConnection {
  readonly #parts: PostgresConnectionParts
  #session: PostgresSession | null = null
  #waiting: Waiting[] = []
  #isConnecting = false
  #isClosed = false
  #pause: Timer | null = null
  #impatience: Timer | null = null
  /** The attempt in progress. */
  #attempt: Promise<void> | null = null
  /** Why the last attempt has failed. */
  #last: StorageError | null = null
  /** The failure of the last attempt, once waiting callers were refused; null while they still wait. */
  #failure: StorageError | null = null

  constructor(parts: PostgresConnectionParts) {
    this.#parts = parts
  }
  /** The first time: one attempt. @throws StorageError */
  async open(): Promise<void> {
    this.#session = await this.#connect()
  }
  /** Null while the connection is lost. */
  get current(): PostgresSession | null {
    return this.#session?.isOver === false ? this.#session : null
  }
  /** Waits a while for a lost connection. @throws StorageError */
  session(): Promise<PostgresSession> {
    const session = this.current
    if (session !== null) return Promise.resolve(session)
    this.#mend()
    if (this.#failure !== null) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }
  /** Waits for the attempt in progress, or for one that begins now: null if it fails. */
  async attempt(): Promise<PostgresSession | null> {
    if (this.current === null) {
      this.#mend()
      if (this.#attempt === null && !this.#isClosed) {
        this.#pause?.cancel()
        this.#try(FIRST_PAUSE_MS)
      }
      await this.#attempt
    }
    return this.current
  }
  async close(): Promise<void> {
    this.#isClosed = true
    this.#pause?.cancel()
    this.#refuse(new StorageError('closed', 'The database is closed.'))
    await this.#session?.end().catch(() => {})
  }

  #mend(): void {
    if (this.#isConnecting || this.#isClosed) return
    this.#isConnecting = true
    this.#last = null
    this.#impatience = this.#parts.clock.after(PATIENCE_MS, () =>
      this.#refuse(this.#last ?? connectionError(new Error('no answer'), this.#parts.name)),
    )
    this.#try(FIRST_PAUSE_MS)
  }
  /** @param pauseMs before the next attempt, if this one fails */
  #try(pauseMs: Millis): void {
    this.#attempt = this.#connect().then(
      (session) => this.#found(session),
      (error: StorageError) => this.#failed(error, pauseMs),
    )
  }
  #failed(error: StorageError, pauseMs: Millis): void {
    this.#attempt = null
    this.#last = error
    if (this.#failure !== null) this.#failure = error
    if (error.trouble === 'closed') this.#giveUp(error)
    if (this.#isClosed) return
    this.#pause = this.#parts.clock.after(pauseMs, () => this.#try(Math.min(2 * pauseMs, LONGEST_PAUSE_MS)))
  }
  #found(session: PostgresSession): void {
    this.#isConnecting = false
    this.#attempt = null
    this.#impatience?.cancel()
    this.#failure = null
    this.#session = session
    if (this.#isClosed) void session.end().catch(() => {})
    for (const { resolve } of this.#waiting.splice(0)) resolve(session)
  }
  /** The database belongs to another server now. */
  #giveUp(error: StorageError): void {
    this.#isClosed = true
    this.#refuse(error)
  }
  #refuse(error: StorageError): void {
    this.#failure = error
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }

  async #connect(): Promise<PostgresSession> {
    const { address, greet, name, knownAs } = this.#parts
    const socket = new Socket()
    const client = new Client(configOf(address, socket, knownAs))
    // Not in the options: what the URL does not name, it takes away from them. Without a password the library reads ~/.pgpass
    if (address.password !== '') client.password = address.password
    const session = new PostgresSession(client, socket)
    // Statements that failed learn it from their own promises
    client.on('error', () => (session.isOver = true))
    client.on('end', () => (session.isOver = true))
    try {
      await client.connect()
      await greet(session)
      return session
    } catch (error) {
      session.isOver = true
      socket.destroy()
      throw error instanceof StorageError ? error : connectionError(error, name)
    }
  }
}

function configOf({ url }: PostgresAddress, socket: Socket, knownAs: string): ClientConfig {
  return {
    connectionString: url,
    stream: () => socket,
    pipeline: true,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
    application_name: knownAs,
    types: { getTypeParser: (oid: number) => parserOf(oid) },
  }
}

/** Numbers of any size as numbers; comparisons as in SQLite; everything else as text. */
function parserOf(oid: number): (text: string) => Value {
  switch (oid) {
    case 20: // bigint
    case 21: // smallint
    case 23: // integer
    case 700: // real
    case 701: // double precision
    case 1700: // numeric
      return Number
    case 16: // boolean
      return (text) => (text === 't' ? 1 : 0)
    case 17: // bytea
      return (text) => new Uint8Array(Buffer.from(text.slice(2), 'hex'))
    default:
      return (text) => text
  }
}
