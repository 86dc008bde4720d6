/**
 * A person whose client is a library, driven by a program of ours in a process of its own: so the client can be frozen
 * and killed like any other. What is shown of a contact is taken strictly in order: nothing may come in between.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createInterface } from 'node:readline'
import { owned } from '../support/owned.ts'
import { within } from '../support/within.ts'
import type { Answer, Contact, LoggedIn, Order, Shown, TlsVersion } from './driver-protocol.ts'
import {
  LoginRefused,
  PATIENCE_MS,
  type Account,
  type Endpoints,
  type Person,
  type Security,
  type Show,
  type Subscription,
} from './person.ts'

export interface DriverProgram {
  readonly program: string
  readonly args: readonly string[]
  /** The way that it takes unless it is told otherwise. */
  readonly security: Security
  /** What its environment has besides ours. */
  environment(server: Endpoints): Readonly<Record<string, string>>
}

/** The message is the condition that the server has answered with. */
export class OrderRefused extends Error {}

const bare = (jid: string): string => jid.split('/', 1)[0]!
type Kind = Shown['shown']
type ShownAs<K extends Kind> = Extract<Shown, { shown: K }>

export class DrivenPerson implements Person {
  readonly jid: string
  security: Security
  tls: TlsVersion = 'TLSv1_3'
  /** Asks for stream management. */
  managed = false
  /** Where it connects to in place of the server's own port: a line that the test can cut. */
  port: number | null = null
  /** Of the last login; '' before. */
  fullJid = ''
  #mechanism = ''
  readonly #account: Account
  readonly #server: Endpoints
  readonly #child: ChildProcess
  readonly #exit: Promise<unknown>
  readonly #news = new EventEmitter()
  /** Shown and not yet looked at. */
  #shown: Shown[] = []
  readonly #answers = new Map<number, (answer: Answer) => void>()
  #orders = 0
  #complaints = ''

  constructor({ program, args, security, environment }: DriverProgram, server: Endpoints, account: Account) {
    this.jid = account.jid
    this.security = security
    this.#account = account
    this.#server = server
    this.#child = owned(spawn(program, args, { stdio: 'pipe', env: { ...process.env, ...environment(server) } }))
    this.#exit = once(this.#child, 'exit')
    this.#child.stdin!.on('error', () => {}) // orders to somebody who was killed
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.#complaints += text))
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#hear(JSON.parse(line) as Answer | Shown))
  }

  async logIn(): Promise<void> {
    const { mechanism, jid } = await this.connect()
    this.#mechanism = mechanism
    this.fullJid = jid
    await this.order({ do: 'roster' })
    await this.show('online', '')
  }
  /** Up to the bound resource: neither roster nor presence. @throws LoginRefused */
  async connect(): Promise<LoggedIn> {
    const { jid, password } = this.#account
    const { certificateFile: certificate } = this.#server
    const { security, tls, managed } = this
    const order = {
      do: 'login',
      jid,
      password,
      host: this.#server.host ?? 'localhost',
      port: this.port ?? portFor(security, this.#server),
      security,
      tls,
      certificate,
      managed,
    } as const
    try {
      return (await this.order(order)) as LoggedIn
    } catch (error) {
      throw error instanceof OrderRefused ? new LoginRefused(error.message) : error
    }
  }
  /** Comes back for its session when the connection has broken. @throws OrderRefused: the session is over */
  async resume(): Promise<void> {
    await this.order({ do: 'resume' })
  }
  /** Says what it has received: whoever leaves without that is sent it again. */
  async acknowledge(): Promise<void> {
    await this.order({ do: 'acknowledge' })
  }
  async logOut(): Promise<void> {
    await this.order({ do: 'logout' })
    this.#shown = []
  }
  async isCutOff(): Promise<void> {
    await this.next('closed', '')
    this.#shown = []
  }
  async show(show: Show, status: string): Promise<void> {
    await this.order({ do: 'presence', show, status })
  }
  async add(jid: string): Promise<void> {
    await this.order({ do: 'add', jid })
  }
  async approve(jid: string): Promise<void> {
    await this.order({ do: 'approve', jid })
  }
  async say(jid: string, body: string): Promise<void> {
    await this.order({ do: 'message', jid, body })
  }

  async seesRequest(from: string): Promise<void> {
    await this.next('request', from)
  }
  async sees(jid: string, show: Show, status: string): Promise<void> {
    await this.#seesPresence(jid, show, status)
  }
  async seesAtLast(jid: string, show: Show, status: string): Promise<void> {
    let seen
    do seen = await this.next('presence', jid)
    while (seen.show !== show || seen.status !== status)
  }
  async seesOffline(jid: string): Promise<void> {
    await this.#seesPresence(jid, 'offline', '')
  }
  async #seesPresence(jid: string, show: Show | 'offline', status: string): Promise<void> {
    const seen = await this.next('presence', jid)
    if (seen.show !== show || seen.status !== status)
      throw new Error(`${this.jid} should see ${jid} ${show} "${status}" and sees ${JSON.stringify(seen)}`)
  }
  async reads(from: string, body: string): Promise<void> {
    const message = await this.next('message', from)
    if (message.body !== body) throw new Error(`${this.jid} should read "${body}" and reads ${JSON.stringify(message)}`)
  }
  /** The same behind `earlier`, which may come a second time: a server died before its acknowledgement, asked for after a second. */
  async readsAtLast(from: string, body: string, earlier: string): Promise<void> {
    let message = await this.next('message', from)
    if (message.body === earlier && message.delayed) message = await this.next('message', from)
    if (message.body !== body) throw new Error(`${this.jid} should read "${body}" and reads ${JSON.stringify(message)}`)
  }
  async hasContact(jid: string, subscription: Subscription): Promise<void> {
    const there = async (): Promise<boolean> =>
      (await this.roster()).some((c) => c.jid === jid && c.subscription === subscription)
    while (!(await there())) await this.next('contact', jid)
  }
  async settle(): Promise<void> {
    await this.order({ do: 'ping', jid: this.jid.slice(this.jid.indexOf('@') + 1) })
  }
  async sawAllOf(jid: string): Promise<void> {
    const unseen = this.unread('presence').filter((one) => subject(one) === jid)
    if (unseen.length > 0) throw new Error(`${this.jid} was also shown ${JSON.stringify(unseen)}`)
  }
  async mechanism(): Promise<string> {
    return this.#mechanism
  }
  async roster(): Promise<readonly Contact[]> {
    return (await this.order({ do: 'roster' })) as readonly Contact[]
  }

