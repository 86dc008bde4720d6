/**
 * The lower half of a client (RFC 6120 4 to 7): it opens streams, negotiates and waits for what comes, step by
 * step, so that a story can go wrong at any of them.
 */
import assert from 'node:assert/strict'
import type { ScramHash } from '../../src/xmpp/credentials.ts'
import type { Link } from './link.ts'
import { ScramClient } from './sasl.ts'
import { matches, type Pattern } from './xml-pattern.ts'
import { Xml, XmlReader } from './xml-reader.ts'

export const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl'
export const TLS = 'urn:ietf:params:xml:ns:xmpp-tls'
export const BIND = 'urn:ietf:params:xml:ns:xmpp-bind'
export const STREAM = 'http://etherx.jabber.org/streams'
const STREAM_ERRORS = 'urn:ietf:params:xml:ns:xmpp-streams'

/** What comes is there at once in a test that passes; only one that fails waits. */
const PATIENCE_MS = 15_000

export type Arrival = { readonly kind: 'header' | 'element'; readonly xml: Xml } | { readonly kind: 'footer' | 'closed' }

export interface OpenOptions {
  readonly to?: string
  readonly from?: string
  readonly lang?: string
  /** Of namespaces, beside that of streams. */
  readonly declarations?: string
}

export class WireClient {
  readonly link: Link
  readonly domain: string
  /** What came and nobody has asked for yet. */
  readonly arrived: Arrival[] = []
  isClosed = false
  readonly #reader: XmlReader
  readonly #patience: number
  #waiting: (() => void) | null = null

  /** @param patience of each wait, in milliseconds */
  constructor(link: Link, domain: string, patience = PATIENCE_MS) {
    this.#patience = patience
    this.link = link
    this.domain = domain
    this.#reader = new XmlReader({
      header: (xml) => this.#arrive({ kind: 'header', xml }),
      element: (xml) => this.#arrive({ kind: 'element', xml }),
      footer: () => this.#arrive({ kind: 'footer' }),
    })
    link.listener = (text) => {
      if (text !== null) this.#reader.write(text)
      else if (!this.isClosed) {
        this.isClosed = true
        this.#arrive({ kind: 'closed' })
      }
    }
  }
  write(text: string | Buffer): void {
    this.link.write(text)
  }
  /** What comes next. @throws Error when nothing does */
  async next(what: string): Promise<Arrival> {
    if (this.arrived.length === 0) await this.#wait(what)
    return this.arrived.shift()!
  }
  async element(what: string): Promise<Xml> {
    const next = await this.next(what)
    if (next.kind !== 'element') assert.fail(`waiting for ${what}: the stream gave a ${next.kind}`)
    return next.xml
  }
  /** The next element is this one. */
  async expect(pattern: Pattern): Promise<Xml> {
    const xml = await this.element(pattern)
    assert(matches(pattern, xml), `expected: ${pattern}\n     got: ${xml.show()}`)
    return xml
  }
  /** The stream ends with this error, and everything with it (RFC 6120 4.9.1.1). */
  async expectStreamError(condition: string, more = ''): Promise<Xml> {
    const error = await this.expect(`<error xmlns='${STREAM}'><${condition} xmlns='${STREAM_ERRORS}'/>${more}*</error>`)
    await this.expectClosed()
    return error
  }
  async expectClosed(): Promise<void> {
    assert.equal((await this.next('the footer')).kind, 'footer')
    await this.end()
  }
  /** Closes our side when the server has closed its own. */
  async end(): Promise<void> {
    this.link.end()
    assert.equal((await this.next('the end of the connection')).kind, 'closed')
  }

  /** Opens a stream and gives back the server's header. */
  async open({ to = this.domain, from, lang = 'en', declarations = `xmlns='jabber:client'` }: OpenOptions = {}): Promise<Xml> {
    this.#reader.restart()
    const sender = from === undefined ? '' : ` from='${from}'`
    this.write(
      `<?xml version='1.0'?><stream:stream ${declarations} xmlns:stream='${STREAM}' to='${to}'${sender} version='1.0' xml:lang='${lang}'>`,
    )
    const next = await this.next('the stream header')
    assert(next.kind === 'header', `a header, not a ${next.kind}`)
    return next.xml
  }
  async features(): Promise<Xml> {
    return this.expect(`<features xmlns='${STREAM}'>*</features>`)
  }
  async startTls(): Promise<void> {
    this.write(`<starttls xmlns='${TLS}'/>`)
    await this.expect(`<proceed xmlns='${TLS}'/>`)
    await this.secure()
  }
  async secure(): Promise<void> {
    await this.link.secure(this.domain)
  }
  /** The answer to one attempt: success or failure. */
  async authenticate(user: string, password: string, options: ScramOptions = {}): Promise<Xml> {
    const { hash = 'sha-256', header = 'n,,', bindingData = Buffer.alloc(0), plus = false } = options
    const scram = new ScramClient(hash, password, { username: user, header, bindingData })
    this.write(
      `<auth xmlns='${SASL}' mechanism='SCRAM-${hash.toUpperCase()}${plus ? '-PLUS' : ''}'>${base64(scram.first)}</auth>`,
    )
    const challenge = await this.element('a challenge')
    if (challenge.name !== 'challenge') return challenge
    this.write(`<response xmlns='${SASL}'>${base64(scram.final(Buffer.from(challenge.text, 'base64').toString()))}</response>`)
    const outcome = await this.element('success or failure')
    if (outcome.name === 'success') assert.equal(Buffer.from(outcome.text, 'base64').toString(), scram.serverSignature)
    return outcome
  }
  /** @param resource null: the server makes one. @returns the full JID */
  async bind(resource: string | null): Promise<string> {
    this.write(bindRequest(resource))
    const result = await this.expect(`<iq type='result' id='bind'><bind xmlns='${BIND}'><jid>*</jid></bind></iq>`)
    return result.child('bind')!.child('jid')!.text
  }
  /** Everything up to a bound resource. */
  async login(
    user: string,
    password: string,
    resource: string | null,
    options: OpenOptions & { readonly startTls?: boolean } = {},
  ): Promise<string> {
    await this.open(options)
    await this.features()
    if (options.startTls === true) {
      await this.startTls()
      await this.open(options)
      await this.features()
    }
    const outcome = await this.authenticate(user, password)
    assert.equal(outcome.name, 'success', `${user} cannot log in: ${outcome.show()}`)
    await this.open(options)
    await this.features()
    return this.bind(resource)
  }

  #arrive(arrival: Arrival): void {
    this.arrived.push(arrival)
    const waiting = this.#waiting
    this.#waiting = null
    waiting?.()
  }
  #wait(what: string): Promise<void> {
    if (this.isClosed) assert.fail(`waiting for ${what}: the connection is closed`)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new assert.AssertionError({ message: `nothing came; expected: ${what}` })),
        this.#patience,
      )
      this.#waiting = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

export interface ScramOptions {
  readonly hash?: ScramHash
  readonly header?: string
  readonly bindingData?: Buffer<ArrayBuffer>
  readonly plus?: boolean
}

export const base64 = (text: string): string => Buffer.from(text).toString('base64')

export const bindRequest = (resource: string | null): string =>
  `<iq type='set' id='bind'><bind xmlns='${BIND}'>${resource === null ? '' : `<resource>${resource}</resource>`}</bind></iq>`
