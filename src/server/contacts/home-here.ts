/** The accounts that have their home in this process, as far as others may ask about them (`routing/home.ts`). */
import { contactKey } from '../../im/account.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Accounts } from '../account/accounts.ts'
import { clientIdOf } from '../account/clients.ts'
import type { Ending } from '../account/endings.ts'
import type { FactBoard } from '../account/facts.ts'
import type { Source } from '../account/room.ts'
import type { LocalAccount, LocalEndpoint } from '../account/session.ts'
import type { Home, OnlyThose } from '../routing/home.ts'
import type { ProbeAnswers } from './probe-answers.ts'

export interface HomeHereParts {
  readonly accounts: Accounts
  readonly probeAnswers: ProbeAnswers
  readonly facts: FactBoard
}

export class HomeHere implements Home {
  readonly #parts: HomeHereParts

  constructor(parts: HomeHereParts) {
    this.#parts = parts
  }
  exists({ bare }: Jid): boolean | Promise<boolean> {
    return this.#parts.accounts.with(bare, (account) => account !== null)
  }
  probe(me: LocalEndpoint, contacts: readonly Jid[]): void {
    this.#parts.probeAnswers.tell(me, contacts)
  }
  pour({ bare, resource }: Jid, source: Source): boolean {
    const endpoint = this.#parts.accounts.get(bare)?.endpoint(resource)
    endpoint?.room.pour(source)
    return endpoint !== undefined
  }
  presence({ bare, resource }: Jid, watcher: Jid): Packet | null {
    const account = this.#parts.accounts.get(bare)
    const presence = account?.endpoint(resource)?.presence ?? null
    return presence !== null && maySee(watcher, account!) ? presence.addressedTo(watcher) : null
  }
  isAvailable({ bare }: Jid, watcher: Jid): boolean {
    const account = this.#parts.accounts.get(bare)
    return account !== undefined && account.isAvailable && maySee(watcher, account)
  }
  doubted(resource: Jid, watchers: readonly Jid[]): void {
    const { accounts, facts } = this.#parts
    const online = new Set<LocalAccount>()
    for (const { bare } of watchers) {
      const account = accounts.get(bare)
      if (account !== undefined && account.sessions.length > 0) online.add(account)
    }
    if (online.size > 0) facts.tell('resource-doubted', { resource, watchers: online })
  }
  end({ bare }: Jid, ending: Ending, { client = null, spared }: OnlyThose = {}): void {
    for (const endpoint of [...(this.#parts.accounts.get(bare)?.resources ?? [])])
      if (endpoint.jid.full !== spared && (client === null || clientIdOf(endpoint) === client)) endpoint.end(ending)
  }
}

const maySee = (watcher: Jid, account: LocalAccount): boolean =>
  watcher.bare === account.bare.bare || (account.roster.isSubscriber(contactKey(watcher)) && !account.hidden(watcher))
