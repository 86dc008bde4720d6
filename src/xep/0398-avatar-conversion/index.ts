/**
 * XEP-0398: a user has one picture, which clients of either kind set and see: in the nodes of XEP-0084, in the card of XEP-0054,
 * and as a hash in presence (XEP-0153). It is kept in the nodes; the rest is made from them (PEP-33).
 */
import type { Millis, Timer } from '../../base/clock.ts'
import { token } from '../../base/entropy.ts'
import { section } from '../../base/settings.ts'
import { contactKey } from '../../im/account.ts'
import type { LocalAccount, Session } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { FromClient } from '../../server/pipeline/contexts.ts'
import type { Verdict } from '../../server/pipeline/pipeline.ts'
import type { Element } from '../../xml/element.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Payload, type Packet } from '../../xmpp/packet.ts'
import { pepOf, type Pep } from '../0163-personal-eventing/index.ts'
import { DATA, dataOf, METADATA, metadataOf, photoInData, photoInMetadata, type Photo, type PhotoInfo } from './photo.ts'
import { withHash } from './update.ts'

export {
  cardWith,
  hasNoPhoto,
  photoInCard,
  photoInData as dataIn,
  photoInMetadata as infoIn,
  photoOf,
  photosIn,
  type Photo,
} from './photo.ts'

/** PEP-32: clients publish the data of a picture and what is said of it one after the other. */
const DATA_WAIT: Millis = 10_000

const faces = new WeakMap<Host, Avatars>()
/** The pictures of users, for features that need 'avatar-conversion'. */
export const avatarsOf = (host: Host): Avatars => faces.get(host)!

export const avatarConversion = defineFeature({
  name: 'avatar-conversion',
  specs: [
    xep(398, 'User Avatar to vCard-Based Avatars Conversion', '1.0.1'),
    xep(84, 'User Avatar', '1.1.4'),
    xep(153, 'vCard-Based Avatars', '1.1.1'),
  ],
  needs: ['personal-eventing'],
  settings: section({}),
  install(host) {
    const avatars = new Avatars(host, pepOf(host))
    faces.set(host, avatars)
    host.fromClient('avatar', avatars.stage, { kinds: ['presence'] })
    host.on('items-changed', ({ owner, node }) => avatars.changed(owner, node))
    host.on('node-configured', ({ owner, node }) => avatars.changed(owner, node))
    host.on('session-resumed', ({ session }) => avatars.sayAgain(session))
    host.disco.account.features.push('urn:xmpp:pep-vcard-conversion:0')
  },
})

/** What presence says of the user's picture. */
interface Shown {
  /** '': that there is none any more. */
  readonly hash: string
  readonly to: 'everybody' | 'subscribers'
}

/** What the nodes of a user say. */
interface Said {
  /** Null: nothing was published. */
  readonly metadata: Element | null
  readonly info: PhotoInfo | null
  /** Null if its data is not there, or is another picture. */
  readonly photo: Photo | null
}

export class Avatars {
  readonly #host: Host
  readonly #pep: Pep
  /** Null: presence says nothing. Undefined: it was not looked up since the account is in memory. */
  readonly #shown: Slot<LocalAccount, Shown | null | undefined>
  /** Until when the data of the picture is waited for. */
  readonly #waits: Slot<LocalAccount, Timer | null>
  /** The empty photo in the presence of the client is the server's, not the client's own. */
  readonly #emptied: Slot<Session, boolean>
  readonly #send: (session: Session, packet: Packet) => void

