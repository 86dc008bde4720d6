/**
 * Searches for words in the archives of rooms (XEP-0431). There is no index, so each one reads many messages: one local user, or one
 * other domain, may search only so often.
 */
import { BoundedMap } from '../../base/bounded-map.ts'
import { Bucket } from '../../base/bucket.ts'
import type { Millis } from '../../base/clock.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'

/** Askers whose pace is known; beyond it the one whose last search is the oldest is forgotten. */
const ASKERS_MAX = 10_000
const MINUTE_SECONDS = 60

export interface RoomSearchesParts {
  /** In a minute, of one asker. */
  readonly searchesMax: number
  /** How many messages one search looks through. */
  readonly messagesMax: number
  readonly now: () => Millis
  /** Does the domain have accounts of this server? */
  readonly isOurs: (domain: string) => boolean
}
export class RoomSearches {
  readonly #parts: RoomSearchesParts
  readonly #paces = new BoundedMap<string, Bucket>(ASKERS_MAX)

  constructor(parts: RoomSearchesParts) {
    this.#parts = parts
  }
  get messagesMax(): number {
    return this.#parts.messagesMax
  }
  /** @throws StanzaError policy-violation: too many searches in the last minute */
  admit({ bare, domain }: Jid): void {
    const { searchesMax, now, isOurs } = this.#parts
    const key = isOurs(domain) ? bare : domain
    const pace = this.#paces.get(key) ?? new Bucket(searchesMax, searchesMax / MINUTE_SECONDS, now())
    this.#paces.set(key, pace)
    if (pace.tryTake(1, now()) > 0) throw new StanzaError('policy-violation', { type: 'wait', text: 'You search too often' })
  }
}
