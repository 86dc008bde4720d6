/**
 * MAM-22, MAM-26: each message is in the archive once, and there before anybody is shown the id that it has in it. What a client
 * sends is stored before it is copied and routed, what arrives before it is delivered. A message that cannot be stored is delivered
 * without an id.
 */
import type { Counter } from '../../base/metrics.ts'
import { deliverMessage, maySee } from '../../im/delivery.ts'
import type { AccountArchive, ArchiveChoice, MessageToKeep } from '../../server/account-archive.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Host } from '../../server/feature.ts'
import type { FromAccount, ToAccount } from '../../server/pipeline/contexts.ts'
import type { Verdict } from '../../server/pipeline/pipeline.ts'
import type { Along } from '../../server/ports.ts'
import { isArchivable } from '../../xmpp/archivable.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { stanzaIdBy, withStanzaId } from '../../xmpp/stanza-id.ts'
import { StorageError } from '../../storage/storage-error.ts'
import { isWanted } from './prefs.ts'
import { RoomTexts } from './room-texts.ts'
import type { ArchiveSettings } from './settings.ts'
import type { Shortening } from './shortening.ts'
import { NOTHING, type Strangers } from './strangers.ts'

export interface KeepingParts {
  readonly strangers: Strangers
  readonly shortening: Shortening
}

export class Keeping {
  readonly #host: Host
  readonly #archive: AccountArchive
  readonly #usual: ArchiveChoice
  readonly #usersChoose: boolean
  readonly #roomTexts = new RoomTexts()
  readonly #strangers: Strangers
  readonly #shortening: Shortening
  readonly #failed: Counter
  readonly #leftOut: Counter

  constructor(host: Host, settings: ArchiveSettings, { strangers, shortening }: KeepingParts) {
    this.#host = host
    this.#strangers = strangers
    this.#shortening = shortening
    this.#archive = host.stores.accountArchive
    this.#usual = settings.default
    this.#usersChoose = settings['users-choose']
    this.#failed = host.metrics.counter(
      'porchlight_messages_not_archived_total',
      'Messages that could not be stored in the archive of an account, and were delivered all the same',
    )
    this.#leftOut = host.metrics.counter(
      'porchlight_strangers_messages_not_archived_total',
      'Messages of strangers that were delivered and not archived because those have used up their share',
    )
  }

  /** What is sent for the account. Its id may be given. */
  sent(context: FromAccount): Verdict | Promise<Verdict> {
    const { account, packet } = context
    if (!isArchivable(packet)) return 'next'
    const isWanted = this.#isWanted(account, packet.to!)
    if (typeof isWanted !== 'boolean') return isWanted.then((is) => (is === false ? 'next' : this.sent(context)))
    if (!isWanted) return 'next'
    const { bare } = account
    const at = this.#host.clock.now()
    const id = packet.archiveId ?? this.#archive.newId(at)
    const isStored = this.#store(bare.bare, { packet, id, at, isSent: true }, NOTHING)
    context.keeping = { id, isStored }
    // The archive of a recipient here has the same id. It is issued in this tick, and so is not stored later than this one
    context.packet = packet.with({ archiveId: id })
    const isForOthersHere = this.#host.router.placeOf(packet.to!) === 'here' && packet.to!.bare !== bare.bare
    return isForOthersHere ? 'next' : isStored.then((is) => this.#goesOn(context, is))
  }
  #goesOn(context: FromAccount, isStored: boolean): Verdict {
    if (!isStored) context.packet = context.packet.with({ archiveId: null })
    return 'next'
  }

  /** Whether the archive of the account keeps what arrives for it, and under which id. */
  plan(context: ToAccount): Verdict | Promise<Verdict> {
    const { account, packet } = context
    if (!isArchivable(packet)) return 'next'
    const { bare } = account
    const given = stanzaIdBy(packet, bare) // a session gives it back that has not received it
    if (given !== undefined) return this.#isKept(context, given)
    if (packet.from.bare === bare.bare && packet.archiveId !== null) return this.#shows(context, packet.archiveId)
    const isWanted = this.#isWanted(account, packet.from)
    if (typeof isWanted !== 'boolean') return isWanted.then((is) => (is === false ? 'next' : this.plan(context)))
    if (!isWanted) return 'next'
    const before = this.#roomTexts.stored(bare.bare, packet, this.#host.clock.now())
    if (before !== null) return before.isStored.then((is) => (is ? this.#shows(context, before.id) : 'next'))
    const id = packet.archiveId ?? this.#archive.newId(this.#host.clock.now())
    const along = this.#strangers.shareOf(account, packet)
    return along instanceof Promise ? along.then((it) => this.#plans(context, id, it)) : this.#plans(context, id, along)
  }
  #plans(context: ToAccount, id: string, along: Along): Verdict {
    context.archiving = { id, isKept: false, along }
    return 'next'
  }
  /** What is delivered is stored before. What is stored until the user is back is archived with it. */
  received(context: ToAccount): Verdict | Promise<Verdict> {
    const { account, packet, archiving } = context
    if (archiving === null || archiving.isKept || !isDelivered(account, packet)) return 'next'
    const { id, along } = archiving
    const at = this.#host.clock.now()
    const { bare } = account.bare
    const isStored = this.#store(bare, { packet, id, at, isSent: false }, along)
    this.#roomTexts.note(bare, packet, { id, at, isStored })
    return isStored.then((is) => (is ? this.#shows(context, id) : this.#isNotKept(context)))
  }
  #isKept(context: ToAccount, id: string): Verdict {
    context.archiving = { id, isKept: true, along: NOTHING }
    return 'next'
  }
  #isNotKept(context: ToAccount): Verdict {
    context.archiving = null
    return 'next'
  }
  #shows(context: ToAccount, id: string): Verdict {
    context.packet = withStanzaId(context.packet, context.account.bare, id)
    return this.#isKept(context, id)
  }

  /** A promise if that has to be read first: then it must be asked again, unless it is false. */
  #isWanted(account: LocalAccount, peer: Jid): boolean | Promise<unknown> {
    const prefs = this.#archive.prefs(account.bare.bare)
    if (prefs instanceof Promise) return prefs.catch((error: unknown) => this.#failedToStore(account.bare.bare, error))
    return isWanted(this.#usersChoose ? prefs : { ...prefs, byDefault: null, always: [], never: [] }, this.#usual, account, peer)
  }
  /** Never rejects. False: it could not be stored. */
  #store(owner: string, message: MessageToKeep, along: Along): Promise<boolean> {
    this.#shortening.grew(owner, message.packet.wire.length)
    const storing = along === NOTHING ? undefined : { isShown: true, more: along }
    return this.#archive.append(owner, message, storing).then(yes, (error: unknown) => this.#failedToStore(owner, error))
  }
  /** A stranger has used up their share. */
  #isLeftOut(): false {
    this.#leftOut.value += 1
    return false
  }
  #failedToStore(owner: string, error: unknown): false {
    if (error instanceof StorageError && error.trouble === 'nothing-changed') return this.#isLeftOut()
    this.#failed.value += 1
    this.#host.log.warn({ err: error, owner }, 'A message could not be archived; it is delivered without an id')
    return false
  }
}
const yes = (): boolean => true

/** Does a session receive this message? Otherwise it is stored for later, or the account refuses or drops it (MAM-28). */
const isDelivered = (account: LocalAccount, packet: Packet): boolean =>
  deliverMessage(account, packet, maySee(account, packet.from)).kind === 'deliver'