  constructor(host: Host, pep: Pep) {
    this.#host = host
    this.#pep = pep
    this.#shown = host.accountSlot<Shown | null | undefined>('avatar', 'learnt again', () => undefined)
    this.#waits = host.accountSlot<Timer | null>('avatar-waits', 'forgotten', () => null)
    this.#emptied = host.sessionSlot('avatar-emptied', 'kept', () => false)
    host.keep.session<true>({
      name: 'avatar-emptied',
      version: 1,
      save: (session) => session.get(this.#emptied) || null,
      load: (session, kept) => session.set(this.#emptied, kept === true),
    })
    this.#send = host.resumeAfter('avatar')
  }
  /** PEP-35. Of an account without a picture it costs one look into the slot. */
  readonly stage = (context: FromClient): Verdict | Promise<Verdict> => {
    const { packet, session } = context
    if (packet.type !== '') return 'next'
    if (packet.to === null) session.set(this.#emptied, false)
    const shown = session.account.get(this.#shown)
    if (shown === null) return 'next'
    if (shown !== undefined) return this.#put(context, shown)
    if (!this.#mayHave(session.account)) {
      session.account.set(this.#shown, null)
      return 'next'
    }
    return this.#look(session.account, false).then(
      (found) => (found === null ? 'next' : this.#put(context, found)),
      (error: unknown) => this.#unknown(error),
    )
  }
  /** The presence goes out all the same. The next one looks again. */
  #unknown(error: unknown): Verdict {
    this.#host.log.warn({ err: error }, 'The picture of a user could not be looked up; presence goes without it')
    return 'next'
  }
  /** A node has changed: the clients' presence says so, if it is about their pictures. */
  changed(owner: Jid, node: string): void {
    const account =
      (node === METADATA || node === DATA) && this.#host.router.homeOf(owner) !== null
        ? this.#host.accounts.get(owner.bare)
        : undefined
    if (account === undefined || account.sessions.length === 0) return
    this.#sayAnew(account, true)
  }
  #sayAnew(account: LocalAccount, mayWait: boolean): void {
    this.#look(account, mayWait)
      .then(() => account.sessions.forEach((session) => this.sayAgain(session)))
      .catch((error: unknown) => this.#host.log.error({ err: error }, 'A new picture could not be shown in presence'))
  }
  /** Broadcasts the presence of the client again, if it says something else now. While the client is away nothing is said for it. */
  sayAgain(session: Session): void {
    const { presence, account } = session
    const shown = account.get(this.#shown)
    if (presence === null || shown === null || shown === undefined || session.isAway || session.ended) return
    const payload = withHash(presence.payload, shown.hash, session.get(this.#emptied))
    if (payload === presence.payload) return
    session.set(this.#emptied, shown.hash === '')
    this.#send(session, presence.with({ payload }))
  }

  /** The picture for this asker. Undefined: the user has said nothing about one in the nodes. Null: there is none to be seen. */
  async photo(account: LocalAccount, asker: Jid): Promise<Photo | null | undefined> {
    if (!this.#mayHave(account)) return undefined
    const { metadata, photo } = await this.#said(account)
    if (metadata === null) return undefined
    if (photo === null) return null
    for (const node of [METADATA, DATA]) if (!(await this.#pep.mayRead(account, node, asker))) return null
    return photo
  }
  /** One look into memory. */
  has(account: LocalAccount): boolean {
    return this.#mayHave(account)
  }
  /**
   * PEP-34: the picture of a card. The same picture as before changes nothing.
   * @param isOpen whether everybody may see it, if the nodes have to be made
   * @throws StanzaError
   */
  async publish(account: Pick<LocalAccount, 'bare'>, photo: Photo, isOpen: boolean): Promise<void> {
    if ((await this.#said(account)).photo?.hash === photo.hash) return
    const changes = isOpen ? ({ access_model: 'open' } as const) : {}
    const item = (element: Element) => [{ id: photo.hash, payload: Payload.of(element) }]
    await this.#pep.publish(account.bare, DATA, item(dataOf(photo)), changes)
    await this.#pep.publish(account.bare, METADATA, item(metadataOf(photo)), changes)
  }
  /** The user has no picture from now on. @throws StanzaError */
  async remove(account: Pick<LocalAccount, 'bare'>): Promise<void> {
    if (!this.#mayHave(account) || (await this.#said(account)).info === null) return
    const item = { id: token(this.#host.entropy), payload: Payload.of(metadataOf(null)) }
    await this.#pep.publish(account.bare, METADATA, [item])
  }

  #mayHave({ bare }: Pick<LocalAccount, 'bare'>): boolean {
    return this.#pep.isOffered(bare, METADATA)
  }
  async #said({ bare }: Pick<LocalAccount, 'bare'>): Promise<Said> {
    const items = this.#pep.isOffered(bare, METADATA) ? await this.#pep.items(bare, METADATA) : null
    const metadata = items?.at(-1)?.payload.elements[0] ?? null
    const info = photoInMetadata(metadata ?? undefined)
    if (info === null) return { metadata, info, photo: null }
    const [item] = (await this.#pep.items(bare, DATA, [info.hash])) ?? []
    return { metadata, info, photo: photoInData(info, item?.payload.elements[0]) }
  }
  /**
   * Looks up what presence says, and keeps it.
   * @param mayWait whether the picture before is shown for a while if the data of the new one is not there
   */
  async #look(account: LocalAccount, mayWait: boolean): Promise<Shown | null> {
    const said = await this.#said(account)
    const config = await this.#pep.configOf(account.bare, METADATA)
    const found = shownFor(said, config?.access_model ?? 'whitelist')
    const before = account.get(this.#shown) ?? null
    const waits = found === 'no data' && mayWait && before !== null && before.hash !== ''
    account.get(this.#waits)?.cancel()
    account.set(this.#waits, waits ? this.#host.clock.after(DATA_WAIT, () => this.#sayAnew(account, false)) : null)
    if (waits) return before
    // Those who were shown a picture are told that there is none any more
    const none = before === null ? null : ({ ...before, hash: '' } as const)
    const shown = found === 'no data' ? none : (found ?? none)
    account.set(this.#shown, shown)
    return shown
  }
  /** A broadcast goes to those who see the user's presence, and so may see the picture; other presence to whom it is addressed. */
  #put(context: FromClient, { hash, to }: Shown): Verdict {
    const { packet, session } = context
    const mayKnow = to === 'everybody' || packet.to === null || session.account.roster.isSubscriber(contactKey(packet.to))
    if (!mayKnow) return 'next'
    const payload = withHash(packet.payload, hash, false)
    if (hash === '' && packet.to === null && payload !== packet.payload) session.set(this.#emptied, true)
    context.packet = packet.with({ payload })
    return 'next'
  }
}

function shownFor({ metadata, info, photo }: Said, access: string): Shown | 'no data' | null {
  const to = access === 'open' ? 'everybody' : access === 'presence' ? 'subscribers' : null
  if (to === null || metadata === null) return null
  if (info !== null) return photo === null ? 'no data' : { hash: info.hash, to }
  return metadata.elements.length === 0 ? { hash: '', to } : null
}
