/**
 * How far people have read in a room (MXR-70). Matrix clients and XMPP clients are told the same: a receipt is a marker of XEP-0333
 * and the other way round, and what is for the user alone goes through XEP-0490, which the user's XMPP clients follow.
 */
import type { Log } from '../../base/log.ts'
import type { Entry } from '../../rooms/log.ts'
import { el } from '../../xml/element.ts'
import { jidOrNull, type Jid } from '../../xmpp/jid.ts'
import { Payload } from '../../xmpp/packet.ts'
import { STANZA_ID } from '../../xmpp/stanza-id.ts'
import type { Pep } from '../../xep/0163-personal-eventing/index.ts'
import { MARKERS } from './marking-text.ts'
import { entryOfEvent, eventIdOf, isEntryId } from '../ids/event-id.ts'
import type { Positions } from '../sync/positions.ts'
import type { Access } from './access.ts'
import type { AwakeRoom } from './awake-room.ts'
import { READ, READ_PRIVATE, type ReceiptType } from './receipts.ts'
import { saidAs } from './saying-about.ts'

export interface MarkingParts {
  readonly access: Access
  readonly positions: Positions
  readonly pep: Pep
  readonly now: () => number
  readonly newId: () => string
  readonly errors: Log
  /** Has the user a Matrix device? */
  readonly hasDevice: (user: Jid) => Promise<boolean>
}
/** Somebody has read up to an event. */
export interface Mark {
  /** Bare JID. */
  readonly by: string
  readonly type: ReceiptType
  readonly event: string
  /** '' for none. */
  readonly thread: string
}

export const SYNCHRONIZED = 'urn:xmpp:mds:displayed:0'
/** In larger rooms nobody is told who has read what. */
const TOLD_IN_MAX = 100

export class Marking {
  readonly #parts: MarkingParts

  constructor(parts: MarkingParts) {
    this.#parts = parts
  }
  /** What a Matrix client says: clients of XMPP are told too. @throws MatrixError */
  async read(awake: AwakeRoom, user: Jid, mark: Mark, entry: Entry): Promise<void> {
    if (!(await this.put(awake, mark, entry)) || mark.thread !== '') return
    if (mark.type === READ) this.#tellOthers(awake, user, entry)
    await this.#synchronize(awake, user, entry).catch((error: unknown) => this.#failed(error))
  }
  /** @returns whether it says something new */
  async put(awake: AwakeRoom, { by, type, event, thread }: Mark, entry: Entry): Promise<boolean> {
    const { positions, now } = this.#parts
    if ((await this.#readUpTo(awake, by, type, thread)) >= entry.seq) return false
    const stream = positions.begin()
    const receipt = { jid: by, type, thread, event, at: now(), stream }
    try {
      const surplus = awake.receipts.surplus(receipt)
      await awake.backing.putReceipt(receipt, surplus)
      for (const old of surplus) awake.receipts.drop(old)
      awake.receipts.put(receipt)
    } finally {
      positions.end(stream)
    }
    awake.backing.news()
    return true
  }
  /** A client of XMPP tells the room what its user has read (XEP-0333). */
  displayed(awake: AwakeRoom, by: string, id: string): void {
    this.#mark(awake, { by, type: READ, event: eventIdOf(id), thread: '' }).catch((error: unknown) => this.#failed(error))
  }
  /** The clients of a user have agreed about what was read (XEP-0490). @param id of the item, which is the address of the chat */
  synchronized(user: Jid, id: string, payload: Payload): void {
    const address = jidOrNull(id)
    const read = address === null ? null : synchronizedIn(payload)
    if (read !== null) this.#markAlone(user, address!, read).catch((error: unknown) => this.#failed(error))
  }
  async #markAlone(user: Jid, address: Jid, { id, by }: Read): Promise<void> {
    const { access, hasDevice } = this.#parts
    if (!(await hasDevice(user))) return
    // A service that is not ours has no such room
    const awake = by === user.bare ? await access.direct.with(user, address) : await access.at(address)
    if (awake === null || awake.backing.archiveOf(user).bare !== by) return
    if (awake.room.members.get(user.bare)?.standing?.is !== 'joined') return
    await this.#mark(awake, { by: user.bare, type: READ_PRIVATE, event: eventIdOf(id), thread: '' })
  }

  async #mark(awake: AwakeRoom, mark: Mark): Promise<void> {
    const named = entryOfEvent(mark.event)
    const entry = named === null ? null : await awake.backing.log.byId(named.entry)
    if (entry === null) return
    // What all are told is not told again to the user alone
    const isKnown = mark.type === READ_PRIVATE && (await this.#readUpTo(awake, mark.by, READ, '')) >= entry.seq
    if (!isKnown) await this.put(awake, mark, entry)
  }
  async #readUpTo({ backing, receipts }: AwakeRoom, by: string, type: ReceiptType, thread: string): Promise<number> {
    const known = receipts.of(by, type, thread)
    const before = known === null ? null : await backing.log.byId(entryOfEvent(known.event)!.entry)
    return before?.seq ?? 0
  }
  #tellOthers(awake: AwakeRoom, user: Jid, entry: Entry): void {
    if (awake.room.occupants.size > TOLD_IN_MAX) return
    const { access, newId } = this.#parts
    const target = awake.backing.nameOf(entry)
    const said = { ...saidAs(Payload.of(el('displayed', MARKERS, { id: target })), newId(), null), isPassing: true }
    // Somebody without a voice has read it all the same
    access.attempt(awake, user, { do: 'append', said }).catch((error: unknown) => this.#failed(error))
  }
  async #synchronize({ room: { address }, backing }: AwakeRoom, user: Jid, { id }: Entry): Promise<void> {
    const stanza = el('stanza-id', STANZA_ID, { id, by: backing.archiveOf(user).bare })
    const item = { id: address.bare, payload: Payload.of(el('displayed', SYNCHRONIZED, {}, stanza)) }
    await this.#parts.pep.publish(user, SYNCHRONIZED, [item])
  }
  #failed(error: unknown): void {
    this.#parts.errors.error({ err: error }, 'What somebody has read in a room could not be told')
  }
}
/** An entry, and whose id it is: that of a room, or of the user's archive. */
interface Read {
  readonly id: string
  readonly by: string
}
/** The entry that clients have agreed about; null: none. */
function synchronizedIn(payload: Payload): Read | null {
  const stanza = payload.child('displayed', SYNCHRONIZED)?.child('stanza-id', STANZA_ID)
  const [id, by] = [stanza?.attr('id') ?? '', stanza?.attr('by') ?? '']
  return by !== '' && isEntryId(id) ? { id, by } : null
}
