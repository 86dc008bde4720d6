/**
 * XEP-0227: writes what the server keeps of an account in the format in which accounts move between servers. It comes in
 * parts, so that no answer of the running server is larger than need be; each part is whole XML inside the user's element.
 */
import type { AccountExport } from '../admin/export-command.ts'
import type { RosterItem } from '../im/account.ts'
import type { AccountArchive, MessageFilter } from '../server/account-archive.ts'
import { pagesFrom, type ArchiveRange } from '../server/archive.ts'
import type { Database } from '../server/database.ts'
import type { AccountStore, PendingRequest, RosterStore } from '../server/ports.ts'
import { el, type Element } from '../xml/element.ts'
import { parseElement } from '../xml/parse.ts'
import { decode, encode } from '../xml/wire.ts'
import { serialise } from '../xml/write.ts'
import { HASHES, type Credentials, type ScramHash } from '../xmpp/credentials.ts'
import { formatDateTime } from '../xmpp/datetime.ts'
import { DELAY, delayElement } from '../xmpp/delay.ts'
import { PRIVATE } from '../xep/0049-private-xml/index.ts'
import { PrivateElements } from '../xep/0049-private-xml/store.ts'
import { Cards } from '../xep/0054-vcard-temp/store.ts'
import type { Porting } from '../xep/0163-personal-eventing/index.ts'
import { OfflineMessages } from '../xep/0160-offline-messages/store.ts'
import { storedJid } from '../xmpp/stored-jid.ts'
import { BlockLists } from '../xep/0191-blocking/store.ts'
import { BLOCKING, FORWARD, MAM, PIE, PIE_ARCHIVE, ROSTER, SCRAM } from './namespaces.ts'
import { elementsOf } from './nodes.ts'
import { stanzaElement } from './stanza-element.ts'

export interface ExportStores {
  readonly accounts: Pick<AccountStore, 'credentials'>
  readonly rosters: Pick<RosterStore, 'load'>
  readonly accountArchive: AccountArchive
}

interface ExportHost {
  readonly stores: ExportStores
  readonly database: Database
}

/** Messages that are read at a time. */
const MESSAGES = 100
/** Messages of the archive in one part. */
const ARCHIVED = 500
/** Of all of them together: an import takes 16 MiB of a user. What stands around each message, about. */
const ARCHIVED_OCTETS = 10 * 1024 * 1024
const AROUND = 400
const ALL: MessageFilter = { after: null, before: null, withBare: null, withFull: null, start: null, end: null }
/** The number of the first part with messages of the archive. Those behind it say behind which position they begin. */
const FIRST_OF_ARCHIVE = 3

const textOf = (elements: readonly Element[]): string => elements.map((element) => decode(serialise(element, PIE))).join('\n')

export class Exporting implements AccountExport {
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
    this.#messages = new OfflineMessages(database, stores.accountArchive)
  }
  async part(owner: string, part: number, withKeys: boolean): Promise<{ readonly xml: string; readonly next: number | null }> {
    if (part >= FIRST_OF_ARCHIVE) return this.#archived(owner, part - FIRST_OF_ARCHIVE)
    const elements =
      part === 0
        ? this.#account(owner, withKeys)
        : part === 1
          ? this.#stored(owner)
          : Array.fromAsync(this.#nodes.of(owner)).then(elementsOf)
    return { xml: textOf(await elements), next: part + 1 }
  }
  /** @param from the position behind which the part begins; 0: the first part */
  async #archived(owner: string, from: number): Promise<{ readonly xml: string; readonly next: number | null }> {
    const after = from === 0 ? await this.#beginOfArchive(owner) : from
    const { entries, isAll } = await this.#stores.accountArchive.page(storedJid(owner), { ...ALL, after }, ARCHIVED, 'first')
    const results = entries.map(({ id, at, packet }) =>
      el(
        'result',
        MAM,
        { id },
        el('forwarded', FORWARD, {}, el('delay', DELAY, { stamp: formatDateTime(at) }), stanzaElement(packet)),
      ),
    )
    const xml = results.length === 0 ? '' : textOf([el('archive', PIE_ARCHIVE, {}, ...results)])
    return { xml, next: isAll ? null : FIRST_OF_ARCHIVE + entries.at(-1)!.seq }
  }

  /** The position behind which the newest messages are, as many as an import takes of one user. */
  async #beginOfArchive(owner: string): Promise<number> {
    let octets = 0
    const read = (range: ArchiveRange) =>
      this.#stores.accountArchive.page(storedJid(owner), { ...ALL, ...range }, ARCHIVED, 'last')
    for await (const messages of pagesFrom(read, 'last'))
      for (const { packet, seq } of messages.toReversed())
        if ((octets += packet.wire.length + AROUND) > ARCHIVED_OCTETS) return seq
    return 0
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
