/**
 * What one client has been given of resources on other servers, pure: of each resource the content of the last available presence,
 * or that it has gone. Servers repeat themselves (docs/decisions/028-repeated-presence.md); with this the client is not told again
 * what it has, nor that a resource has gone that it was never shown. What is over the limit is not remembered, and is given again.
 */
import type { Jid } from '../../xmpp/jid.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { plain } from '../../xmpp/state-annotation.ts'
import { digestOf, undelayed } from '../../im/presence-digest.ts'
import type { LedgerLimits } from './ledger.ts'

interface Note {
  /** With a bare JID: all resources have gone. */
  readonly jid: Jid
  isGone: boolean
  /** The turn in which it became available, if the client did not show it before; 0 if that is not known. */
  since: number
  /** Of the content; null: not known any more, and the next one counts as the same. */
  digest: number | null
}
/** The address, the digest, and whether the resource has gone. */
export type GivenJson = readonly [full: string, digest: number | null, isGone: boolean]

/** Resources of one contact of which it is remembered that they have gone; clients often have a new name each time. */
const GONE_MAX = 4
/** Beyond this number of forgotten contacts, or with a longer address, all contacts count as forgotten. */
const FORGOTTEN_MAX = 100
const FORGOTTEN_OCTETS_MAX = 300

export class Given {
  readonly #limits: LedgerLimits
  /** By bare JID; the oldest note first. */
  readonly #contacts = new Map<string, Note[]>()
  #size = 0
  #octets = 0
  /** False: it was given more than could be remembered. Nobody knows then whether it was shown others of a contact. */
  #isComplete = true
  /** By bare JID: contacts of whom it may show resources without a note. Null: it may of any contact. */
  #forgotten: Set<string> | null = new Set()
  /** Some of what it was given before the server was started may not have been written. */
  #isRestored = false
  /** By bare JID: contacts of whom all resources were said to have gone, and nothing was forgotten since. */
  readonly #whole = new Set<string>()

