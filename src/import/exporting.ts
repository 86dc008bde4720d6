/**
 * XEP-0227: writes what the server keeps of an account in the format in which accounts move between servers. It comes in
 * parts, so that no answer of the running server is larger than need be; each part is whole XML inside the user's element.
 */
import type { AccountExport } from '../admin/export-command.ts'
import type { RosterItem } from '../im/account.ts'
import type { Database } from '../server/database.ts'
import type { AccountStore, PendingRequest, RosterStore } from '../server/ports.ts'
import { el, type Element } from '../xml/element.ts'
import { valueOf } from '../xml/entities.ts'
import { parseElement } from '../xml/parse.ts'
import { decode, encode } from '../xml/wire.ts'
import { serialise } from '../xml/write.ts'
import { HASHES, type Credentials, type ScramHash } from '../xmpp/credentials.ts'
import { delayElement } from '../xmpp/delay.ts'
import { CLIENT } from '../xmpp/ns.ts'
import type { Packet } from '../xmpp/packet.ts'
import { PRIVATE } from '../xep/0049-private-xml/index.ts'
import { PrivateElements } from '../xep/0049-private-xml/store.ts'
import { Cards } from '../xep/0054-vcard-temp/store.ts'
import type { Porting } from '../xep/0163-personal-eventing/index.ts'
import { OfflineMessages } from '../xep/0160-offline-messages/store.ts'
import { BlockLists } from '../xep/0191-blocking/store.ts'
import { BLOCKING, PIE, ROSTER, SCRAM } from './namespaces.ts'
import { elementsOf } from './nodes.ts'

export interface ExportStores {
  readonly accounts: Pick<AccountStore, 'credentials'>
  readonly rosters: Pick<RosterStore, 'load'>
}

interface ExportHost {
  readonly stores: ExportStores
  readonly database: Database
}

/** Messages that are read at a time. */
const MESSAGES = 100

export class Exporting implements AccountExport {
  readonly parts = 3
  readonly #nodes: Porting
  readonly #stores: ExportStores
  readonly #blocking: BlockLists
  readonly #cards: Cards
  readonly #elements: PrivateElements
  readonly #messages: OfflineMessages

  constructor({ stores, database }: ExportHost, nodes: Porting) {
    this.#stores = stores
    this.#nodes = nodes
    this.#blocking = new BlockLists(database)
    this.#cards = new Cards(database)
    this.#elements = new PrivateElements(database)
    this.#messages = new OfflineMessages(database)
  }
  async part(owner: string, part: number, withKeys: boolean): Promise<string> {
    const elements =
      part === 0
        ? this.#account(owner, withKeys)
        : part === 1
          ? this.#stored(owner)
          : Array.fromAsync(this.#nodes.of(owner)).then(elementsOf)
    return (await elements).map((element) => decode(serialise(element, PIE))).join('\n')
  }

  async #account(owner: string, withKeys: boolean): Promise<readonly Element[]> {
    const [keys, { items, pending }, blocked, card, elements] = await Promise.all([
      withKeys ? this.#stores.accounts.credentials(owner) : null,
      this.#stores.rosters.load(owner),
      this.#blocking.load(owner),
      this.#cards.read(owner),
      this.#elements.all(owner),
    ])
    const all = [...keyElements(keys), el('query', ROSTER, {}, ...items.map(itemElement)), ...pending.map(requestElement)]
    if (blocked.length > 0)
      all.push(el('blocklist', BLOCKING, {}, ...blocked.map(({ full }) => el('item', BLOCKING, { jid: full }))))
    if (card !== null) all.push(parseElement(encode(card)))
    if (elements.length > 0) all.push(el('query', PRIVATE, {}, ...elements.map((xml) => parseElement(encode(xml)))))
    return all
  }
  async #stored(owner: string): Promise<readonly Element[]> {
    const messages: Element[] = []
    for (let after = 0; ;) {
      const some = await this.#messages.after(owner, after, MESSAGES)
      const domain = owner.slice(owner.indexOf('@') + 1)
      for (const { packet, receivedAt } of some) messages.push(stanzaElement(packet, delayElement(domain, receivedAt)))
      if (some.length < MESSAGES) break
      after = some.at(-1)!.seq
    }
    return messages.length === 0 ? [] : [el('offline-messages', PIE, {}, ...messages)]
  }
}

const MECHANISMS: Readonly<Record<ScramHash, string>> = {
  'sha-1': 'SCRAM-SHA-1',
  'sha-256': 'SCRAM-SHA-256',
  'sha-512': 'SCRAM-SHA-512',
}

function keyElements(credentials: Credentials | null): readonly Element[] {
  if (credentials === null) return []
  return HASHES.flatMap((hash) => {
    const keys = credentials[hash]
    if (keys === undefined) return []
    const part = (name: string, text: string): Element => el(name, SCRAM, {}, text)
    return el(
      'scram-credentials',
      SCRAM,
      { mechanism: MECHANISMS[hash] },
      part('iter-count', String(keys.iterations)),
      part('salt', keys.salt),
      part('server-key', keys.serverKey),
      part('stored-key', keys.storedKey),
    )
  })
}

const itemElement = ({ jid, name, groups, subscription, ask, approved }: RosterItem): Element =>
  el(
    'item',
    ROSTER,
    {
      jid: jid.full,
      name: name === '' ? undefined : name,
      subscription,
      ask: ask ? 'subscribe' : undefined,
      approved: approved ? 'true' : undefined,
    },
    ...groups.map((group) => el('group', ROSTER, {}, group)),
  )

const requestElement = ({ stanza }: PendingRequest): Element => stanzaElement(stanza)

function stanzaElement({ kind, type, from, to, id, lang, payload }: Packet, ...more: readonly Element[]): Element {
  const text = (value: typeof id): string | undefined => (value === null ? undefined : valueOf(value))
  const attributes = { from: from.full, to: to?.full, type: type === '' ? undefined : type }
  return el(kind, CLIENT, { ...attributes, 'id': text(id), 'xml:lang': text(lang) }, ...payload.elements, ...more)
}
