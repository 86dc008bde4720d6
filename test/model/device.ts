/** A client of the model: what it does, what is so of it, and what it believes. */
import { ManualClock } from '../../src/base/manual-clock.ts'
import { ASKING } from '../support/annotations.ts'
import { Phone } from '../support/phone.ts'
import { R } from '../support/stream-management.ts'
import type { WireClient } from '../support/wire-client.ts'
import type { Xml } from '../support/xml-reader.ts'
import type { DeviceSetting } from './script.ts'
import { noticeOf, View, type Notice } from './view.ts'

/** How it is with its session, as far as can be known without asking a server. */
export type SessionTruth =
  | { readonly is: 'none' }
  | { readonly is: 'connected' }
  /**
   * Its connection is lost, and its server may wait for it. `isSure`: it does. Otherwise the server was killed, and
   * nobody knows what it had written down.
   */
  | { readonly is: 'lost'; readonly isSure: boolean; readonly until: number }

export interface DeviceParts {
  readonly now: () => number
  readonly authenticated: (user: string) => Promise<WireClient>
  readonly heard: (device: Device, notice: Notice) => void
}

export class Device {
  readonly jid: string
  readonly bare: string
  readonly domain: string
  readonly asks: boolean
  readonly isManaged: boolean
  readonly phone: Phone
  readonly view = new View()
  session: SessionTruth = { is: 'none' }
  /** The content of what it last broadcast; null: it is not available. */
  presence: string | null = null
  isHidden = false
  isLooking = true
  /** What it has sent to addresses directly, and not taken back. */
  readonly directed = new Map<string, string>()
  /** To whom it has said directly, since its last broadcast, that it is not there. */
  readonly denied = new Set<string>()
  /** It has sent presence directly to somebody at any time. */
  wasDirect = false
  /** When it last said directly to somebody that it is not there. */
  undirectsAt = 0
  /** Grows with all that may make others see it go. */
  epoch = 0
  /** How often it has asked to be shown what it may know already. */
  looks = 0
  /** When its session began. */
  sessionAt = 0
  /** When it last asked. */
  looksAt = 0
  /** What it has received, for who reads of a failure. */
  readonly received: string[] = []
  readonly #now: () => number
  #contents = 0

  constructor({ jid, asks, isManaged }: DeviceSetting, { now, authenticated, heard }: DeviceParts) {
    this.#now = now
    this.jid = jid
    this.bare = jid.slice(0, jid.indexOf('/'))
    this.domain = this.bare.slice(this.bare.indexOf('@') + 1)
    this.asks = asks
    this.isManaged = isManaged
    this.phone = new Phone({ authenticated }, this.bare, jid.slice(jid.indexOf('/') + 1), [], { isManaged })
    this.phone.answer = (question) => (question.child('query') === undefined ? '' : ASKING.query)
    this.phone.onSession = () => {
      this.received.push(`${(now() - STARTED_AT) / 1000} a new session`)
      this.sessionAt = now()
      this.view.clear()
    }
    this.phone.onStanza = (xml: Xml) => {
      this.received.push(`${(now() - STARTED_AT) / 1000} ${xml.show()}`)
      const notice = noticeOf(xml)
      if (notice === null || notice.from === jid) return
      heard(this, notice)
      this.view.take(notice)
    }
  }
  get isConnected(): boolean {
    return this.session.is === 'connected'
  }
  /** Does it get what is sent to its account? */
  get takesPart(): boolean {
    return this.isConnected && (this.presence !== null || this.isHidden)
  }

  async connect(): Promise<void> {
    if (this.isConnected) return
    const { sessions } = this.phone
    const content = this.#content()
    this.phone.greetings = [this.#xml(content)]
    await this.phone.connect()
    this.session = { is: 'connected' }
    if (this.phone.sessions === sessions) return this.look(true)
    this.epoch += 1
    this.presence = content
    this.isHidden = false
    this.isLooking = true
    this.directed.clear()
    this.denied.clear()
  }
  /** The connection breaks. @param until its server waits for it; null: it does not */
  drop(until: number | null, isSure: boolean): void {
    this.lose(until, isSure)
    this.phone.drop()
  }
  /** The same, as its server does it, which may still say something. */
  lose(until: number | null, isSure: boolean): void {
    if (!this.isConnected) return
    if (until === null) this.#end()
    else {
      this.epoch += 1
      this.session = { is: 'lost', isSure, until }
    }
  }
  /** What its server knew of a session that waits may be lost. @param until it waits at most */
  unsure(until: number): void {
    if (this.session.is !== 'lost') return
    this.epoch += 1
    this.session = { is: 'lost', isSure: false, until }
  }
  close(): void {
    if (!this.isConnected) return
    this.phone.say('</stream:stream>')
    this.#end()
  }
  show(): void {
    if (!this.isConnected) return
    if (this.isHidden) this.#send(`<iq type='set' id='v'><visible xmlns='urn:xmpp:invisible:1'/></iq>`)
    if (this.presence === null) {
      this.epoch += 1
      this.#asks() // initial presence asks about everybody, also those whom it saw while it was hidden (RFC 6121 4.3.1)
    }
    this.isHidden = false
    this.denied.clear()
    this.presence = this.#content()
    this.#send(this.#xml(this.presence))
  }
  away(): void {
    if (!this.isConnected || this.presence === null) return
    this.epoch += 1
    this.#send(`<presence type='unavailable'/>`)
    this.view.clear() // who has said that they go are not told of others any more, and forget what they knew
    this.presence = null
    this.directed.clear()
  }
  hide(): void {
    if (!this.isConnected || this.isHidden) return
    this.epoch += 1
    this.#asks()
    this.#send(`<iq type='set' id='h'><invisible xmlns='urn:xmpp:invisible:1' probe='true'/></iq>`)
    this.isHidden = true
    this.presence = null
    this.directed.clear()
  }
  look(isLooking: boolean): void {
    if (!this.isConnected) return
    this.isLooking = isLooking
    this.phone.say(`<${isLooking ? 'active' : 'inactive'} xmlns='urn:xmpp:csi:0'/>`)
  }
  direct(to: string): void {
    if (!this.isConnected) return
    const content = this.#content()
    this.directed.set(to, content)
    this.denied.delete(to)
    this.wasDirect = true
    this.#send(this.#xml(content, ` to='${to}'`))
  }
  undirect(to: string): void {
    if (!this.isConnected) return
    this.epoch += 1
    this.undirectsAt = this.#now()
    this.directed.delete(to)
    this.denied.add(to)
    this.#send(`<presence to='${to}' type='unavailable'/>`)
  }

  /** Asks for its user, with an answer that nobody needs. */
  request(xml: string): void {
    this.#send(xml)
  }

  /** A client that is not sure that its server has got something sends it again: here it always makes sure. */
  #send(xml: string): void {
    this.phone.send(xml)
    if (this.isManaged) this.phone.say(R)
  }
  #asks(): void {
    this.looks += 1
    this.looksAt = this.#now()
  }
  #end(): void {
    this.epoch += 1
    this.session = { is: 'none' }
    this.presence = null
    this.isHidden = false
    this.directed.clear()
  }
  /** One that was never said before. */
  #content(): string {
    return `<status>${this.jid} ${(this.#contents += 1)}</status>`
  }
  #xml(content: string, to = ''): string {
    return `<presence${to}>${content}${this.asks ? ASKING.c : ''}</presence>`
  }
}

const STARTED_AT = new ManualClock().now()
