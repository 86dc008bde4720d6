/**
 * XEP-0388 and XEP-0484 for the client library, which implements neither: a login by password (SCRAM) that asks for a token,
 * and a login by that token after a reload of the page. Resumption and binding follow as after any login.
 */
import { Constants, JXT, Platform, type Agent } from 'stanza'
import { SOFTWARE, thisBrowser } from './this-browser.ts'

const SASL2 = 'urn:xmpp:sasl:2'
const FAST = 'urn:xmpp:fast:0'
const CONDITIONS = 'urn:ietf:params:xml:ns:xmpp-sasl'
/** Browsers give pages no data to which a token could be bound. */
const BY_TOKEN = 'HT-SHA-256-NONE'
/** Before the library's own login, which has priority 100. */
const PRIORITY = 50

interface Sasl2 {
  readonly type: 'authenticate' | 'challenge' | 'response' | 'success' | 'failure'
  readonly mechanism?: string
  readonly initial?: Buffer
  readonly value?: Buffer
  readonly device?: string
  readonly software?: string
  readonly deviceName?: string
  readonly wantsToken?: string
  readonly fast?: boolean
  readonly invalidates?: string
  readonly token?: string
  readonly condition?: string
  readonly text?: string
}
declare module 'stanza' {
  interface TopLevelElements {
    sasl2: Sasl2
  }
  interface AgentEvents {
    sasl2: Sasl2
  }
}
declare module 'stanza/protocol' {
  interface StreamFeatures {
    sasl2?: { readonly mechanisms: string[] }
  }
}

const step = (element: Sasl2['type'], fields: JXT.DefinitionOptions['fields']): JXT.DefinitionOptions => ({
  element,
  namespace: SASL2,
  path: 'sasl2',
  type: element,
  typeField: 'type',
  ...(fields === undefined ? {} : { fields }),
})

const USER_AGENT = { namespace: SASL2, element: 'user-agent' }
const DEFINITIONS: JXT.DefinitionOptions[] = [
  {
    element: 'authentication',
    namespace: SASL2,
    path: 'features.sasl2',
    fields: { mechanisms: JXT.multipleChildText(null, 'mechanism') },
  },
  step('authenticate', {
    mechanism: JXT.attribute('mechanism'),
    initial: JXT.childTextBuffer(null, 'initial-response', 'base64'),
    device: JXT.childAttribute(null, 'user-agent', 'id'),
    software: JXT.deepChildText([USER_AGENT, { namespace: SASL2, element: 'software' }]),
    deviceName: JXT.deepChildText([USER_AGENT, { namespace: SASL2, element: 'device' }]),
    wantsToken: JXT.childAttribute(FAST, 'request-token', 'mechanism'),
    fast: JXT.childBoolean(FAST, 'fast'),
    invalidates: JXT.childAttribute(FAST, 'fast', 'invalidate'),
  }),
  step('challenge', { value: JXT.textBuffer('base64') }),
  step('response', { value: JXT.textBuffer('base64') }),
  step('success', {
    value: JXT.childTextBuffer(null, 'additional-data', 'base64'),
    token: JXT.childAttribute(FAST, 'token', 'token'),
  }),
  step('failure', {
    condition: JXT.childEnum(CONDITIONS, Object.values(Constants.SASLFailureCondition)),
    text: JXT.childText(null, 'text'),
  }),
]

/** The server's reason for refusing the login. */
export interface Denial {
  readonly condition: string
  readonly text: string | null
}
export interface Login {
  /** The address of the login, without a resource. */
  readonly jid: string
  /** Identifies this page to the server, also after a reload. */
  readonly device: string
  /** Null if the password is needed. */
  token: string | null
  /** The last login of this page: the token becomes invalid with it, and nothing follows (XEP-0484 3.6). */
  readonly isFarewell?: true
  /** @param denial null if there is no common mechanism, or the server could not prove its identity */
  readonly denied: (denial: Denial | null) => void
}

/** Makes the client log in this way if the server offers it. A newer token replaces the present one. */
export function logsInBySasl2(client: Agent, login: Login): void {
  client.stanzas.define(DEFINITIONS)
  // Nothing follows a farewell, but the server offers it before the connection is closed
  if (login.isFarewell === true) delete client.features.handlers['bind']
  client.registerFeature('sasl2', PRIORITY, (features, done) => {
    let ended = false
    const attempt = new Attempt(client, login, features.sasl2!.mechanisms, (command) => {
      if (ended) return
      ended = true
      client.off('sasl2', hear)
      done(command, command === 'disconnect' ? 'authentication failed' : undefined)
    })
    const hear = (said: Sasl2): void => void attempt.hear(said)
    client.on('sasl2', hear)
    client.once('--reset-stream-features' as 'connected', () => {
      ended = true
      client.off('sasl2', hear)
      client.features.negotiated['sasl'] = client.features.negotiated['sasl2'] = false
    })
    void attempt.begin()
  })
}

