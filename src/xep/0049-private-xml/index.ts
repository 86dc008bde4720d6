/** XEP-0049: clients keep elements of their own with the account, such as notes about contacts. Only the user reads them. */
import { between, count, section, size, type Settings } from '../../base/settings.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { AccountRequest, Answer } from '../../server/routing/registry.ts'
import { el, type Element } from '../../xml/element.ts'
import { parseElement } from '../../xml/parse.ts'
import { decode, encode } from '../../xml/wire.ts'
import { serialise } from '../../xml/write.ts'
import { CLIENT } from '../../xmpp/ns.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
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
  settings: privateSettings,
  async install(host, limits) {
    await host.database.migrate('xep-0049', migrations)
    const storage = new PrivateStorage(host, limits)
    const rule = { ns: PRIVATE, name: 'query', access: 'owner', refusal: 'forbidden' } as const
    host.iqToAccount({ ...rule, type: 'get', handle: (request) => storage.get(request) })
    host.iqToAccount({ ...rule, type: 'set', handle: (request) => storage.set(request) })
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

  constructor({ database }: Host, limits: PrivateSettings) {
    this.#limits = limits
    this.#store = new PrivateElements(database)
  }
  /** PRIV-21 */
  async get({ account, payload }: AccountRequest): Promise<Answer> {
    const [{ ns, name }, ...more] = named(payload)
    if (more.length > 0) throw new StanzaError('bad-request', { text: 'Only one element can be asked for' })
    const xml = await this.#store.read(account.bare.bare, ns, name)
    return el('query', PRIVATE, {}, xml === null ? el(name, ns) : parseElement(encode(xml)))
  }
  /** PRIV-20: all of the elements or none. */
  async set({ account, payload }: AccountRequest): Promise<Answer> {
    const elements = named(payload).map(storedElement)
    const owner = account.bare.bare
    await account.serial.run(async () => {
      if (!fits(await this.#store.sizes(owner), elements, this.#limits))
        throw new StanzaError('not-acceptable', { text: 'This is more than an account may keep' })
      await this.#store.write(owner, elements)
    })
    return null
  }
}

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
