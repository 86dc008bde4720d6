/** XEP-0049: clients keep elements of their own with the account, such as notes about contacts. Only the user reads them. */
import { between, count, section, size, type Settings } from '../../base/settings.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { AccountRequest, Answer } from '../../server/routing/registry.ts'
import { el, type Element } from '../../xml/element.ts'
import { parseElement } from '../../xml/parse.ts'
import { decode, encode } from '../../xml/wire.ts'
import { serialise } from '../../xml/write.ts'
import { CLIENT } from '../../xmpp/ns.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { bookmarksOf, STORAGE, type Bookmarks } from '../0402-bookmarks/index.ts'
import { migrations, PrivateElements, type ElementSize, type StoredElement } from './store.ts'

export const PRIVATE = 'jabber:iq:private'

export const privateSettings = section({
  'elements': count(100, between(1, 10_000), 'Elements of one account. One more is refused with not-acceptable.'),
  'element-size': size('64 KiB', between('1 KB', '4 MiB'), 'Size of one element. A larger one is refused with not-acceptable.'),
  'size': size(
    '512 KiB',
    between('1 KB', '64 MiB'),
    'Size of all elements of one account. More are refused with not-acceptable.',
  ),
})

export const privateXml = defineFeature({
  name: 'private-xml',
  specs: [xep(49, 'Private XML Storage', '1.2')],
  needs: ['bookmarks'],
  settings: privateSettings,
  async install(host, limits) {
    await host.database.migrate('xep-0049', migrations)
    const storage = new PrivateStorage(host, limits)
    const rule = { ns: PRIVATE, name: 'query', access: 'owner', refusal: 'forbidden' } as const
    host.iqToAccount({ ...rule, type: 'get', handle: (request) => storage.get(request) })
    host.iqToAccount({ ...rule, type: 'set', handle: (request) => storage.set(request) })
    host.on('session-bound', ({ session }) => storage.moveBookmarks(session.account))
    for (const features of [host.disco.server.features, host.disco.account.features]) features.push(PRIVATE)
  },
})

export type PrivateSettings = Settings<typeof privateSettings>

/** The element as it is stored. */
export function storedElement(element: Element): StoredElement {
  const text = serialise(element)
  return { ns: element.ns, name: element.name, xml: decode(text), octets: text.length }
}

class PrivateStorage {
  readonly #limits: PrivateSettings
  readonly #store: PrivateElements
  readonly #bookmarks: Bookmarks
  readonly #areMoved: Slot<LocalAccount, boolean>
  readonly #host: Host

  constructor(host: Host, limits: PrivateSettings) {
    this.#host = host
    this.#limits = limits
    this.#store = new PrivateElements(host.database)
    this.#bookmarks = bookmarksOf(host)
    this.#areMoved = host.accountSlot('bookmarks-moved', 'learnt again', () => false)
  }
  /** PRIV-21 */
  async get({ account, payload }: AccountRequest): Promise<Answer> {
    const [{ ns, name }, ...more] = named(payload)
    if (more.length > 0) throw new StanzaError('bad-request', { text: 'Only one element can be asked for' })
    const list = isBookmarks(ns, name) ? await this.#bookmarks.list(account.bare) : null
    return el('query', PRIVATE, {}, list ?? (await this.#read(account, ns, name)) ?? el(name, ns))
  }
  /** PRIV-20: all of the elements or none. */
  async set({ account, payload }: AccountRequest): Promise<Answer> {
    const given = named(payload)
    const list = given.find(({ ns, name }) => isBookmarks(ns, name))
    const isList = list !== undefined && (await this.#bookmarks.write(account, list))
    const elements = given.filter((element) => !isList || element !== list).map(storedElement)
    const owner = account.bare.bare
    await account.serial.run(async () => {
      if (!fits(await this.#store.sizes(owner), elements, this.#limits))
        throw new StanzaError('not-acceptable', { text: 'This is more than an account may keep' })
      await this.#store.write(owner, elements)
    })
    return null
  }
  /** XEP-0411 4: what was kept before the account had nodes, such as imported bookmarks, is moved there once. */
  moveBookmarks(account: LocalAccount): void {
    if (account.get(this.#areMoved)) return
    account.set(this.#areMoved, true)
    this.#move(account).catch((error: unknown) =>
      this.#host.log.warn(
        { err: error, account: account.bare.bare },
        'Bookmarks could not be moved to the nodes; they stay as they are',
      ),
    )
  }
  async #move(account: LocalAccount): Promise<void> {
    const stored = await this.#read(account, STORAGE, 'storage')
    if (stored === null || (await this.#bookmarks.list(account.bare)) !== null) return
    if (await this.#bookmarks.write(account, stored)) await this.#store.remove(account.bare.bare, STORAGE, 'storage')
  }
  async #read({ bare }: LocalAccount, ns: string, name: string): Promise<Element | null> {
    const xml = await this.#store.read(bare.bare, ns, name)
    return xml === null ? null : parseElement(encode(xml))
  }
}

/** PEP-31 */
const isBookmarks = (ns: string, name: string): boolean => ns === STORAGE && name === 'storage'

/** PRIV-20: may an account that keeps elements of these sizes keep these too? */
export function fits(before: readonly ElementSize[], elements: readonly StoredElement[], limits: PrivateSettings): boolean {
  const sizes = new Map([...before, ...elements].map(({ ns, name, octets }) => [`${ns} ${name}`, octets]))
  const all = [...sizes.values()].reduce((sum, octets) => sum + octets, 0)
  if (sizes.size > limits.elements || all > limits.size) return false
  return elements.every(({ octets }) => octets <= limits['element-size'])
}

export const hasOwnNamespace = ({ ns }: Element): boolean => ns !== '' && ns !== PRIVATE && ns !== CLIENT

/** @throws StanzaError bad-request: there is no element; not-acceptable: one has no namespace of its own */
function named({ elements }: Element): readonly [Element, ...Element[]] {
  const [first, ...more] = elements
  if (first === undefined) throw new StanzaError('bad-request', { text: 'No element is named' })
  if (!elements.every(hasOwnNamespace))
    throw new StanzaError('not-acceptable', { text: 'An element needs a namespace of its own' })
  return [first, ...more]
}
