/**
 * Searching for people (MXR-16): contacts, those in the same rooms unless these hide addresses, those who want to be found (XEP-0055),
 * and whoever has the address that is searched for, on other servers too. Whether an account exists is told of nobody else.
 */
import * as v from 'valibot'
import type { Host } from '../../server/feature.ts'
import { finderOf } from '../../xep/0055-search/index.ts'
import { jid, type Jid } from '../../xmpp/jid.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { Profiles } from '../data/profile.ts'
import { route, type Route } from '../http/routes.ts'
import { jidOfUserId, userIdOf, type UserIdSpace } from '../ids/user-id.ts'
import type { RoomMates } from './mates.ts'

export interface UserSearchParts {
  readonly host: Host
  readonly ids: UserIdSpace
  readonly profiles: Profiles
  readonly mates: Pick<RoomMates, 'named'>
  /** `mates` knows of all rooms of that person when this resolves. */
  readonly ready: (bare: string) => Promise<void>
}

const TERM_MAX = 256
const USUAL = 10
const LIMIT_MAX = 50
/** Of contacts and those in the same rooms. */
const LOOKED_AT_MAX = 1000

interface Person {
  readonly user_id: string
  readonly display_name?: string
}

class UserSearch {
  readonly #parts: UserSearchParts

  constructor(parts: UserSearchParts) {
    this.#parts = parts
  }
  async find(viewer: Jid, term: string, limit: number): Promise<object> {
    const found = new Map<string, Person>()
    const put = (bare: string, name: string | null): void => {
      const user_id = userIdOf(jid(bare), this.#parts.ids)
      if (bare !== viewer.bare && !found.has(bare)) found.set(bare, { user_id, ...(name === null ? {} : { display_name: name }) })
    }
    const named = this.#named(term)
    if (named !== null) put(named.bare, null)
    const key = keyOf(term)
    for (const [bare, names] of await this.#known(viewer)) {
      if (found.size > limit) break
      const isFound = [...names, bare.slice(0, bare.indexOf('@'))].some((name) => beginsWith(name, key))
      if (isFound && !found.has(bare)) put(bare, (await this.#nameOf(viewer, bare)) ?? names.values().next().value ?? null)
    }
    for (const { jid: bare, nick, first, last } of await this.#public(viewer, term, limit + 1))
      put(bare, nick || [first, last].filter((part) => part !== '').join(' ') || null)
    return { results: [...found.values()].slice(0, limit), limited: found.size > limit }
  }
  /** Contacts and those in the same rooms, with what the roster and the rooms call them. */
  async #known(viewer: Jid): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const { host, ready, mates } = this.#parts
    const [account] = await Promise.all([host.accounts.load(viewer.bare), ready(viewer.bare)])
    const known = new Map<string, Set<string>>()
    const add = (bare: string, name: string): void => {
      const names = known.get(bare) ?? new Set()
      if (name !== '') names.add(name)
      if (known.size < LOOKED_AT_MAX || known.has(bare)) known.set(bare, names)
    }
    for (const { jid: contact, name } of account?.roster.items() ?? []) if (contact.local !== '') add(contact.bare, name)
    for (const [mate, name] of mates.named(viewer.bare)) add(mate, name)
    return known
  }
  /** What the person shows to the viewer; null: nothing, or they are somewhere else. */
  async #nameOf(viewer: Jid, bare: string): Promise<string | null> {
    const { host, profiles } = this.#parts
    const person = jid(bare)
    if (host.router.kindOf(person.domain) !== 'accounts') return null
    return profiles.seenBy(viewer, person).catch(() => null)
  }
  async #public(viewer: Jid, term: string, limit: number) {
    try {
      return (await finderOf(this.#parts.host)?.byName(viewer, term, limit)) ?? []
    } catch (error) {
      if (error instanceof StanzaError) return []
      throw error
    }
  }
  /** The person whose address that is, if they may be searched for by it: nobody learns which names there are here. */
  #named(term: string): Jid | null {
    const { ids, host } = this.#parts
    const text = term.trim()
    const person = text.startsWith('@') ? jidOfUserId(text, ids) : addressIn(text)
    return person === null || host.router.kindOf(person.domain) !== 'elsewhere' ? null : person
  }
}

const keyOf = (text: string): string => text.trim().normalize('NFKC').toLowerCase()
/** A name begins so, or one of its words does. */
const beginsWith = (name: string, key: string): boolean =>
  keyOf(name).startsWith(key) ||
  keyOf(name)
    .split(/[\s.]+/)
    .some((word) => word.startsWith(key))
function addressIn(text: string): Jid | null {
  if (!/^[^@/\s]+@[^@/\s]+\.[^@/\s]+$/.test(text)) return null
  try {
    return jid(text)
  } catch {
    return null
  }
}

const QUERY = v.object({
  search_term: v.pipe(v.string(), v.maxLength(TERM_MAX)),
  limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), USUAL),
})
export function userSearchRoutes(parts: UserSearchParts): readonly Route[] {
  const search = new UserSearch(parts)
  return [
    route({
      method: 'POST',
      path: '/user_directory/search',
      pace: 'search',
      body: QUERY,
      handle: async ({ user, body: { search_term: term, limit } }) =>
        term.trim() === '' ? { results: [], limited: false } : search.find(user, term, Math.min(limit, LIMIT_MAX)),
    }),
  ]
}
