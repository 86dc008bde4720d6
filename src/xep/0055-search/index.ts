/** XEP-0055: users search for people of their server by what those have written into their cards. People decide whether they are found. */
import { BoundedMap } from '../../base/bounded-map.ts'
import { Bucket } from '../../base/bucket.ts'
import { between, choice, count, flag, list, section, text, type Settings } from '../../base/settings.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { Answer, ServiceRequest } from '../../server/routing/registry.ts'
import { DATA_FORM } from '../../xmpp/data-form.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { FIRST_PAGE, readPageAsk, RSM, type PageAsk } from '../../xmpp/result-set.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { commandsOf } from '../0050-ad-hoc-commands/index.ts'
import { nameKey } from '../0054-vcard-temp/index.ts'
import { searchChoice } from './choice.ts'
import { readSearch, SEARCH, searchForm, searchResult, type Found, type Wanted } from './request.ts'
import { migrations, People } from './store.ts'

const settings = section({
  enabled: flag(true, 'Offer a search for people at a domain below each domain of the server.'),
  prefix: text('search', 'The name of the service in front of the domain: "search" makes search.example.org.'),
  default: choice(
    ['nobody', 'everybody'],
    'nobody',
    'Whether users are found who have not chosen. Users choose with a command (XEP-0050).',
  ),
  domains: list([], 'Other domains whose users may search. All others are refused with forbidden.'),
  results: count(50, between(1, 1000), 'People in one answer. The rest is on the next pages (XEP-0059).'),
  requests: count(
    10,
    between(1, 10_000),
    'Searches of one local user, or of one other domain, in a minute. More are refused with policy-violation.',
  ),
})

/** The askers whose pace is known; beyond it the one that asked longest ago begins anew. */
const ASKERS_MAX = 5000
/** How often a page is filled up after people were left out of it. */
const ROUNDS_MAX = 5

/** The search, for other protocols. */
export interface Finder {
  /**
   * Those who want to be found, on the domain of the asker, and whose first name, last name or nickname begins so.
   * @throws StanzaError policy-violation: too many searches in the last minute
   */
  byName(asker: Jid, beginning: string, limit: number): Promise<readonly Found[]>
}
const finders = new WeakMap<Host, Finder>()
/** Null: this server offers no search. */
export const finderOf = (host: Host): Finder | null => finders.get(host) ?? null

export const search = defineFeature({
  name: 'search',
  specs: [xep(55, 'Jabber Search', '1.3')],
  needs: ['ad-hoc-commands', 'vcard'],
  settings,
  /** Users of this server reach it without a certificate of its own. */
  services: ({ enabled, prefix, domains }) => (enabled && domains.length > 0 ? [prefix] : []),
  async install(host, config) {
    if (!config.enabled) return
    await host.database.migrate('xep-0055', migrations)
    const people = new People(host.database, config.default === 'everybody')
    const searching = new Searching(host, people, config)
    commandsOf(host).add(searchChoice(people))
    finders.set(host, searching)
    for (const domain of host.domains) searching.serve(domain)
  },
})

class Searching implements Finder {
  readonly #host: Host
  readonly #people: People
  readonly #config: Settings<typeof settings>
  readonly #paces = new BoundedMap<string, Bucket>(ASKERS_MAX)

  constructor(host: Host, people: People, config: Settings<typeof settings>) {
    this.#host = host
    this.#people = people
    this.#config = config
  }
  serve(home: string): void {
    const domain = `${this.#config.prefix}.${home}`
    if (this.#host.componentDomains.includes(domain)) return
    const service = this.#host.service({
      domain,
      identity: { category: 'directory', type: 'user', name: 'Search' },
      stanza({ kind, type }) {
        if (kind !== 'presence' && type !== 'error') throw new StanzaError('service-unavailable')
      },
    })
    service.disco.features.push(SEARCH, DATA_FORM, RSM)
    service.iq({ type: 'get', ns: SEARCH, name: 'query', handle: ({ from }) => (this.#admit(from), searchForm()) })
    service.iq({ type: 'set', ns: SEARCH, name: 'query', handle: (request) => this.#search(request, home) })
  }

  async byName(asker: Jid, beginning: string, limit: number): Promise<readonly Found[]> {
    this.#pace(asker)
    const key = nameKey(beginning)
    const found = new Map<string, Found>()
    for (const field of ['nick', 'first', 'last'] as const) {
      const search = { domain: asker.domain, wanted: { ...ANY, [field]: key }, asker, ask: FIRST_PAGE, limit }
      for (const one of await this.#find(search)) found.set(one.jid, one)
    }
    return [...found.values()].slice(0, limit)
  }
  async #search({ from, payload }: ServiceRequest, domain: string): Promise<Answer> {
    this.#admit(from)
    const { wanted, byForm } = readSearch(payload)
    const ask = readPageAsk(payload)
    if (ask.index !== null) throw new StanzaError('feature-not-implemented')
    this.#pace(from)
    const limit = Math.min(ask.max ?? this.#config.results, this.#config.results)
    // One more tells whether there are others
    const some = await this.#find({ domain, wanted, asker: from, ask, limit: limit + 1 })
    const isBackwards = ask.before !== null
    const found = isBackwards ? some.slice(Math.max(0, some.length - limit)) : some.slice(0, limit)
    const isPaged = payload.child('set', RSM) !== undefined || some.length > limit
    const page = { first: found[0]?.jid ?? null, last: found.at(-1)?.jid ?? null }
    return searchResult(found, byForm, isPaged ? page : null)
  }
  /** Without those who have blocked the asker: they seem not to be there (XEP-0191 4). */
  async #find({ domain, wanted, asker, ask, limit }: Search): Promise<readonly Found[]> {
    const isBackwards = ask.before !== null
    let from = isBackwards ? ask.before || END : (ask.after ?? '')
    const found: Found[] = []
    for (let round = 0; round < ROUNDS_MAX && found.length < limit; round++) {
      const some = await this.#people.find({ domain, wanted, from, isBackwards, limit })
      const jids = some.map(({ jid }) => jid)
      const hidden = some.length === 0 ? NONE : await this.#host.probeAnswers.hidden(asker, jids)
      found.push(...some.filter(({ jid }) => !hidden.has(jid)))
      if (some.length < limit) break
      from = jids.at(-1)!
    }
    const those = found.slice(0, limit)
    return isBackwards ? those.toReversed() : those
  }
  /** SRCH-22 @throws StanzaError forbidden */
  #admit({ domain }: Jid): void {
    if (this.#host.router.kindOf(domain) !== 'accounts' && !this.#config.domains.includes(domain))
      throw new StanzaError('forbidden')
  }
  /** @throws StanzaError policy-violation: too many searches in the last minute */
  #pace({ bare, domain }: Jid): void {
    const { clock, router } = this.#host
    const key = router.kindOf(domain) === 'accounts' ? bare : domain
    const { requests } = this.#config
    const bucket = this.#paces.get(key) ?? new Bucket(requests, requests / 60, clock.now())
    this.#paces.set(key, bucket)
    if (bucket.tryTake(1, clock.now()) > 0)
      throw new StanzaError('policy-violation', { type: 'wait', text: 'You search too often' })
  }
}

interface Search {
  readonly domain: string
  readonly wanted: Wanted
  readonly asker: Jid
  readonly ask: PageAsk
  readonly limit: number
}
const ANY = { first: '', last: '', nick: '', email: '' }
/** Behind all addresses. */
const END = '\u{10ffff}'
const NONE: ReadonlySet<string> = new Set()
