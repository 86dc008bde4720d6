/** What an import has done, or would do, in words: a line for each account, and what could not be taken by name. */
import type { ScramHash } from '../xmpp/credentials.ts'
import type { Found } from './found.ts'
import type { Counts, Outcome } from './importing.ts'

/** Lines about what was left out that are printed at the end; more are only counted. */
const NAMED_MAX = 200

const HASHES: readonly ScramHash[] = ['sha-512', 'sha-256', 'sha-1']

export class Report {
  readonly #write: (text: string) => void
  readonly #isDry: boolean
  #taken = 0
  #existing = 0
  #unreadable = 0
  /** Accounts that lack keys. */
  #old = 0
  /** Hashes of which every account has keys, best first. */
  #common = HASHES
  readonly #elsewhere = new Map<string, number>()
  readonly #other: string[] = []
  #others = 0

  constructor(write: (text: string) => void, isDry: boolean) {
    this.#write = write
    this.#isDry = isDry
  }
  /** Whether everything that was there could be read. */
  get isWhole(): boolean {
    return this.#unreadable === 0
  }

  found(found: Exclude<Found, { kind: 'user' }>): void {
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
        return this.#write(`${bare}: is here already, and left as it is.\n`)
      case 'no-password':
        this.#unreadable += 1
        return this.#write(`${bare}: not taken: ${outcome.why}.\n`)
      case 'taken': {
        this.#taken += 1
        const known = HASHES.filter((hash) => outcome.credentials?.[hash] !== undefined)
        const isOld = known.length < HASHES.length
        if (isOld) this.#old += 1
        this.#common = this.#common.filter((hash) => known.includes(hash))
        this.#write(`${bare}: ${counted(outcome.counts)}${isOld ? '; old keys' : ''}.\n`)
        for (const what of outcome.leftOut) this.#write(`  without ${what}.\n`)
      }
    }
  }
  end(): void {
    const lines = [`\n${plural(this.#taken, 'account')} ${this.#isDry ? 'would be imported; nothing was changed' : 'imported'}.`]
    if (this.#existing > 0) lines.push(`${plural(this.#existing, 'account')} here already.`)
    for (const [domain, count] of this.#elsewhere)
      lines.push(`${plural(count, 'account')} of ${domain} not taken: name it in [server] domains, and import again.`)
    if (this.#old > 0) lines.push(this.#oldKeys())
    for (const what of this.#other) lines.push(`Not taken: ${what}.`)
    if (this.#others > this.#other.length) lines.push(`Not taken: ${this.#others - this.#other.length} more such things.`)
    this.#write(`${lines.join('\n')}\n`)
  }
  #oldKeys(): string {
    const names = this.#common.flatMap((hash) => [`"SCRAM-${hash.toUpperCase()}-PLUS"`, `"SCRAM-${hash.toUpperCase()}"`])
    const remedy =
      names.length === 0
        ? 'They have none in common: give these users new passwords'
        : `Until these users have changed their passwords, write in [sasl]: mechanisms = [${names.join(', ')}]`
    return `${plural(this.#old, 'account')} with old keys: clients choose the best mechanism, for which there are none. ${remedy}.`
  }
  #leftOut(what: string): void {
    this.#others += 1
    if (this.#other.length < NAMED_MAX) this.#other.push(what)
  }
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

function counted({ isDisabled, contacts, requests, blocked, messages }: Counts): string {
  const parts = [plural(contacts, 'contact')]
  if (requests > 0) parts.push(`${plural(requests, 'request')} to answer`)
  if (blocked > 0) parts.push(`${blocked} blocked`)
  if (messages > 0) parts.push(plural(messages, 'stored message'))
  if (isDisabled) parts.push('disabled')
  return parts.join(', ')
}
