/** Reports what an import has done, or would do: a line for each account, and the names of what could not be imported. */
import { HASHES, lackingIn, type Credentials, type ScramHash } from '../xmpp/credentials.ts'
import type { Found } from './found.ts'
import type { RoomOutcome } from './importing-rooms.ts'
import type { Counts, Outcome } from './importing.ts'

/** The most lines about left-out data at the end; more are only counted. */
const NAMED_MAX = 200

export class Report {
  readonly #write: (text: string) => void
  readonly #isDry: boolean
  #taken = 0
  #existing = 0
  #unreadable = 0
  #rooms = 0
  #existingRooms = 0
  /** Of the history of rooms. */
  #messages = 0
  /** By room: messages that were not imported. */
  readonly #lost = new Map<string, number>()
  readonly #roomsElsewhere = new Map<string, number>()
  /** By domain: how many accounts lack keys, and the hashes for which every account has keys, the best first. */
  readonly #keys = new Map<string, { readonly old: number; readonly common: readonly ScramHash[] }>()
  readonly #elsewhere = new Map<string, number>()
  readonly #other: string[] = []
  #others = 0

  constructor(write: (text: string) => void, isDry: boolean) {
    this.#write = write
    this.#isDry = isDry
  }
  /** Whether all data could be read. */
  get isWhole(): boolean {
    return this.#unreadable === 0
  }

  found(found: Exclude<Found, { kind: 'user' | 'room' | 'history' }>): void {
    if (found.kind === 'left-out') return this.#leftOut(found.what)
    this.#unreadable += 1
    this.#write(`${found.where}: not read: ${found.why}.\n`)
  }
  user(bare: string, domain: string, outcome: Outcome): void {
    switch (outcome.kind) {
      case 'elsewhere':
        return void this.#elsewhere.set(domain, (this.#elsewhere.get(domain) ?? 0) + 1)
      case 'exists':
        this.#existing += 1
        return this.#write(`${bare}: exists already; not changed.\n`)
      case 'no-password':
        this.#unreadable += 1
        return this.#write(`${bare}: not imported: ${outcome.why}.\n`)
      case 'taken': {
        this.#taken += 1
        const isOld = this.#countKeys(domain, outcome.credentials)
        this.#write(`${bare}: ${counted(outcome.counts)}${isOld ? '; old keys' : ''}.\n`)
        for (const what of outcome.leftOut) this.#write(`  without ${what}.\n`)
      }
    }
  }
  room(bare: string, domain: string, outcome: RoomOutcome): void {
    switch (outcome.kind) {
      case 'elsewhere':
        return void this.#roomsElsewhere.set(domain, (this.#roomsElsewhere.get(domain) ?? 0) + 1)
      case 'exists':
        this.#existingRooms += 1
        return this.#write(`${bare}: exists already; not changed.\n`)
      case 'taken':
        this.#rooms += 1
        this.#write(`${bare}: a room with ${plural(outcome.affiliations, 'affiliation')}.\n`)
        for (const what of outcome.leftOut) this.#write(`  without ${what}.\n`)
    }
  }
  /** @param added how many messages of the history of a room are there now; null: none @param found how many there were */
  history(bare: string, found: number, added: number | null): void {
    if (added === null) this.#lost.set(bare, (this.#lost.get(bare) ?? 0) + found)
    else this.#messages += added
  }
  end(): void {
    const lines = [`\n${plural(this.#taken, 'account')} ${this.#isDry ? 'would be imported; nothing was changed' : 'imported'}.`]
    if (this.#existing > 0) lines.push(`${plural(this.#existing, 'account')} existed already.`)
    for (const [domain, count] of this.#elsewhere)
      lines.push(`${plural(count, 'account')} of ${domain} not imported: name the domain in [server] domains, and import again.`)
    if (this.#rooms > 0) lines.push(`${plural(this.#rooms, 'room')} ${this.#isDry ? 'would be imported' : 'imported'}.`)
    if (this.#messages > 0)
      lines.push(`${plural(this.#messages, 'message')} of rooms ${this.#isDry ? 'would be imported' : 'imported'}.`)
    for (const [bare, count] of this.#lost)
      lines.push(`${plural(count, 'message')} of ${bare} not imported: the room was not imported, or it has no archive.`)
    if (this.#existingRooms > 0) lines.push(`${plural(this.#existingRooms, 'room')} existed already.`)
    for (const [domain, count] of this.#roomsElsewhere)
      lines.push(
        `${plural(count, 'room')} of ${domain} not imported: this server has no rooms there. See [multi-user-chat] prefix and [server] domains.`,
      )
    for (const [domain, { old, common }] of this.#keys) if (old > 0) lines.push(oldKeys(domain, old, common))
    for (const what of this.#other) lines.push(`Not imported: ${what}.`)
    if (this.#others > this.#other.length) lines.push(`Not imported: ${this.#others - this.#other.length} more.`)
    this.#write(`${lines.join('\n')}\n`)
  }
  /** Whether some keys are missing. */
  #countKeys(domain: string, credentials: Credentials | null): boolean {
    const lacking = lackingIn(credentials ?? {})
    const { old, common } = this.#keys.get(domain) ?? { old: 0, common: HASHES }
    const isOld = lacking.length > 0
    this.#keys.set(domain, { old: old + (isOld ? 1 : 0), common: common.filter((hash) => !lacking.includes(hash)) })
    return isOld
  }
  #leftOut(what: string): void {
    this.#others += 1
    if (this.#other.length < NAMED_MAX) this.#other.push(what)
  }
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

function oldKeys(domain: string, old: number, common: readonly ScramHash[]): string {
  const names = common.map((hash) => `SCRAM-${hash.toUpperCase()}`).join(' and ')
  const meanwhile =
    common.length === 0
      ? 'They have no mechanism in common. Allow PLAIN for a while ([sasl] plain = true), or give these users new passwords'
      : `Until they have new ones, ${domain} offers only ${names}, which all accounts can use; "porchlight status" shows how many are left`
  return `${plural(old, 'account')} of ${domain} with old keys. ${meanwhile}.`
}

function counted({ isDisabled, contacts, requests, blocked, messages, archived, hasCard, privates, nodes }: Counts): string {
  const parts = [plural(contacts, 'contact')]
  if (requests > 0) parts.push(`${plural(requests, 'request')} to answer`)
  if (blocked > 0) parts.push(`${blocked} blocked`)
  if (messages > 0) parts.push(plural(messages, 'stored message'))
  if (archived > 0) parts.push(plural(archived, 'archived message'))
  if (hasCard) parts.push('vCard')
  if (privates > 0) parts.push('private data')
  if (nodes > 0) parts.push(`${plural(nodes, 'node')} of PEP`)
  if (isDisabled) parts.push('disabled')
  return parts.join(', ')
}
