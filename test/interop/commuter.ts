/**
 * A client that loses its connection again and again and comes back: with stream management (XEP-0198) it resumes and sends
 * again what was not counted, without it logs in anew. Over direct TLS, and quick enough for some hundred messages a second.
 */
import assert from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'
import { directTlsLink } from '../support/link.ts'
import { a, ENABLE, R, resume } from '../support/stream-management.ts'
import { WireClient } from '../support/wire-client.ts'
import type { Xml } from '../support/xml-reader.ts'

export interface CommuterOptions {
  readonly port: () => number
  readonly domain: string
  readonly user: string
  /** Whether it has stream management. */
  readonly resumes: boolean
}

/** Attempts to connect while the server is away, and the pause between them. */
const [ATTEMPTS, PAUSE_MS] = [200, 50]
/** Nothing more has come for so long: there is nothing more. */
const QUIET_MS = 1500
const PATIENCE_MS = 10_000
const SETTLE_MS = 30_000
/** Stanzas after which it says how many it has. */
const ACKNOWLEDGED_AFTER = 5

export class Commuter {
  /** Bodies of the messages that have come, in their order. */
  readonly heard: string[] = []
  /** Bodies of its own messages that the server has counted. */
  readonly acknowledged: string[] = []
  /** Bodies of its own messages that came back as errors, with the condition. */
  readonly refused: (readonly [body: string, condition: string])[] = []
  /** How often it came back to its old session. */
  resumptions = 0
  readonly #options: CommuterOptions
  #wire: WireClient | null = null
  #id = ''
  #handled = 0
  /** What the server has not counted. */
  #unacknowledged: string[] = []
  #counted = 0
  #heardAt = performance.now()

  constructor(options: CommuterOptions) {
    this.#options = options
  }
  say(to: string, body: string): void {
    this.#send(`<message type='chat' to='${to}' id='${body}'><body>${body}</body></message>`)
  }
  /** Until it is back, in its old session or in a new one. */
  async connect(): Promise<void> {
    const { user, domain, resumes } = this.#options
    const wire = await this.#authenticated()
    if (resumes && this.#id !== '') {
      wire.write(resume(this.#id, this.#handled))
      const outcome = await wire.element('whether the session is still there')
      this.#trim(outcome)
      if (outcome.name === 'resumed') {
        this.resumptions += 1
        return this.#goOn(wire)
      }
    }
    assert.equal(await wire.bind('1'), `${user}@${domain}/1`)
    if (resumes) {
      wire.write(ENABLE)
      this.#id = (await wire.element('that it is enabled')).attr('id')!
    }
    this.#handled = this.#counted = 0
    this.#unacknowledged.unshift('<presence/>')
    this.#goOn(wire)
  }
  /** Until nothing has come for a while, and all that was sent is counted. */
  async settle(): Promise<void> {
    const { resumes } = this.#options
    for (const since = performance.now(); this.#unacknowledged.length > 0 || performance.now() - this.#heardAt < QUIET_MS;) {
      assert(performance.now() - since < SETTLE_MS, `${this.#unacknowledged.length} stanzas are not counted`)
      if (resumes) this.#wire?.write(R)
      await setTimeout(QUIET_MS / 10)
    }
  }
  async leave(): Promise<void> {
    const wire = this.#wire
    this.#wire = null
    wire?.write('</stream:stream>')
    await setTimeout(100)
    wire?.link.drop()
  }

  async #authenticated(): Promise<WireClient> {
    const { port, user, domain } = this.#options
    for (let attempt = 0; ; attempt++) {
      try {
        const wire = new WireClient(await directTlsLink(port(), domain), domain, PATIENCE_MS)
        await wire.open()
        await wire.features()
        const outcome = await wire.authenticate(user, 'secret')
        assert.equal(outcome.name, 'success')
        await wire.open()
        await wire.features()
        return wire
      } catch (error) {
        if (attempt >= ATTEMPTS) throw error
        await setTimeout(PAUSE_MS)
      }
    }
  }
  #goOn(wire: WireClient): void {
    this.#wire = wire
    this.#heardAt = performance.now()
    const listen = wire.link.listener
    wire.link.listener = (text) => {
      listen(text)
      this.#read(wire)
    }
    wire.write(this.#unacknowledged.join(''))
    if (!this.#options.resumes) this.#unacknowledged = []
    this.#read(wire)
  }
  #send(stanza: string): void {
    if (this.#options.resumes || this.#wire === null) this.#unacknowledged.push(stanza)
    this.#wire?.write(stanza)
  }
  #read(wire: WireClient): void {
    for (let next = wire.arrived.shift(); next !== undefined; next = wire.arrived.shift()) {
      if (next.kind === 'element') this.#take(next.xml)
      else if (this.#wire === wire) {
        this.#wire = null
        wire.link.end()
      }
    }
  }
  #take(xml: Xml): void {
    switch (xml.name) {
      case 'r':
        return this.#wire?.write(a(this.#handled))
      case 'a':
        return this.#trim(xml)
      case 'message': {
        this.#heardAt = performance.now()
        const body = xml.child('body')?.text ?? ''
        if (xml.attr('type') === 'error') this.refused.push([body, xml.child('error')?.elements[0]?.name ?? ''])
        else this.heard.push(body)
        break
      }
      case 'presence':
      case 'iq':
        break
      default:
        return
    }
    this.#handled += 1
    if (this.#options.resumes && this.#handled % ACKNOWLEDGED_AFTER === 0) this.#wire?.write(a(this.#handled))
  }
  #trim(element: Xml): void {
    const h = element.attr('h')
    if (h === undefined) return
    const more = Number(h) - this.#counted
    assert(more >= 0 && more <= this.#unacknowledged.length, `counted ${this.#counted}, and then ${element.show()}`)
    for (const stanza of this.#unacknowledged.splice(0, more)) {
      const body = /<body>(.*)<\/body>/.exec(stanza)?.[1]
      if (body !== undefined) this.acknowledged.push(body)
    }
    this.#counted += more
  }
}
