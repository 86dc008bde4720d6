/** Part of `bench/matrix.ts`: users of Matrix, each with a request for news that waits, in a process of their own. */
import { Agent, request } from 'node:http'
import { attempts, type Said, type Told } from './matrix-words.ts'

const [port, prefix, count, domain] = [Number(process.argv[2]), process.argv[3]!, Number(process.argv[4]), process.argv[5]!]
const PASSWORD = 'secret'
const POLL_MS = 30_000
const AT_ONCE = 20
const agent = new Agent({ keepAlive: true, maxSockets: Infinity })

interface Json {
  readonly [key: string]: unknown
}
function ask(method: string, path: string, token: string, body?: object): Promise<Json> {
  return new Promise((resolve, reject) => {
    const octets = body === undefined ? null : Buffer.from(JSON.stringify(body))
    const headers = {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...(octets === null ? {} : { 'content-length': octets.length, 'content-type': 'application/json' }),
    }
    const asked = request({ host: '127.0.0.1', port, method, path: `/_matrix/client/v3${path}`, headers, agent }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        if (answer.statusCode === 200) resolve(JSON.parse(text) as Json)
        else reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`))
      })
      answer.on('error', reject)
    })
    asked.on('error', reject)
    asked.end(octets)
  })
}

interface Event {
  readonly sender: string
  readonly content: { readonly presence: string; readonly status_msg?: string }
}
/** When each status was set, as the text says, and how long it took until each other user was told. */
const took: number[] = []
let updates = 0
/** The ids of those who went away. */
const gone = new Set<string>()

class User {
  readonly name: string
  token = ''
  id = ''
  since = ''
  isGone = false

  constructor(name: string) {
    this.name = name
  }
  async begin(): Promise<void> {
    const login = { type: 'm.login.password', identifier: { type: 'm.id.user', user: this.name }, password: PASSWORD }
    const { access_token, user_id } = (await ask('POST', '/login', '', login)) as { access_token: string; user_id: string }
    this.token = access_token
    this.id = user_id
  }
  async poll(): Promise<void> {
    while (!this.isGone) {
      try {
        const told = await ask('GET', `/sync?since=${this.since}&timeout=${POLL_MS}`, this.token)
        this.since = told['next_batch'] as string
        for (const event of (told['presence'] as { events: readonly Event[] } | undefined)?.events ?? []) this.#hear(event)
      } catch {
        await new Promise((over) => setTimeout(over, 1000)) // the server starts again
      }
    }
  }
  #hear({ sender, content: { status_msg: text = '' } }: Event): void {
    if (sender === this.id) return
    if (gone.has(sender)) updates += 1
    if (text.startsWith('at ')) took.push(performance.timeOrigin + performance.now() - Number(text.slice(3)))
  }
  change(): Promise<unknown> {
    const status_msg = `at ${performance.timeOrigin + performance.now()}`
    return ask('PUT', `/presence/${encodeURIComponent(this.id)}/status`, this.token, { presence: 'unavailable', status_msg })
  }
}
const users = Array.from({ length: count }, (_, i) => new User(`${prefix}${i}`))
const all = (what: (user: User, i: number) => Promise<unknown>): Promise<void> => attempts(users, AT_ONCE, what)
const say = (told: Told): void => void process.send!(told)
const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0

const orders: Readonly<Record<Said['do'], (said: Said) => Promise<void>>> = {
  async begin() {
    await all((user) => user.begin())
  },
  async look() {
    await all(async (user) => {
      user.since = (await ask('GET', '/sync', user.token))['next_batch'] as string
      void user.poll()
    })
  },
  async meet() {
    await all((user) => ask('POST', `/join/${encodeURIComponent(`#hall:${domain}`)}`, user.token, {}))
  },
  async change({ spanMs = 0 }) {
    took.length = 0
    await Promise.all(
      users.map(async (user, i) => {
        await new Promise((over) => setTimeout(over, (i * spanMs) / users.length))
        await user.change()
      }),
    )
  },
  async leave({ share = 0 }) {
    for (const user of users.slice(0, Math.floor(users.length * share))) {
      user.isGone = true
      gone.add(user.id)
    }
    updates = 0
  },
  async count() {},
}
process.on('message', (said: Said) => {
  orders[said.do](said).then(
    () => {
      const sorted = took.toSorted((a, b) => a - b)
      say({ updates, told: sorted.length, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), error: null })
    },
    (error: unknown) => say({ updates, told: 0, p50: 0, p99: 0, error: String(error) }),
  )
})
process.on('disconnect', () => process.exit())
