/**
 * The users whom a user of Matrix ignores are the bare addresses that the user blocks (XEP-0191, MXR-98): one list, which clients
 * of either kind see and change. Entries for domains and full addresses are blocked too, but have no form here.
 */
import * as v from 'valibot'
import type { Host } from '../../server/feature.ts'
import { blockingOf, type Blocking } from '../../xep/0191-blocking/index.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { badJson, invalidParam } from '../http/errors.ts'
import { anyObject, type Json } from '../http/json.ts'
import { jidOfUserId, userIdOf, type UserIdSpace } from '../ids/user-id.ts'
import type { Wakes } from '../sync/wakes.ts'

export const IGNORED = 'm.ignored_user_list'

/** Is the person with that bare address ignored? */
export type Hides = (bare: string) => boolean
export const hidesNobody: Hides = () => false

const schema = v.object({ ignored_users: anyObject })

export class Ignored {
  readonly #host: Pick<Host, 'accounts'>
  readonly #blocking: Blocking
  readonly #ids: UserIdSpace
  /** By account: the number of the last change in this run of the server. */
  readonly #changed = new Map<string, number>()
  /** The number of the start: before that, any list may have changed. */
  readonly #startedAt: number

  constructor(host: Host, ids: UserIdSpace, wakes: Wakes, nextStream: () => number) {
    this.#host = host
    this.#ids = ids
    this.#blocking = blockingOf(host)
    this.#startedAt = nextStream()
    host.on('blocking-changed', ({ account }) => {
      this.#changed.set(account.bare.bare, nextStream())
      wakes.wake(account.bare.bare)
    })
    host.on('account-deleted', ({ jid }) => void this.#changed.delete(jid.bare))
  }
  /** When the list changed for the last time, as far as is known. */
  changedAt(bare: string): number {
    return this.#changed.get(bare) ?? this.#startedAt
  }
  /** Whose events a user is not shown: bare addresses of others. Blocked domains count too (MXR-98). */
  async hiddenFrom(bare: string): Promise<Hides> {
    const account = await this.#host.accounts.load(bare)
    const blocked = account === null ? [] : this.#blocking.entriesOf(account).filter(({ resource }) => resource === '')
    if (blocked.length === 0) return hidesNobody
    const names = new Set(blocked.map((jid) => jid.bare))
    return (other) => other !== bare && (names.has(other) || names.has(other.slice(other.indexOf('@') + 1)))
  }
  async contentOf(bare: string): Promise<Json> {
    const ids = (await this.#entries(bare)).map((jid) => [userIdOf(jid, this.#ids), {}] as const)
    return { ignored_users: Object.fromEntries(ids) }
  }
  /** @throws MatrixError M_BAD_JSON, M_INVALID_PARAM; StanzaError: the list is full */
  async change({ bare }: Jid, content: Json): Promise<void> {
    const read = v.safeParse(schema, content)
    if (!read.success) throw badJson('ignored_users must be an object')
    const wanted = Object.keys(read.output.ignored_users).map((id) => {
      const jid = jidOfUserId(id, this.#ids)
      if (jid === null) throw invalidParam(`${id} is no user of this server`)
      return jid
    })
    const account = await this.#host.accounts.load(bare)
    if (account === null) return
    const before = await this.#entries(bare)
    const gone = before.filter((entry) => !wanted.some((one) => one.bare === entry.bare))
    const added = wanted.filter((one) => !before.some((entry) => entry.bare === one.bare))
    if (added.length > 0) await this.#blocking.add(account, added)
    if (gone.length > 0) await this.#blocking.remove(account, gone)
  }

  /** The entries of the block list that have a form here. */
  async #entries(bare: string): Promise<readonly Jid[]> {
    const account = await this.#host.accounts.load(bare)
    return account === null
      ? []
      : this.#blocking.entriesOf(account).filter(({ local, resource }) => local !== '' && resource === '')
  }
}
