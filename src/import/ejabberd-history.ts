/**
 * The archive of rooms (mod_mam) in a dump of ejabberd's tables. It has the messages in any order, so those of each room are
 * collected, as the text that they have in the file, and then sorted by their time.
 */
import type { Millis } from '../base/clock.ts'
import type { PastSaying } from '../rooms/past.ts'
import { el, type Element } from '../xml/element.ts'
import { serialise } from '../xml/write.ts'
import { CLIENT } from '../xmpp/ns.ts'
import { readTerm, type Term } from './erlang.ts'
import { list, text, tuple, word } from './erlang-parts.ts'
import { unreadable, type Found } from './found.ts'
import { pastSaying } from './room-history.ts'
import { elementOf } from '../xml/whole.ts'

/** Octets of all histories together, in the form of the file. */
const OCTETS_MAX = 512 * 1024 * 1024

export class EjabberdHistories {
  /** By room. */
  readonly #pieces = new Map<string, (readonly [at: Millis, text: string])[]>()
  #octets = 0
  #isFull = false
  #damaged = 0

  /** One term of the table `archive_msg`: only what was said in a room. */
  take(piece: string): void {
    this.#octets += piece.length
    this.#isFull ||= this.#octets > OCTETS_MAX
    if (this.#isFull) return
    try {
      const [, owner, , time, , , , , kind] = tuple(readTerm(piece))
      if (word(kind) !== 'groupchat') return
      const [local, domain] = tuple(owner).map(text)
      const room = `${local}@${domain}`
      const pieces = this.#pieces.get(room) ?? []
      this.#pieces.set(room, pieces)
      pieces.push([timeOf(time), piece])
    } catch {
      this.#damaged += 1
    }
  }
  *found(file: string): Generator<Found> {
    for (const [room, pieces] of this.#pieces) {
      pieces.sort(([a], [b]) => a - b)
      const said = pieces.map(([at, piece]) => this.#sayingOf(room, at, piece)).filter((saying) => saying !== null)
      pieces.length = 0
      if (said.length > 0) yield { kind: 'history', room, said }
    }
    if (this.#damaged > 0) yield { kind: 'left-out', what: `messages of rooms that are damaged: ${this.#damaged}` }
    if (this.#isFull) yield unreadable(file, new Error('the history of the rooms is too large; the rest of it is left out'))
  }

  #sayingOf(room: string, at: Millis, piece: string): PastSaying | null {
    try {
      const [, , , , peer, , packet, nick] = tuple(readTerm(piece))
      const [local, domain] = tuple(peer).map(text)
      return pastSaying({ message: checked(termElement(packet)), at, room, by: `${local}@${domain}`, nick: text(nick), id: null })
    } catch {
      this.#damaged += 1
      return null
    }
  }
}

/** As strictly as XML from the network. @throws Error */
const checked = (element: Element): Element => elementOf(serialise(element, CLIENT), CLIENT)

/** `{MegaSeconds, Seconds, MicroSeconds}` */
function timeOf(term: Term | undefined): Millis {
  const [mega, seconds, micro] = tuple(term).map(Number)
  return Math.round((mega! * 1_000_000 + seconds!) * 1000 + micro! / 1000)
}

/** `{xmlel, Name, Attributes, Children}`. Namespaces are attributes there. @throws Error */
function termElement(term: Term | undefined, ns = CLIENT): Element {
  const [, name, attributes, children] = tuple(term)
  const attrs = Object.fromEntries(list(attributes).map((pair) => tuple(pair).map(text) as [string, string]))
  const { xmlns = ns, ...others } = attrs
  return el(text(name), xmlns, others, ...list(children).map((child) => childOf(child, xmlns)))
}
/** `{xmlcdata, Text}` or an element. */
function childOf(term: Term, ns: string): Element | string {
  const parts = tuple(term)
  return word(parts[0]) === 'xmlcdata' ? text(parts[1]) : termElement(term, ns)
}
