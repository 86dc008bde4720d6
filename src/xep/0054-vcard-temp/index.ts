/**
 * XEP-0054: each account has a card that describes its user. The server keeps it and answers for the account, whatever its
 * clients could say (VC-21). An account without a card, and one that does not exist, give the same answer.
 */
import { BoundedMap } from '../../base/bounded-map.ts'
import { Bucket } from '../../base/bucket.ts'
import { contactKey } from '../../im/account.ts'
import { isFamiliar } from '../../im/delivery.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { AccountRequest, Answer } from '../../server/routing/registry.ts'
import { el, type Element } from '../../xml/element.ts'
import { parseElement } from '../../xml/parse.ts'
import { decode, encode } from '../../xml/wire.ts'
import { serialise } from '../../xml/write.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { avatarsOf, cardWith, hasNoPhoto, photoInCard, type Avatars } from '../0398-avatar-conversion/index.ts'
import { namesIn, photoHash, VCARD, withoutAddress } from './card.ts'
import { cardSettings, type CardSettings } from './settings.ts'
import { Cards, migrations, type CardMark, type NewCard } from './store.ts'

export { nameKey, photoHash, VCARD, type Names } from './card.ts'
export type { CardSettings } from './settings.ts'
export type { CardTables } from './store.ts'

const ANSWERS_SECONDS = 10
/** What a picture adds to a card, about, for the pace of askers. */
const PHOTO_OCTETS = 64 * 1024
/** The askers whose pace is known; beyond it the one that asked longest ago begins anew. */
const ASKERS_MAX = 5000

export const vcardTemp = defineFeature({
  name: 'vcard',
  specs: [xep(54, 'vcard-temp', '1.3.0')],
  needs: ['avatar-conversion'],
  settings: cardSettings,
  async install(host, settings) {
    await host.database.migrate('xep-0054', migrations)
    const cards = new AccountCards(host, settings)
    host.alsoLoad((bare) => cards.load(bare))
    const rule = { ns: VCARD, name: 'vCard', forResources: true } as const
    host.iqToAccount({ ...rule, type: 'get', access: 'anyone', handle: (request) => cards.get(request) })
    host.iqToAccount({ ...rule, type: 'set', access: 'owner', refusal: 'forbidden', handle: (request) => cards.set(request) })
    host.iqToServer({ type: 'get', ns: VCARD, name: 'vCard', handle: ({ domain }) => cardOfServer(domain, settings) })
    host.on('session-bound', ({ session }) => cards.movePhoto(session.account))
    for (const features of [host.disco.server.features, host.disco.account.features]) features.push(VCARD)
  },
})

/** VC-20: the card as it is stored. */
export function newCard(card: Element): NewCard {
  const text = serialise(card)
  return { text: decode(text), octets: text.length, photo: photoHash(card), names: namesIn(card) }
}

class AccountCards {
  readonly #host: Host
  readonly #settings: CardSettings
  readonly #store: Cards
  readonly #avatars: Avatars
  /** Null without a card. So an account without one answers as fast as one that does not exist. */
  readonly #marks: Slot<LocalAccount, CardMark | null>
  readonly #paces = new BoundedMap<string, Bucket>(ASKERS_MAX)

