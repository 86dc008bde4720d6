/** A user of matrix-js-sdk in a process of its own, so that the client can be killed. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { owned } from '../../support/owned.ts'
import { until } from '../../support/until.ts'
import { within } from '../../support/within.ts'
import { PATIENCE_MS } from '../person.ts'

const DRIVER = join(import.meta.dirname, 'driver.js')

/** What the client was shown. */
export interface Shown {
  readonly shown: 'message' | 'presence' | 'state'
  readonly from?: string
  readonly body?: string
  /** Of a message. */
  readonly kind?: string
  readonly url?: string
  readonly of?: string
  readonly presence?: string
  readonly text?: string
  readonly state?: string
  readonly encrypted?: boolean
}
interface Answer {
  readonly id: number
  readonly answer?: unknown
  readonly error?: string
}
/** With what a client goes on that was killed. */
export interface Login {
  readonly token: string
  readonly device: string
  readonly user: string
}

export class JsUser {
  readonly shown: Shown[] = []
  readonly #child: ChildProcess
  readonly #answers = new Map<number, (answer: Answer) => void>()
  #orders = 0

  constructor(url: string, user: string, password: string, login: Login | null = null) {
    const more = login === null ? [] : [login.token, login.device]
    const args = [DRIVER, url, login?.user ?? user, password, ...more]
    const child = owned(spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] }))
    this.#child = child
    child.stdin.on('error', () => {})
    createInterface({ input: child.stdout }).on('line', (line) => {
      const told = JSON.parse(line) as Answer | Shown
      if ('shown' in told) this.shown.push(told)
      else this.#answers.get(told.id)?.(told)
    })
  }
  /** @throws Error with the code of the server */
  async order<T = unknown>(what: string, more: object = {}): Promise<T> {
    const id = (this.#orders += 1)
    const answered = new Promise<Answer>((resolve) => this.#answers.set(id, resolve))
    this.#child.stdin!.write(`${JSON.stringify({ id, do: what, ...more })}\n`)
    const { answer, error } = await within(3 * PATIENCE_MS, `matrix-js-sdk to ${what}`, answered)
    if (error !== undefined) throw new Error(`${what}: ${error}`)
    return answer as T
  }
  /** Logged in, and told of everything. */
  async ready(encrypts = false): Promise<this> {
    if (encrypts) await this.order('encrypt')
    await this.order('start')
    await this.sees('to be in sync', ({ state }) => state === 'PREPARED' || state === 'SYNCING')
    return this
  }
  /** Until it was shown something like that, since it was last forgotten. */
  async sees(what: string, isIt: (one: Shown) => boolean): Promise<void> {
    await until(`matrix-js-sdk: ${what}`, () => this.shown.some(isIt), pause, 3 * PATIENCE_MS)
  }
  forget(): void {
    this.shown.length = 0
  }
  /** No word to the server. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}
export const pause = (): Promise<void> => new Promise((over) => setTimeout(over, 50))
