/**
 * XEP-0402: a user's bookmarks of rooms are items of a node. Older clients read and write them as one list, by private XML
 * (XEP-0049) or as the item of another node (XEP-0048): the server keeps the list equal to the items (section 5.3).
 */
import { section } from '../../base/settings.ts'
import { BoundedMap } from '../../base/bounded-map.ts'
import { Turns } from '../../base/turns.ts'
import type { Millis } from '../../base/clock.ts'
import type { PublishedItem } from '../../server/account/facts.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { Element } from '../../xml/element.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Payload } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { pepOf, type Pep } from '../0163-personal-eventing/index.ts'
import { BOOKMARKS, countOf, differenceTo, STORAGE, storageOf, type Bookmark } from './machine.ts'

export { STORAGE } from './machine.ts'

const faces = new WeakMap<Host, Bookmarks>()
/** The bookmarks of users, for features that need 'bookmarks'. */
export const bookmarksOf = (host: Host): Bookmarks => faces.get(host)!

export const bookmarks = defineFeature({
  name: 'bookmarks',
  specs: [xep(402, 'PEP Native Bookmarks', '1.2.0'), xep(48, 'Bookmarks', '1.2'), xep(411, 'Bookmarks Conversion', '1.0.1')],
  needs: ['personal-eventing'],
  settings: section({}),
  install(host) {
    const all = new Bookmarks(host, pepOf(host))
    faces.set(host, all)
    host.on('items-changed', ({ owner, node, published }) => all.changed(owner, node, published))
    host.on('presence-changed', ({ session, before }) => {
      if (before === null) all.comes(session.account.bare)
    })
    host.disco.account.features.push(`${BOOKMARKS}#compat`, `${BOOKMARKS}#compat-pep`, 'urn:xmpp:bookmarks-conversion:0')
  },
})

/** The item that has the whole list (XEP-0048 3.2 of version 1.1). */
const CURRENT = 'current'
/** Items that are published together. */
const BATCH = 20
/** Octets of the list: more than an item has by default. */
const LIST_OCTETS = 256 * 1024
/** An empty list from a client that has just come is its mistake if there are more bookmarks than this. */
const FEW = 5
const JUST_COME: Millis = 60_000
const COMPARED_MAX = 100_000

export class Bookmarks {
  readonly #host: Host
  readonly #pep: Pep
  readonly #turns = new Turns<() => Promise<void>>((work) => work())
  /** Accounts whose two forms have been compared since the server started: a crash can come between the two. */
  readonly #compared = new BoundedMap<string, true>(COMPARED_MAX)
  /** Lists that the server has made. */
  readonly #made = new WeakSet<Payload>()