  constructor(host: Host, settings: CardSettings) {
    this.#host = host
    this.#settings = settings
    this.#store = new Cards(host.database)
    this.#avatars = avatarsOf(host)
    this.#marks = host.accountSlot<CardMark | null>('vcard', 'learnt again', () => null)
  }
  async load(bare: string): Promise<(account: LocalAccount) => void> {
    const mark = await this.#store.mark(bare)
    return (account) => account.set(this.#marks, mark)
  }
  /** VC-21, VC-22 */
  get({ account, from }: AccountRequest): Answer | Promise<Answer> {
    const isOwner = from.bare === account.bare.bare
    if (!isOwner && !this.#mayRead(account, from)) throw new StanzaError('service-unavailable')
    const mark = account.get(this.#marks)
    const mayHavePhoto = this.#avatars.has(account)
    if (mark === null && !mayHavePhoto) {
      if (isOwner) return el('vCard', VCARD)
      throw new StanzaError('service-unavailable') // section 3.3
    }
    this.#pace(from, (mark?.octets ?? 0) + (mayHavePhoto ? PHOTO_OCTETS : 0))
    return this.#read(account, from)
  }
  async set({ account, payload }: AccountRequest): Promise<Answer> {
    const card = newCard(payload)
    if (card.octets > this.#settings.size) throw new StanzaError('not-acceptable', { text: 'The card is too large' })
    await account.serial.run(() => this.#keep(account, payload))
    return null
  }
  /** A picture in a card from before the account had nodes, such as an imported one, becomes one for all clients. */
  movePhoto(account: LocalAccount): void {
    if ((account.get(this.#marks)?.photo ?? '') === '' || this.#avatars.has(account)) return
    account.serial
      .run(async () => {
        const text = await this.#store.read(account.bare.bare)
        if (text !== null && !this.#avatars.has(account)) await this.#keep(account, parseElement(encode(text)))
      })
      .catch((error: unknown) =>
        this.#host.log.warn(
          { err: error, account: account.bare.bare },
          'The picture of a card could not be published; it stays in the card',
        ),
      )
  }

  /** PEP-34: a picture is kept in the nodes, and the card without it. */
  async #keep(account: LocalAccount, given: Element): Promise<void> {
    const photo = photoInCard(given)
    if (photo !== null) await this.#avatars.publish(account, photo, this.#settings.access === 'everybody')
    else if (hasNoPhoto(given)) await this.#avatars.remove(account)
    const { octets, ...card } = newCard(photo === null && !hasNoPhoto(given) ? given : cardWith(given, null))
    await this.#store.write(account.bare.bare, { octets, ...card }, this.#host.clock.now())
    account.set(this.#marks, { octets, photo: card.photo })
  }
  async #read(account: LocalAccount, asker: Jid): Promise<Answer> {
    const [text, photo] = await Promise.all([this.#store.read(account.bare.bare), this.#avatars.photo(account, asker)])
    const isOwner = asker.bare === account.bare.bare
    // The account is being deleted, or its picture is not for this asker
    if (text === null && (photo === null || photo === undefined) && !isOwner) throw new StanzaError('service-unavailable')
    const stored = text === null ? el('vCard', VCARD) : parseElement(encode(text))
    const card = photo === undefined ? stored : cardWith(stored, photo)
    // ROOM-66: people in a room learn no address from a card
    return this.#host.router.kindOf(asker.domain) === 'service' ? withoutAddress(card) : card
  }
  #mayRead(account: LocalAccount, asker: Jid): boolean {
    switch (this.#settings.access) {
      case 'everybody':
        return true
      case 'known':
        return isFamiliar(account, asker)
      case 'contacts':
        return account.roster.isSubscriber(contactKey(asker))
    }
  }
  /** Whose pace counts: the local user's, that of somebody in a room, or that of the party elsewhere. */
  #askerOf(asker: Jid): string {
    const { parties, router } = this.#host
    switch (router.kindOf(asker.domain)) {
      case 'accounts':
        return asker.bare
      case 'service':
        return asker.full
      default:
        return parties.of(asker.domain)
    }
  }
  /** @throws StanzaError policy-violation: the asker has read too much in the last seconds */
  #pace(asker: Jid, octets: number): void {
    const { clock } = this.#host
    const key = this.#askerOf(asker)
    const max = this.#settings['answers-size']
    const now = clock.now()
    const bucket = this.#paces.get(key) ?? new Bucket(max, max / ANSWERS_SECONDS, now)
    this.#paces.set(key, bucket)
    if (bucket.tryTake(Math.min(octets, max), now) > 0)
      throw new StanzaError('policy-violation', { type: 'wait', text: 'You read too many cards' })
  }
}

/** VC-23 */
function cardOfServer(domain: string, { name, description, url }: CardSettings): Element {
  const fields = { FN: name === '' ? domain : name, URL: url, DESC: description }
  const said = Object.entries(fields).filter(([, value]) => value !== '')
  return el('vCard', VCARD, {}, ...said.map(([field, value]) => el(field, VCARD, {}, value)))
}