  constructor(limits: LedgerLimits) {
    this.#limits = limits
  }
  get size(): number {
    return this.#size
  }
  /**
   * Has the client been given just that, but for annotations? From now on it has.
   * @param packet available or unavailable presence
   * @param turn counts, to say what came before what
   */
  take(packet: Packet, turn: number): boolean {
    const { from, type } = packet
    const isGone = type === 'unavailable'
    const digest = digestOf(isGone ? undelayed(packet) : plain(packet))
    const notes = this.#contacts.get(from.bare)
    if (isGone && this.#hasNeverShown(notes, from)) return true
    if (notes !== undefined && (isGone ? this.#hasGone(notes, from, digest) : hasShown(notes, from, digest))) return true
    const isNew = !isGone && this.#isNotShown(notes, from)
    if (isGone && from.isBare) this.#dropAll(from)
    this.#note(from, isGone, digest, isNew ? turn : null)
    if (isGone && from.isBare) this.#markWhole(from)
    return false
  }
  /** Is it available, and was the client not shown it before that turn? */
  hasComeSince(resource: Jid, turn: number): boolean {
    const note = this.#of(resource)
    return note !== undefined && !note.isGone && note.since > turn
  }
  /** All of it, to be remembered over a restart. @param isKept of the resource */
  memory(isKept: (jid: Jid) => boolean): readonly GivenJson[] {
    const notes = [...this.#contacts.values()].flat().filter(({ jid }) => isKept(jid))
    return notes.map(({ jid, isGone, digest }) => [jid.full, digest, isGone])
  }
  remember(memory: readonly GivenJson[]): void {
    this.#isRestored = true
    for (const [full, digest, isGone] of memory) this.#note(storedJid(full), isGone, digest)
  }
  /** Nobody of that contact was available, and it is not known what was said of that. */
  rememberGone(contact: Jid): void {
    if (!this.#contacts.has(contact.bare)) this.#note(contact, true, null)
    this.#markWhole(contact)
  }
  /** What comes next of that contact is given to the client, even if it has it. */
  forget(contact: Jid): void {
    this.#isForgotten(contact)
    this.#dropAll(contact)
  }
  /** The same of the resources for which that holds. */
  forgetAll(isMeant: (jid: Jid) => boolean): void {
    for (const notes of [...this.#contacts.values()]) for (const note of [...notes]) if (isMeant(note.jid)) this.#forget(note)
  }
  /** The same of what is available of that contact: that others have gone the client knows still. */
  forgetAvailable({ bare }: Jid): void {
    for (const note of [...(this.#contacts.get(bare) ?? [])]) if (!note.isGone) this.#forget(note)
  }

  #of({ bare, full }: Jid): Note | undefined {
    return this.#contacts.get(bare)?.find(({ jid }) => jid.full === full)
  }
  /** @param since of a resource that was not shown before; null for any other */
  #note(jid: Jid, isGone: boolean, digest: number | null, since: number | null = null): void {
    const own = this.#of(jid)
    if (own === undefined) this.#add({ jid, isGone, since: since ?? 0, digest })
    else {
      own.isGone = isGone
      own.since = since ?? own.since
      own.digest = digest
    }
    const notes = this.#contacts.get(jid.bare) ?? []
    const gone = notes.filter((note) => note.isGone)
    const spare = isGone ? gone.slice(0, -GONE_MAX) : gone.filter((note) => note.jid.isBare)
    for (const note of spare) this.#drop(note)
  }
  #add(note: Note): void {
    const { bare, full } = note.jid
    const { presencesMax, octetsMax } = this.#limits
    if (this.#size >= presencesMax || this.#octets + full.length > octetsMax) {
      this.#isComplete = false
      return
    }
    const notes = this.#contacts.get(bare)
    if (notes === undefined) this.#contacts.set(bare, [note])
    else notes.push(note)
    this.#size += 1
    this.#octets += full.length
  }
  #dropAll({ bare }: Jid): void {
    for (const note of [...(this.#contacts.get(bare) ?? [])]) this.#drop(note)
  }
  #forget(note: Note): void {
    this.#isForgotten(note.jid)
    this.#drop(note)
  }
  /** From now on there is a note of each resource of the contact that the client shows. */
  #markWhole({ bare }: Jid): void {
    if (this.#contacts.has(bare)) this.#whole.add(bare)
  }
  #isForgotten({ bare }: Jid): void {
    this.#whole.delete(bare)
    const forgotten = this.#forgotten
    if (forgotten === null || forgotten.has(bare)) return
    if (forgotten.size < FORGOTTEN_MAX && bare.length <= FORGOTTEN_OCTETS_MAX) forgotten.add(bare)
    else this.#forgotten = null
  }
  #drop(note: Note): void {
    const { bare, full } = note.jid
    const notes = this.#contacts.get(bare)!
    if (notes.length === 1) {
      this.#contacts.delete(bare)
      this.#whole.delete(bare)
    } else notes.splice(notes.indexOf(note), 1)
    this.#size -= 1
    this.#octets -= full.length
  }
  /** That a resource has gone that the client was never shown, for example before its session began. */
  #hasNeverShown(notes: readonly Note[] | undefined, from: Jid): boolean {
    if (from.isBare || !this.#knowsAllOf(from) || (this.#isRestored && !this.#whole.has(from.bare))) return false
    return notes === undefined || !notes.some(({ jid }) => jid.full === from.full)
  }
  /** Certainly not now: it was never shown it, or was told that it has gone. */
  #isNotShown(notes: readonly Note[] | undefined, from: Jid): boolean {
    return this.#hasNeverShown(notes, from) || notes?.find(({ jid }) => jid.full === from.full)?.isGone === true
  }
  /** Is there a note of each resource of that contact that the client shows, as far as all was written? */
  #knowsAllOf({ bare }: Jid): boolean {
    return this.#isComplete && (this.#whole.has(bare) || (this.#forgotten !== null && !this.#forgotten.has(bare)))
  }
  /** A client that knows that all have gone knows it of each; one that saw the last one go knows that nobody is there. */
  #hasGone(notes: readonly Note[], from: Jid, digest: number): boolean {
    const isSame = (note: Note): boolean => note.isGone && (note.digest ?? digest) === digest
    if (from.isBare) return this.#knowsAllOf(from) && notes.every((note) => note.isGone) && notes.some(isSame)
    const own = notes.find(({ jid }) => jid.full === from.full)
    return own === undefined ? notes.some((note) => note.jid.isBare && isSame(note)) : isSame(own)
  }
}

const hasShown = (notes: readonly Note[], { full }: Jid, digest: number): boolean =>
  notes.some(({ jid, isGone, digest: given }) => jid.full === full && !isGone && given === digest)