  constructor(host: Host, pep: Pep) {
    this.#host = host
    this.#pep = pep
  }
  /** The list; null if the user has none in the nodes, or they are not the user's alone. */
  async list(owner: Jid): Promise<Element | null> {
    if (!(await this.#arePrivate(owner))) return null
    await this.compare(owner)
    const stored = await this.#stored(owner)
    if (stored !== null) return stored
    const items = await this.#pep.items(owner, BOOKMARKS)
    return items === null ? null : storageOf(items.map(bookmarkOf), null)
  }
  /**
   * A client writes the list: what is different becomes items.
   * @returns false if the nodes are not the user's alone: then the list is none of theirs
   * @throws StanzaError not-acceptable: the client has evidently lost its list
   */
  async write(account: LocalAccount, storage: Element): Promise<boolean> {
    if (!(await this.#arePrivate(account.bare))) return false
    await this.#inTurn(account.bare, async () => {
      if (await this.#isMistake(account, storage)) {
        this.#host.log.warn(
          { account: account.bare.bare },
          'A client that had just logged in would have removed all bookmarks; refused',
        )
        throw new StanzaError('not-acceptable', { text: 'An empty list would remove all your bookmarks' })
      }
      await this.#apply(account.bare, storage)
      await this.#rebuild(account.bare, storage)
    })
    return true
  }
  /** A client of the user comes, or reads the list: what a crash has left unequal is made equal, once. */
  async compare(owner: Jid): Promise<void> {
    if (this.#compared.has(owner.bare)) return
    this.#compared.set(owner.bare, true)
    if ((await this.#pep.configOf(owner, BOOKMARKS)) === null) return
    await this.#inTurn(owner, async () => ((await this.#arePrivate(owner)) ? this.#rebuild(owner, null) : undefined))
  }
  /** A node has changed. @param published what is new in it */
  changed(owner: Jid, node: string, published: readonly PublishedItem[]): void {
    const work = node === BOOKMARKS ? () => this.#rebuild(owner, null) : node === STORAGE ? this.#read(owner, published) : null
    if (work !== null)
      this.#log(
        owner,
        this.#inTurn(owner, async () => ((await this.#arePrivate(owner)) ? work() : undefined)),
      )
  }
  comes(owner: Jid): void {
    this.#log(owner, this.compare(owner))
  }

  #log(owner: Jid, work: Promise<void>): void {
    work.catch((error: unknown) =>
      this.#host.log.error({ err: error, account: owner.bare }, 'The two forms of bookmarks could not be made equal'),
    )
  }

  /** What has to be done when a client has published the list; null: nothing. */
  #read(owner: Jid, published: readonly PublishedItem[]): (() => Promise<void>) | null {
    const payload = published.at(-1)?.payload
    const storage = payload?.elements[0]
    if (payload === undefined || this.#made.has(payload) || storage?.is('storage', STORAGE) !== true) return null
    return async () => {
      const account = await this.#host.accounts.load(owner.bare)
      const isTaken = account !== null && !(await this.#isMistake(account, storage))
      if (isTaken) await this.#apply(owner, storage)
      else
        this.#host.log.warn(
          { account: owner.bare },
          'A client that had just logged in has published an empty list of bookmarks; undone',
        )
      await this.#rebuild(owner, storage)
    }
  }
  /** @throws StanzaError not-acceptable: more than the node keeps; nothing is changed */
  async #apply(owner: Jid, storage: Element): Promise<void> {
    const { changed, removed } = differenceTo(storage, await this.#items(owner))
    const items = changed.map(({ id, conference }) => ({ id, payload: Payload.of(conference) }))
    const capacity = await this.#pep.capacityOf(owner, BOOKMARKS)
    if (countOf(storage) > capacity)
      throw new StanzaError('not-acceptable', { text: `There can be ${capacity} bookmarks at most` })
    if (removed.length > 0) await this.#pep.retract(owner, BOOKMARKS, removed)
    for (let i = 0; i < items.length; i += BATCH) await this.#pep.publish(owner, BOOKMARKS, items.slice(i, i + BATCH))
  }
  /** Makes the list from the items. @param given what the client has written; null: the list as it is */
  async #rebuild(owner: Jid, given: Element | null): Promise<void> {
    const before = await this.#stored(owner)
    const payload = Payload.of(storageOf(await this.#items(owner), given ?? before))
    if (before !== null && payload.text === Payload.of(before).text) return
    this.#made.add(payload)
    await this.#pep.publish(owner, STORAGE, [{ id: CURRENT, payload }], { max_payload_size: LIST_OCTETS })
  }
  async #isMistake({ bare, sessions }: LocalAccount, storage: Element): Promise<boolean> {
    if (countOf(storage) > 0) return false
    const since = this.#host.clock.now() - JUST_COME
    return sessions.some(({ boundAt }) => boundAt > since) && (await this.#items(bare)).length > FEW
  }

  async #items(owner: Jid): Promise<readonly Bookmark[]> {
    return ((await this.#pep.items(owner, BOOKMARKS)) ?? []).map(bookmarkOf)
  }
  async #stored(owner: Jid): Promise<Element | null> {
    const storage = (await this.#pep.items(owner, STORAGE))?.at(-1)?.payload.elements[0]
    return storage?.is('storage', STORAGE) === true ? storage : null
  }
  /** XEP-0411 5: what others may read is not mixed with what is private. */
  async #arePrivate(owner: Jid): Promise<boolean> {
    for (const node of [BOOKMARKS, STORAGE]) {
      const config = await this.#pep.configOf(owner, node)
      if (config !== null && config.access_model !== 'whitelist') return false
    }
    return true
  }
  async #inTurn(owner: Jid, work: () => Promise<void>): Promise<void> {
    await this.#turns.take(owner.bare, work)
  }
}

function bookmarkOf({ id, payload }: PublishedItem): Bookmark {
  const [conference] = payload.elements
  return { id, conference: conference?.is('conference', BOOKMARKS) === true ? conference : undefined }
}
