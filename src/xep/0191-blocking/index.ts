/**
 * XEP-0191: users block entities from which they want no stanzas. Stanzas are handled in `stages.ts`, presence at the moment of
 * blocking and unblocking in `machine.ts`. This file has the requests and keeps the lists.
 */
import { between, count, section, size, type Settings } from '../../base/settings.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Statement } from '../../server/database.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { AccountRequest, Answer } from '../../server/routing/registry.ts'
import type { Session } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import { el, type Element } from '../../xml/element.ts'
import { addressIn, strictIfOurs, unlessFaulty, type IsOurs, type Jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { BlockList } from './block-list.ts'
import { conceal, regained, reveal } from './machine.ts'
import { blockIn, blockOut } from './stages.ts'
import { BlockLists, migrations } from './store.ts'

const BLOCKING = 'urn:xmpp:blocking'

const settings = section({
  entries: count(1000, between(1, 100_000), 'Entries in one block list. One more is refused with policy-violation.'),
  size: size('128 KiB', between('1 KB', '64 MiB'), 'Size of those entries together. More are refused with policy-violation.'),
})

const services = new WeakMap<Host, Blocking>()
/** The block lists, for others who show or change them on behalf of a user. */
export const blockingOf = (host: Host): Blocking => services.get(host)!

export const blocking = defineFeature({
  name: 'blocking',
  specs: [xep(191, 'Blocking Command', '1.3')],
  settings,
  async install(host, limits) {
    await host.database.migrate('xep-0191', migrations)
    const lists = host.accountSlot('blocking', 'learnt again', ({ bare }) => new BlockList(bare, []))
    alongs.set(host, [])
    const service = new Blocking(host, lists, limits)
    services.set(host, service)
    host.alsoLoad((bare) => service.load(bare))
    host.fromClient('block-out', blockOut(lists))
    const rule = { ns: BLOCKING, access: 'owner' } as const
    host.iqToAccount({ ...rule, type: 'get', name: 'blocklist', handle: (request) => service.list(request) })
    host.iqToAccount({ ...rule, type: 'set', name: 'block', handle: (request) => service.block(request) })
    host.iqToAccount({ ...rule, type: 'set', name: 'unblock', handle: (request) => service.unblock(request) })
    for (const change of ['account-created', 'account-deleted'] as const) host.on(change, ({ jid }) => service.forget(jid.bare))
    host.disco.server.features.push(BLOCKING)
  },
})

/** Says what is stored along with a block. @param items of the request, whose addresses are blocked */
export type AlongBlock = (owner: Jid, items: readonly Element[]) => Promise<readonly Statement[]>

const alongs = new WeakMap<Host, AlongBlock[]>()
/** The parts that store something along with a block. For features that need 'blocking'. */
export const alongBlocksOf = (host: Host): AlongBlock[] => alongs.get(host)!

export class Blocking {
  readonly #host: Host
  readonly #store: BlockLists
  readonly #lists: Slot<LocalAccount, BlockList>
  /** Sessions that have asked for the list: they receive pushes of changes. */
  readonly #interested: Slot<Session, boolean>
  readonly #limits: Settings<typeof settings>
  readonly #isOurs: IsOurs
  /** The account hides somebody from now on. */
  readonly #chosen: (account: LocalAccount) => void

  constructor(host: Host, lists: Slot<LocalAccount, BlockList>, limits: Settings<typeof settings>) {
    this.#host = host
    this.#store = new BlockLists(host.database)
    this.#lists = lists
    this.#interested = host.sessionSlot('blocking', 'kept', () => false)
    host.keep.session<boolean>({
      name: 'blocking',
      version: 1,
      save: (session) => session.get(this.#interested),
      load: (session, kept) => session.set(this.#interested, kept === true),
    })
    this.#limits = limits
    this.#chosen = host.toAccount('block-in', blockIn(lists), { isFor: ({ isHiding }) => isHiding })
    this.#isOurs = (name) => host.router.placeOf(name) !== 'elsewhere'
    host.probeAnswers.hideBy((prober, owners) => this.#store.hiding(prober, owners))
  }
  async load(bare: string): Promise<(account: LocalAccount) => void> {
    const entries = await this.#store.load(bare)
    return (account) => entries.length > 0 && this.#enforce(account, new BlockList(account.bare, entries))
  }
  /** 3.2 */
  list({ account, session }: AccountRequest): Answer {
    session?.set(this.#interested, true)
    return command('blocklist', account.get(this.#lists).entries)
  }
  /** 3.3 */
  async block({ account, payload }: AccountRequest): Promise<Answer> {
    const named = itemsOf(payload, this.#isOurs)
    if (named.length === 0) throw new StanzaError('bad-request')
    await this.add(account, named, payload.elements)
    return null
  }
  /** In the order in which they were blocked. */
  entriesOf(account: LocalAccount): readonly Jid[] {
    return account.get(this.#lists).entries
  }
  /** @param items of the request, if it is one @throws StanzaError policy-violation: there are too many entries */
  add(account: LocalAccount, named: readonly Jid[], items: readonly Element[] = []): Promise<void> {
    return account.serial.run(async () => {
      const before = account.get(this.#lists)
      const after = before.with(named)
      const added = after.entries.filter((entry) => !before.has(entry))
      if (added.length > 0 && (after.size > this.#limits.entries || after.octets > this.#limits.size))
        throw new StanzaError('policy-violation', { text: 'The block list is full' })
      const along = await Promise.all(alongBlocksOf(this.#host).map((one) => one(account.bare, items)))
      await this.#store.add(account.bare.bare, added, this.#host.clock.now(), along.flat())
      this.#change(account, before, after)
      conceal(account, before, after, this.#host.router)
      this.#push(account, command('block', named))
    })
  }
  /** 3.4, and 3.5: without an item, all entries are removed. */
  async unblock({ account, payload }: AccountRequest): Promise<Answer> {
    await this.remove(account, itemsOf(payload, this.#isOurs))
    return null
  }
  /** @param named none: all entries */
  remove(account: LocalAccount, named: readonly Jid[]): Promise<void> {
    return account.serial.run(async () => {
      const before = account.get(this.#lists)
      const removed = named.length === 0 ? before.entries : named.filter((entry) => before.has(entry))
      const after = before.without(removed)
      await this.#store.remove(account.bare.bare, removed)
      this.#change(account, before, after)
      reveal(account, before, after, this.#host.router)
      this.#lookAgain(account, regained(account, before, after))
      this.#push(account, command('unblock', named))
    })
  }
  forget(bare: string): void {
    const { log } = this.#host
    this.#store
      .clear(bare)
      .catch((error: unknown) => log.error({ err: error }, 'The block list of a deleted account could not be removed'))
  }

  #enforce(account: LocalAccount, list: BlockList): void {
    account.besideOctets += list.octets - account.get(this.#lists).octets
    account.set(this.#lists, list)
    account.hide(list)
    this.#chosen(account)
  }
  #change(account: LocalAccount, before: BlockList, after: BlockList): void {
    this.#enforce(account, after)
    const isChanged = (entity: Jid): boolean => before.matches(entity) !== after.matches(entity)
    this.#host.tell('blocking-changed', { account, isChanged })
  }
  /** What contacts have sent meanwhile was not delivered: the user's resources probe them again (RFC 6121 4.3). */
  #lookAgain(account: LocalAccount, contacts: readonly Jid[]): void {
    const { probing, router } = this.#host
    const local = contacts.filter(({ domain }) => router.kindOf(domain) === 'accounts')
    let wanted = contacts // another server answers to the account, so one probe is enough
    for (const session of account.sessions) {
      if (!session.takesPart) continue
      if (wanted.length > 0) probing.ask(session, wanted)
      wanted = local
    }
  }
  #push(account: LocalAccount, change: Element): void {
    const payload = Payload.of(change)
    for (const session of account.sessions) {
      if (!session.get(this.#interested)) continue
      const id = this.#host.requestId()
      session.take(Packet.of({ kind: 'iq', type: 'set', from: account.bare, to: session.jid, id, payload }))
    }
  }
}

const command = (name: 'block' | 'unblock' | 'blocklist', entries: readonly Jid[]): Element =>
  el(name, BLOCKING, {}, ...entries.map((entry) => el('item', BLOCKING, { jid: entry.full })))

/** @throws StanzaError */
function itemsOf(payload: Element, isOurs: IsOurs): readonly Jid[] {
  return payload.elements
    .filter((e) => e.is('item', BLOCKING))
    .map((item) => {
      const text = item.attr('jid')
      if (text === undefined) throw new StanzaError('bad-request')
      const address = unlessFaulty(() => strictIfOurs(addressIn(text), isOurs))
      if (address === null) throw new StanzaError('jid-malformed')
      return address
    })
}
