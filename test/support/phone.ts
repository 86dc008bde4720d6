/**
 * A client with stream management (XEP-0198) as it should be, over a connection that can go wrong in every way: it
 * counts, acknowledges, keeps what it has sent, comes back, and sends again what the server has not handled.
 */
import assert from 'node:assert/strict'
import { a, ENABLE, resume } from './stream-management.ts'
import { bareOf } from './story-server.ts'
import type { WireClient } from './wire-client.ts'
import type { Xml } from './xml-reader.ts'

interface Air {
  /** How many more characters come through to it. */
  seen: number
  /** Nothing that it writes comes through. */
  isMute: boolean
}

/** Where it gets connections from, on each of which its user has authenticated. */
export interface Operator {
  authenticated(user: string): Promise<WireClient>
}

export interface PhoneOptions {
  /** Whether it uses stream management. */
  readonly isManaged?: boolean
}

export class Phone {
  /** All messages that it has received, in all of its sessions. */
  readonly messages: Xml[] = []
  /** The last presence of each full JID. */
  readonly presences = new Map<string, Xml>()
  /** How many sessions it has had. */
  sessions = 0
  /** Told of each presence that comes. */
  onPresence: (presence: Xml) => void = () => {}
  /** Answers what it is asked: the content of the result. */
  answer: (question: Xml) => string = () => ''
  /** Told of each stanza and each connection, as it comes. */
  onSession: () => void = () => {}
  onStanza: (stanza: Xml) => void = () => {}
  /** What a new session begins with. */
  greetings: readonly string[]
  readonly #operator: Operator
  readonly #user: string
  readonly #resource: string
  readonly #isManaged: boolean
  /** Null: it has no connection. */
  #wire: WireClient | null = null
  /** Of its connection. */
  #air: Air = { seen: Infinity, isMute: false }
  #id = ''
  #handled = 0
  /** What the server has not said to have handled. */
  #sent: string[] = []
  #handledThere = 0

  /** @param user a local part, or an address */
  constructor(
    operator: Operator,
    user: string,
    resource: string,
    greetings: readonly string[] = ['<presence/>'],
    { isManaged = true }: PhoneOptions = {},
  ) {
    this.greetings = greetings
    this.#operator = operator
    this.#user = user
    this.#resource = resource
    this.#isManaged = isManaged
  }
  get jid(): string {
    return `${bareOf(this.#user)}/${this.#resource}`
  }
  /** Is it connected, as far as it knows and in truth? */
  get isConnected(): boolean {
    return this.#wire !== null && !this.#air.isMute && this.#air.seen === Infinity
  }
  /** Sends a stanza, now or when there is a connection. */
  send(stanza: string): void {
    if (this.#isManaged) this.#sent.push(stanza)
    this.say(stanza)
  }
  /** Anything else, if there is a connection. */
  say(text: string): void {
    if (!this.#air.isMute) this.#wire?.write(text)
  }
  acknowledge(): void {
    this.say(a(this.#handled))
  }
  /** The network is gone, and neither side knows: only so many more characters still come through. */
  lose(characters: number, isMute: boolean): void {
    this.#air.seen = Math.min(this.#air.seen, characters)
    this.#air.isMute ||= isMute
  }
  /** The connection breaks while this stanza is being written. It will be sent again. */
  cutWhileSending(stanza: string, characters: number): void {
    this.#sent.push(stanza)
    this.say(stanza.slice(0, characters))
    this.drop()
  }
  cutWhileAcknowledging(characters: number): void {
    this.say(a(this.#handled).slice(0, characters))
    this.drop()
  }
  drop(): void {
    this.pump()
    if (this.#wire === null) return
    this.#wire.isClosed = true
    this.#wire.link.drop()
    this.#wire = null
  }
  /** Reads what has come. */
  pump(): void {
    for (let next = this.#wire?.arrived.shift(); next !== undefined; next = this.#wire?.arrived.shift()) {
      if (next.kind === 'element') this.#read(next.xml)
      else this.#wire = null
    }
  }
  /**
   * Gets a connection: in its old session if that is still there, else in a new one.
   * @param leavesOpen the server is not told that the old connection is no more
   */
  async connect(leavesOpen = false): Promise<void> {
    this.pump()
    if (!leavesOpen) this.drop()
    const wire = await this.#operator.authenticated(this.#user)
    this.#use(wire)
    if (this.#id !== '') {
      wire.write(resume(this.#id, this.#handled))
      const outcome = await wire.element('whether the session is still there')
      if (outcome.name === 'resumed') return this.#goOn(outcome)
      assert.equal(outcome.name, 'failed', outcome.show())
      if (outcome.attr('h') !== undefined) this.#trim(outcome)
    }
    await this.#begin(wire)
  }

  async #begin(wire: WireClient): Promise<void> {
    assert.equal(await wire.bind(this.#resource), this.jid)
    this.sessions += 1
    this.onSession()
    if (!this.#isManaged) return wire.write(this.greetings.join(''))
    wire.write(ENABLE)
    this.#id = (await wire.element('that it is enabled')).attr('id')!
    this.#handled = this.#handledThere = 0
    // What it had said of its presence is over with the old session
    this.#sent = [...this.greetings, ...this.#sent.filter((stanza) => !stanza.startsWith('<presence'))]
    wire.write(this.#sent.join(''))
  }
  #goOn(resumed: Xml): void {
    this.#trim(resumed)
    this.#wire!.write(this.#sent.join(''))
  }
  #trim(element: Xml): void {
    const more = Number(element.attr('h')) - this.#handledThere
    assert(more >= 0 && more <= this.#sent.length, `handled ${this.#handledThere}, and then ${element.show()}`)
    this.#sent.splice(0, more)
    this.#handledThere += more
  }
  #use(wire: WireClient): void {
    this.#wire = wire
    const air: Air = { seen: Infinity, isMute: false }
    this.#air = air
    const hear = wire.link.listener
    wire.link.listener = (text) => {
      if (text === null) return hear(null)
      hear(text.slice(0, air.seen))
      air.seen = Math.max(0, air.seen - text.length)
    }
  }
  #read(xml: Xml): void {
    if (xml.name === 'message' || xml.name === 'presence' || xml.name === 'iq') this.onStanza(xml)
    switch (xml.name) {
      case 'r':
        return this.acknowledge()
      case 'a':
        return this.#trim(xml)
      case 'message':
        this.messages.push(xml)
        break
      case 'presence':
        this.presences.set(xml.attr('from')!, xml)
        this.onPresence(xml)
        break
      case 'iq':
        if (xml.attr('type') === 'get')
          this.send(`<iq type='result' id='${xml.attr('id')}' to='${xml.attr('from')}'>${this.answer(xml)}</iq>`)
        break
      default:
        return // a stream error: the end of the connection follows
    }
    this.#handled += 1
  }
}