  /** What is shown next of its kind from that contact. What was shown earlier from others stays. */
  async next<K extends Kind>(kind: K, from: string): Promise<ShownAs<K>> {
    const isIt = (one: Shown): one is ShownAs<K> => one.shown === kind && subject(one) === from
    const find = async (): Promise<ShownAs<K>> => {
      for (;;) {
        const at = this.#shown.findIndex(isIt)
        if (at !== -1) return this.#shown.splice(at, 1)[0] as ShownAs<K>
        await once(this.#news, 'shown')
      }
    }
    return within(
      PATIENCE_MS,
      () => `a ${kind} from ${from} at ${this.jid}; unread: ${JSON.stringify(this.#shown)} ${this.#complaints}`,
      Promise.race([find(), this.#death()]),
    )
  }
  /** What was shown of its kind and not looked at. */
  unread(kind: Kind): readonly Shown[] {
    return this.#shown.filter((one) => one.shown === kind)
  }
  /** @throws OrderRefused */
  async order(order: Order): Promise<unknown> {
    const id = (this.#orders += 1)
    const answered = new Promise<Answer>((resolve) => void this.#answers.set(id, resolve))
    this.#child.stdin!.write(`${JSON.stringify({ ...order, id })}\n`)
    const answer = await within(
      PATIENCE_MS,
      () => `an answer to ${order.do} at ${this.jid} ${this.#complaints}`,
      Promise.race([answered, this.#death()]),
    )
    if ('error' in answer) throw new OrderRefused(answer.error)
    return answer.value
  }
  async #death(): Promise<never> {
    await this.#exit
    throw new Error(`The driver of ${this.jid} has died.\n${this.#complaints}`)
  }
  #hear(line: Answer | Shown): void {
    if ('answer' in line) {
      this.#answers.get(line.answer)?.(line)
      this.#answers.delete(line.answer)
    } else {
      this.#shown.push(line)
      this.#news.emit('shown')
    }
  }

  async freeze(): Promise<void> {
    this.#child.kill('SIGSTOP')
  }
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exit
  }
  close(): Promise<void> {
    return this.kill()
  }
}

const subject = (one: Shown): string => (one.shown === 'closed' ? '' : bare(one.shown === 'contact' ? one.jid : one.from))

/** Where the server is to be found that way. */
export function portFor(security: Security, { port, directTlsPort, httpsPort }: Endpoints): number {
  switch (security) {
    case 'starttls':
      return port
    case 'direct-tls':
      return directTlsPort
    case 'websocket':
    case 'bosh':
      return httpsPort!
  }
}