type Credentials = NonNullable<Awaited<ReturnType<Agent['getCredentials']>>>
type Mechanism = NonNullable<ReturnType<Agent['sasl']['createMechanism']>>

class Attempt {
  readonly #client: Agent
  readonly #login: Login
  readonly #mechanisms: string[]
  readonly #end: (command: 'break' | 'disconnect') => void
  /** Null for a login by token. */
  #scram: Mechanism | null = null

  constructor(client: Agent, login: Login, mechanisms: string[], end: (command: 'break' | 'disconnect') => void) {
    this.#client = client
    this.#login = login
    this.#mechanisms = mechanisms
    this.#end = end
  }
  async begin(): Promise<void> {
    const { token, jid, isFarewell } = this.#login
    if (token !== null) {
      const proof = await hmac(token, 'Initiator')
      const name = utf8(`${jid.slice(0, jid.indexOf('@'))}\0`)
      return this.#authenticate(BY_TOKEN, concat(name, proof), isFarewell === true ? { invalidates: 'true' } : { fast: true })
    }
    const credentials = await this.#credentials()
    this.#scram = credentials.password === undefined ? null : this.#client.sasl.createMechanism(this.#mechanisms)
    if (this.#scram === null) return this.#deny(null)
    this.#authenticate(this.#scram.name, this.#scram.createResponse(credentials)!, { wantsToken: BY_TOKEN })
  }
  async hear({ type, value, token, condition, text }: Sasl2): Promise<void> {
    if (type === 'challenge' && this.#scram !== null) {
      this.#scram.processChallenge(value!)
      return this.#send({ type: 'response', value: this.#scram.createResponse(await this.#credentials()) as Buffer })
    }
    if (type === 'success') return this.#succeeded(value, token)
    if (type !== 'failure') return this.#deny(null) // a task, which the board does not support (XEP-0388 2.6.3)
    if (this.#scram !== null) return this.#deny({ condition: condition ?? 'not-authorized', text: text ?? null })
    this.#login.token = null // the token is invalid; the password may still be known
    if ((await this.#credentials()).password === undefined) this.#deny({ condition: 'credentials-expired', text: null })
    else await this.begin()
  }

  async #succeeded(value: Buffer | undefined, token: string | undefined): Promise<void> {
    // This must happen before any later input is read: the next input is the features of an authenticated stream.
    this.#client.features.negotiated['sasl'] = this.#client.features.negotiated['sasl2'] = true
    if (!(await this.#isProved(value))) return this.#deny(null)
    if (token !== undefined) this.#login.token = token
    this.#end(this.#login.isFarewell === true ? 'disconnect' : 'break')
  }
  /** Has the server proved that it knows the password or the token too? */
  async #isProved(value: Buffer | undefined): Promise<boolean> {
    if (this.#scram === null) return isEqual(value, await hmac(this.#login.token!, 'Responder'))
    if (value !== undefined) this.#scram.processSuccess(value)
    return this.#scram.finalize(await this.#credentials()).mutuallyAuthenticated === true
  }
  async #credentials(): Promise<Credentials> {
    return (await this.#client.getCredentials()) ?? {}
  }
  #authenticate(mechanism: string, initial: Uint8Array | string, more: Partial<Sasl2>): void {
    // The library encodes only this type of octets as base64.
    const octets = Platform.Buffer.from(initial as Uint8Array)
    this.#send({
      type: 'authenticate',
      mechanism,
      initial: octets,
      device: this.#login.device,
      software: SOFTWARE,
      deviceName: thisBrowser(),
      ...more,
    })
  }
  #send(step: Sasl2): void {
    void this.#client.send('sasl2', step)
  }
  #deny(denial: Denial | null): void {
    this.#login.denied(denial)
    this.#end('disconnect')
  }
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const concat = (a: Uint8Array, b: Uint8Array): Uint8Array => new Uint8Array([...a, ...b])
const isEqual = (a: Uint8Array | undefined, b: Uint8Array): boolean =>
  a !== undefined && a.length === b.length && a.every((octet, i) => octet === b[i])

/** HMAC-SHA-256, as HT-SHA-256-NONE uses it. */
async function hmac(key: string, text: string): Promise<Uint8Array> {
  const hash = { name: 'HMAC', hash: 'SHA-256' }
  const imported = await crypto.subtle.importKey('raw', utf8(key) as BufferSource, hash, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, utf8(text) as BufferSource))
}
