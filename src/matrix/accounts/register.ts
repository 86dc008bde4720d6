/**
 * New accounts by Matrix clients: for everybody where registration is open ([registration] open), otherwise with an invitation
 * (XEP-0401), whose token is the registration token of Matrix. Names and passwords have the same rules as over XMPP.
 */
import * as v from 'valibot'
import { newAccountsOf, type NewAccounts } from '../../xep/0077-registration/index.ts'
import { invitationsOf, type Invitations } from '../../xep/0401-invitations/index.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { Call } from '../http/call.ts'
import { forbidden, missingParam, MatrixError, ofStanza } from '../http/errors.ts'
import { route, type Route } from '../http/routes.ts'
import type { Matrix } from '../matrix.ts'
import { answerTo, checkedId, deviceEntries, deviceIn } from './login.ts'
import { askForProof, proofEntries, type Proof } from './proving.ts'

const ANYBODY = 'm.login.dummy'
const BY_INVITATION = 'm.login.registration_token'
/** Names that the server gives to people elsewhere, and to occupants. */
const RESERVED = /^_(xmpp|occ)_/i
const NAME_LETTERS = 12

const schema = v.object({
  username: v.nullish(v.string()),
  password: v.nullish(v.string()),
  inhibit_login: v.optional(v.boolean(), false),
  ...deviceEntries,
  ...proofEntries,
})
type Wanted = v.InferOutput<typeof schema>

export function registerRoutes(matrix: Matrix): readonly Route[] {
  const registering = new Registering(matrix)
  return [
    route({
      method: 'POST',
      path: '/register',
      access: 'anyone',
      pace: 'register',
      body: schema,
      handle: (call) => registering.register(call, call.body),
    }),
    route({
      method: 'GET',
      path: '/register/available',
      access: 'anyone',
      pace: 'register',
      handle: (call) => registering.available(call),
    }),
    route({
      method: 'GET',
      path: '/register/m.login.registration_token/validity',
      versions: ['v1'],
      access: 'anyone',
      pace: 'register',
      handle: ({ query }) => registering.isValid(query.get('token')),
    }),
  ]
}

class Registering {
  readonly #matrix: Matrix
  readonly #accounts: NewAccounts
  readonly #invitations: Invitations

  constructor(matrix: Matrix) {
    this.#matrix = matrix
    this.#accounts = newAccountsOf(matrix.host)
    this.#invitations = invitationsOf(matrix.host)
  }
  async register(call: Call, wanted: Wanted): Promise<object> {
    if (call.query.get('kind') === 'guest') throw forbidden('There are no guests here')
    // What is wrong is said before there is an account
    const device = deviceIn(wanted, this.#matrix.host.entropy)
    const account = await this.#create(call, wanted)
    const user_id = checkedId(this.#matrix, account)
    if (wanted.inhibit_login) return { user_id, home_server: account.domain }
    const credentials = await this.#matrix.host.stores.accounts.credentials(account.bare)
    return answerTo(this.#matrix, { user: account, ...device, credentials: credentials! })
  }
  /** Only where everybody may have any free name: otherwise it would tell strangers which names there are. */
  async available({ query, domain, exchange }: Call): Promise<object> {
    const username = query.get('username')
    if (username === null) throw missingParam('The user name is missing')
    if (!this.#accounts.isOpen) throw forbidden('Accounts are made with an invitation only')
    this.#addressOf(username, domain)
    if (!(await this.#accounts.isFree(username, domain, exchange.peer.address))) throw taken()
    return { available: true }
  }
  async isValid(token: string | null): Promise<object> {
    if (token === null) throw missingParam('The token is missing')
    const found = await this.#invitations.find(token)
    return { valid: found !== null && found.makesAccount }
  }

  async #create({ domain, exchange }: Call, { username, password, auth }: Wanted): Promise<Jid> {
    const { ticket, domain: home } = await this.#admit(domain, auth ?? null)
    if (password == null) throw missingParam('The password is missing')
    const name = username ?? ticket?.name ?? this.#newName()
    const account = this.#addressOf(name, home)
    checkedId(this.#matrix, account)
    try {
      return await this.#accounts.create(
        { username: account.local, password, domain: home, address: exchange.peer.address },
        ticket,
      )
    } catch (error) {
      if (!(error instanceof StanzaError)) throw error
      throw refusal(error)
    }
  }
  /** What entitles the client to an account, and at which domain. @throws MatrixError that asks for it */
  async #admit(domain: string, auth: Proof | null): Promise<{ readonly ticket: Ticket | null; readonly domain: string }> {
    const stages = [...(this.#accounts.isOpen ? [ANYBODY] : []), ...(this.#invitations.isOpen(domain) ? [BY_INVITATION] : [])]
    if (stages.length === 0) throw forbidden('The operator makes the accounts of this server')
    const type = auth?.type ?? null
    if (auth === null || type === null || !stages.includes(type)) throw askForProof(this.#matrix, stages, null)
    if (type === ANYBODY) return { ticket: null, domain }
    const found = auth.token === undefined ? null : await this.#invitations.find(auth.token)
    if (found === null || !found.makesAccount)
      throw askForProof(this.#matrix, stages, forbidden('The invitation is used up, too old, or was taken back'))
    return { ticket: this.#invitations.ticketFor(found), domain: found.domain }
  }
  /** @throws MatrixError M_EXCLUSIVE, M_INVALID_USERNAME */
  #addressOf(username: string, domain: string): Jid {
    if (RESERVED.test(username)) throw new MatrixError(400, 'M_EXCLUSIVE', 'Names that begin so are reserved')
    // MXR-11: over Matrix, new names have the letters of Matrix
    if (!/^[a-z0-9._\-/+=]+$/.test(username)) throw invalidName('A name has the letters a to z, digits, and . _ = - +')
    try {
      return this.#accounts.addressOf(username, domain)
    } catch (error) {
      if (error instanceof StanzaError) throw invalidName(error.detail.text ?? 'This cannot be a name')
      throw error
    }
  }
  #newName(): string {
    const octets = this.#matrix.host.entropy.bytes(NAME_LETTERS)
    return String.fromCharCode(...octets.map((octet) => 97 + (octet % 26)))
  }
}
type Ticket = ReturnType<Invitations['ticketFor']>

const taken = (): MatrixError => new MatrixError(400, 'M_USER_IN_USE', 'This name is taken')
const invalidName = (sentence: string): MatrixError => new MatrixError(400, 'M_INVALID_USERNAME', sentence)

/** Of an account that could not be made: the name was found good before. */
function refusal(error: StanzaError): MatrixError {
  if (error.condition === 'conflict') return taken()
  if (error.condition !== 'not-acceptable') return ofStanza(error)
  return new MatrixError(400, 'M_WEAK_PASSWORD', error.detail.text ?? 'This cannot be a password')
}
