/**
 * One stanza on its way (RFC 6120 section 8). A packet is an envelope (`to`) around what all copies of a broadcast
 * share: kind, type, sender, id, language, payload. `addressedTo` makes only a new envelope. The text of the
 * shared part is made at most once, and `wire` inserts the address.
 */
import type { Element } from '../xml/element.ts'
import { children } from '../xml/parse.ts'
import { serialise } from '../xml/write.ts'
import { unpin, wire, type Wire } from '../xml/wire.ts'
import type { Jid } from './jid.ts'

export type Kind = 'message' | 'presence' | 'iq'

const NO_ELEMENTS: readonly Element[] = []
const NONE = wire('')

/** The children of a stanza, as text, as elements, or both. All copies share it; it never changes. */
export class Payload {
  #text: Wire | null
  #elements: readonly Element[] | null
  #isKept = false

  private constructor(text: Wire | null, elements: readonly Element[] | null) {
    this.#text = text
    this.#elements = elements
  }
  /** From text that the scanner has checked. Unprefixed names without `xmlns` are in 'jabber:client'. */
  static ofText(text: Wire): Payload {
    return text === '' ? EMPTY : new Payload(text, null)
  }
  static of(...elements: readonly Element[]): Payload {
    return elements.length === 0 ? EMPTY : new Payload(null, elements)
  }
  static readonly empty: Payload = new Payload(NONE, NO_ELEMENTS)

  get isEmpty(): boolean {
    return this === EMPTY
  }
  get text(): Wire {
    return (this.#text ??= wire(this.#elements!.map((e) => serialise(e, 'jabber:client')).join('')))
  }
  get elements(): readonly Element[] {
    return (this.#elements ??= children(this.#text!, 'jabber:client'))
  }
  /** The same children and one more behind them. */
  plus(element: Element): Payload {
    const elements = this.#elements === null ? null : [...this.#elements, element]
    return new Payload(wire(this.text + serialise(element, 'jabber:client')), elements)
  }
  /** The first child element of that name and namespace ('jabber:client' unless another is given). */
  child(name: string, ns = 'jabber:client'): Element | undefined {
    for (const e of this.elements) if (e.name === name && e.ns === ns) return e
    return undefined
  }
  /** Copies the text if it is a slice of a larger one, so that the larger one can be freed: see `unpin`. */
  keep(): void {
    if (this.#isKept || this.isEmpty) return
    this.#isKept = true
    this.#text = unpin(this.text)
    this.#elements = null
  }
}
const EMPTY = Payload.empty

/** What a message says beyond its XML, for archives of this server. It is never written. */
export interface Beside {
  /** A form of what is said that the payload cannot hold; null: none. */
  readonly form: string | null
  /** The request of a device of the sender, which may come again and is done once; null: it is none. */
  readonly transaction: { readonly device: string; readonly key: string } | null
}

/** What all copies of one stanza have in common. */
class Shared {
  readonly kind: Kind
  readonly type: string
  readonly from: Jid
  readonly id: Wire | null
  readonly lang: Wire | null
  readonly extra: Wire
  readonly payload: Payload
  readonly archiveId: string | null
  readonly beside: Beside | null
  #head: Wire | null = null
  #tail: Wire | null = null

  constructor({ kind, type, from, id, lang, extra, payload, archiveId, beside }: Envelope) {
    this.kind = kind
    this.type = type ?? ''
    this.from = from
    this.id = id ?? null
    this.lang = lang ?? null
    this.extra = extra ?? NONE
    this.payload = payload ?? EMPTY
    this.archiveId = archiveId ?? null
    this.beside = beside ?? null
  }
  /** Everything before the address in `to`. */
  get head(): string {
    return (this.#head ??= wire(`<${this.kind} from='${this.from.wire}' to='`))
  }
  /** Everything after the address in `to`. */
  get tail(): string {
    return (this.#tail ??= wire(`'${this.rest}`))
  }
  /** Everything after the `to` attribute. */
  get rest(): string {
    let t = ''
    if (this.type !== '') t += ` type='${this.type}'`
    if (this.id !== null) t += ` id='${this.id}'`
    if (this.lang !== null) t += ` xml:lang='${this.lang}'`
    t += this.extra
    return this.payload.isEmpty ? `${t}/>` : `${t}>${this.payload.text}</${this.kind}>`
  }
  keep(): void {
    this.payload.keep()
    this.#tail = null
  }
}

/** The parts of a new stanza. Attribute values are safe between apostrophes. */
export interface Envelope {
  readonly kind: Kind
  /** The `type` attribute; '' if there is none. ASCII letters only: the check stage makes sure of it. */
  readonly type?: string
  readonly from: Jid
  readonly to?: Jid | null
  readonly id?: Wire | null
  /** `xml:lang`. */
  readonly lang?: Wire | null
  /** Other attributes, with a space before each: ` x:y='z'`. */
  readonly extra?: Wire
  readonly payload?: Payload
  /** The id that the message has in archives of this server; null if none has it. It is never written. */
  readonly archiveId?: string | null
  readonly beside?: Beside | null
}

export class Packet {
  readonly #shared: Shared
  readonly to: Jid | null

  private constructor(shared: Shared, to: Jid | null) {
    this.#shared = shared
    this.to = to
  }
  static of(e: Envelope): Packet {
    return new Packet(new Shared(e), e.to ?? null)
  }

  get kind(): Kind {
    return this.#shared.kind
  }
  get type(): string {
    return this.#shared.type
  }
  get from(): Jid {
    return this.#shared.from
  }
  get id(): Wire | null {
    return this.#shared.id
  }
  get lang(): Wire | null {
    return this.#shared.lang
  }
  get extra(): Wire {
    return this.#shared.extra
  }
  get payload(): Payload {
    return this.#shared.payload
  }
  get archiveId(): string | null {
    return this.#shared.archiveId
  }
  get beside(): Beside | null {
    return this.#shared.beside
  }
  /** The same stanza, addressed to `to`; null for a stanza without the attribute. */
  addressedTo(to: Jid | null): Packet {
    return to === this.to ? this : new Packet(this.#shared, to)
  }
  /** Is it the same stanza with another address? */
  isCopyOf(other: Packet): boolean {
    return this.#shared === other.#shared
  }
  /** The same stanza with other attributes or children. */
  with(change: Partial<Envelope>): Packet {
    const { kind, type, from, id, lang, extra, payload, archiveId, beside } = this
    return Packet.of({ kind, type, from, to: this.to, id, lang, extra, payload, archiveId, beside, ...change })
  }
  /** Makes the payload of all copies fit to be kept for long. The attributes have memory of their own already. */
  keep(): void {
    this.#shared.keep()
  }
  /** The stanza as text. Its children rely on the namespace of the stream (RFC 6120 4.8.3). */
  get wire(): Wire {
    const shared = this.#shared
    if (this.to === null) return wire(`<${shared.kind} from='${shared.from.wire}'${shared.rest}`)
    return wire(shared.head + this.to.wire + shared.tail)
  }
}

/** Is it presence that tells whether somebody is available? Subscriptions, probes and errors are not. */
export const isNotification = ({ kind, type }: Packet): boolean => kind === 'presence' && (type === '' || type === 'unavailable')
