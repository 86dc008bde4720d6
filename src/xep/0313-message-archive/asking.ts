/** XEP-0313 4: what users ask of their own archives. */
import type { AccountArchive, ArchiveChoice, ArchivePrefs, KeptMessage, MessageFilter } from '../../server/account-archive.ts'
import type { Session } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import { ALL_POSITIONS } from '../../server/archive.ts'
import type { Host } from '../../server/feature.ts'
import { Reading } from '../../server/labelling/reading.ts'
import type { AccountRequest, Answer } from '../../server/routing/registry.ts'
import { el, type Element } from '../../xml/element.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Packet } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { archiveForm, MAM, OF_ACCOUNTS, readArchiveAsk, type ArchiveAsk } from './ask.ts'
import { endOf, metadataOf, resultOf, visibleIn, type Filtered, type Found } from './paging.ts'
import { prefsElement, readPrefs } from './prefs.ts'
import { hasRead, QueryLane } from './query-lane.ts'
import type { ArchiveSettings } from './settings.ts'
import { searchPage } from './word-search.ts'

const EVERYTHING: MessageFilter = { after: null, before: null, withBare: null, withFull: null, start: null, end: null }
const textOf = ({ packet }: KeptMessage): string => packet.payload.child('body')?.text ?? ''

export class Asking {
  readonly #host: Host
  readonly #archive: AccountArchive
  readonly #usual: ArchiveChoice
  readonly #usersChoose: boolean
  readonly #searchedMax: number
  readonly #lanes: Slot<Session, QueryLane | null>

  constructor(host: Host, settings: ArchiveSettings) {
    this.#host = host
    this.#archive = host.stores.accountArchive
    this.#usual = settings.default
    this.#usersChoose = settings['users-choose']
    this.#searchedMax = settings.searched
    this.#lanes = host.sessionSlot<QueryLane | null>('archive-queries', 'forgotten', () => null)
  }

  form(): Answer {
    return el('query', MAM, {}, archiveForm(OF_ACCOUNTS))
  }
  /** 4.2: the messages, and then the answer. @throws StanzaError */
  query(request: AccountRequest): void {
    const { payload, packet, from } = request
    const session = request.session
    if (session === null) throw new StanzaError('service-unavailable')
    const ask = readArchiveAsk(payload, OF_ACCOUNTS)
    this.#host.tell('archive-asked', { session })
    this.#laneOf(session).add(() =>
      this.#answer(session, ask, request).catch((error: unknown) => this.#host.router.failed(packet, error, from)),
    )
  }
  metadata({ account, session }: AccountRequest): Promise<Element> {
    if (session !== null) this.#host.tell('archive-asked', { session })
    return this.metadataOf(account.bare)
  }
  async metadataOf(owner: Jid): Promise<Element> {
    const { archive } = this.#readable(owner, EVERYTHING)
    const ends = (['first', 'last'] as const).map((end) => archive.page(ALL_POSITIONS, 1, end))
    const [first = null, last = null] = (await Promise.all(ends)).map(({ entries }) => entries[0])
    return metadataOf(first, last)
  }

  /** XEP-0441. */
  async prefs({ account }: AccountRequest): Promise<Answer> {
    return this.#prefsElement(await this.#archive.prefs(account.bare.bare))
  }
  async setPrefs({ account, payload }: AccountRequest): Promise<Answer> {
    if (!this.#usersChoose) throw new StanzaError('forbidden', { text: 'The operator has decided what is archived' })
    const prefs = readPrefs(payload)
    await this.#archive.savePrefs(account.bare.bare, prefs)
    return this.#prefsElement(prefs)
  }
  #prefsElement(prefs: ArchivePrefs): Answer {
    return prefsElement(this.#usersChoose ? prefs : { byDefault: null, always: [], never: [] }, this.#usual)
  }

  #laneOf(session: Session): QueryLane {
    const lane = session.get(this.#lanes) ?? new QueryLane()
    session.set(this.#lanes, lane)
    return lane
  }
  async #answer(session: Session, ask: ArchiveAsk, { account, payload, reply }: AccountRequest): Promise<void> {
    const found = await this.#find(account.bare, ask)
    const queryId = payload.attr('queryid')
    const positions = new Set<number>()
    for (const { packet, id, at, seq } of ask.isFlipped ? found.entries.toReversed() : found.entries) {
      if (!(await hasRead(session))) return
      const result = resultOf(packet, id, at, queryId)
      session.take(Packet.of({ kind: 'message', from: account.bare, to: session.jid, payload: result }))
      positions.add(seq)
    }
    if (positions.size > 0) this.#host.tell('archive-read', { session, positions })
    reply(endOf(found))
  }
  async #find(owner: Jid, ask: ArchiveAsk): Promise<Found<KeptMessage>> {
    const { start, end } = ask
    const { with: peer } = ask
    const whose = peer === null ? {} : { withBare: peer.bare, ...(peer.isBare ? {} : { withFull: peer.full }) }
    const { archive, reading } = this.#readable(owner, { ...EVERYTHING, start, end, ...whose })
    try {
      return await searchPage(archive, ask, { messagesMax: this.#searchedMax, textOf })
    } finally {
      reading?.close()
    }
  }
  /** LAB-28: of the archive, what its owner may see now. */
  #readable(owner: Jid, filter: MessageFilter): { readonly archive: Filtered<KeptMessage>; readonly reading: Reading | null } {
    const archive = this.#archive
    const all: Filtered<KeptMessage> = {
      page: (range, limit, at) => archive.page(owner, { ...filter, ...range }, limit, at),
      count: (range, max) => archive.count(owner, { ...filter, ...range }, max),
      byId: (id) => archive.byId(owner, id),
      sizeOf: ({ packet }) => packet.payload.text.length,
    }
    const { labels } = this.#host
    if (labels === null) return { archive: all, reading: null }
    const reading = new Reading(labels, 'archive', owner)
    return { archive: visibleIn(all, (entry): entry is KeptMessage => reading.mayRead(entry.packet)), reading }
  }
}
