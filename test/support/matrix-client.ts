/** A Matrix client of our own, for tests: it sends requests over a connection and reads JSON. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { HttpVisitor } from './http-visitor.ts'
import { PASSWORD, type StoryServer } from './story-server.ts'

export interface MatrixAnswer {
  readonly status: number
  /** Of HTTP, as text. */
  readonly head: string
  // The tests say what they expect of it
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly json: any
}
/** A request that is not answered yet. */
export interface Asked {
  readonly answer: Promise<MatrixAnswer>
  /** The client goes away. */
  cut(): void
}
type Connect = () => Duplex

/** Clients that come over real sockets. */
export const matrixAtPort =
  (port: number): (() => MatrixClient) =>
  () =>
    new MatrixClient(() => connect({ port, host: '127.0.0.1' }))

/** Clients that come in memory, on the clock of the story. */
export const matrixIn =
  (story: Pick<StoryServer, 'web'>): (() => MatrixClient) =>
  () =>
    new MatrixClient(() => HttpVisitor.of(story.web(), '127.0.0.1').connection)

export class MatrixClient {
  userId = ''
  device = ''
  token = ''
  readonly #connect: Connect

  constructor(over: Connect) {
    this.#connect = over
  }
  async login(user: string, more: object = {}, password = PASSWORD): Promise<this> {
    const answer = await this.ask('POST', '/v3/login', {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user },
      password,
      ...more,
    })
    assert.equal(answer.status, 200, JSON.stringify(answer.json))
    ;({ user_id: this.userId, device_id: this.device, access_token: this.token } = answer.json)
    return this
  }
  /** @param path below /_matrix/client, or whole */
  ask(method: string, path: string, body?: unknown): Promise<MatrixAnswer> {
    return this.begin(method, path, body).answer
  }
  /** The same, for an answer that is no error. */
  async get(path: string): Promise<MatrixAnswer['json']> {
    return this.good('GET', path)
  }
  async good(method: string, path: string, body?: unknown): Promise<MatrixAnswer['json']> {
    const { status, json } = await this.ask(method, path, body)
    assert.equal(status, 200, `${method} ${path}: ${JSON.stringify(json)}`)
    return json
  }
  /** Asks what must be refused. @returns the code */
  async refused(method: string, path: string, body?: unknown): Promise<string> {
    const { status, json } = await this.ask(method, path, body)
    assert.notEqual(status, 200, `${method} ${path}: ${JSON.stringify(json)}`)
    return `${status} ${json.errcode}`
  }
  /** @param body an object, which is sent as JSON; a text or octets are sent as they are */
  begin(method: string, path: string, body?: unknown): Asked {
    const visitor = new HttpVisitor(this.#connect())
    const whole = path.startsWith('/_matrix') || path.startsWith('/.well-known') ? path : `/_matrix/client${path}`
    const given = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body ?? {})
    const octets = Buffer.from(given)
    const lines = [
      `${method} ${whole} HTTP/1.1`,
      'Host: localhost',
      ...(this.token === '' ? [] : [`Authorization: Bearer ${this.token}`]),
      ...(method === 'GET' || method === 'OPTIONS' ? [] : [`Content-Length: ${octets.length}`]),
    ]
    visitor.send(lines.join('\n'), method === 'GET' || method === 'OPTIONS' ? '' : octets)
    const answer = visitor.answer().then(({ status, head, body: text }) => {
      visitor.connection.destroy()
      return { status, head, json: text === '' ? null : JSON.parse(Buffer.from(text, 'latin1').toString('utf8')) }
    })
    return { answer, cut: () => void visitor.connection.destroy() }
  }
}
