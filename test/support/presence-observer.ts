/**
 * A feature for stories that looks at contacts in the name of accounts which may have no session, as a node of pubsub or a bridge
 * does: it says which accounts it looks for, and knows of each which resources it was told are available.
 */
import { section } from '../../src/base/settings.ts'
import type { LocalAccount } from '../../src/server/account/session.ts'
import { defineFeature, type Feature, type Host } from '../../src/server/feature.ts'
import { jid } from '../../src/xmpp/jid.ts'
import type { Packet } from '../../src/xmpp/packet.ts'

/** What one account was told of one resource: its `<show/>`, 'online' where there is none. */
type Shows = Map<string, string>

export class PresenceObserver {
  readonly feature: Feature
  /** What it was told, in order: what is new of whom. */
  readonly told: string[] = []
  readonly #views = new Map<string, Shows>()
  readonly #endings = new Map<string, () => void>()
  #host: Host | null = null

  constructor() {
    this.feature = defineFeature({
      name: 'presence-observer',
      specs: [],
      settings: section({}),
      install: (host) => this.#install(host),
    })
  }
  /** Looks for this account from now on, and asks how things are. */
  async look(bare: string): Promise<void> {
    const { accounts, probing } = this.#host!
    this.#endings.set(bare, accounts.wantPresence(jid(bare)))
    const account = await accounts.load(bare)
    probing.askForAccount(account!)
  }
  lookAway(bare: string): void {
    this.#endings.get(bare)?.()
    this.#views.delete(bare)
  }
  /** What the account would show. */
  view(bare: string): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#views.get(bare) ?? [])
  }

  #install(host: Host): void {
    this.#host = host
    host.on('contact-heard', ({ account, heard, presence, news }) => {
      if (!this.#isLooking(account)) return
      this.told.push(`${heard.jid.full}: ${news}`)
      this.#viewOf(account).set(heard.jid.full, showOf(presence))
    })
    host.on('contact-lost', ({ account, jid: { full } }) => {
      if (!this.#isLooking(account)) return
      this.told.push(`${full}: gone`)
      this.#viewOf(account).delete(full)
    })
  }
  #isLooking({ bare, isAttended }: LocalAccount): boolean {
    return this.#endings.has(bare.bare) && !isAttended
  }
  #viewOf({ bare: { bare } }: LocalAccount): Shows {
    const view = this.#views.get(bare) ?? new Map<string, string>()
    this.#views.set(bare, view)
    return view
  }
}

const showOf = ({ payload }: Packet): string => payload.child('show')?.text ?? 'online'
