/**
 * Splits a file of XEP-0227 into pieces, because such a file can be larger than memory. Only the beginning and the end of a
 * user's element are searched here. Its content is checked when it is read.
 */
import { escape, wire, type Wire } from '../xml/wire.ts'
import { PIECE_MAX } from '../xml/whole.ts'

export type Piece =
  | { readonly kind: 'host'; readonly jid: string }
  /** The whole element. */
  | { readonly kind: 'user'; readonly text: Wire }
  /** The same of a room, which only this server writes. */
  | { readonly kind: 'room'; readonly text: Wire }
  /** Another file is to be included here (XInclude). */
  | { readonly kind: 'include'; readonly href: string }
  /** Another element of a host. */
  | { readonly kind: 'other'; readonly name: string }
  /** A user whose element is too large. */
  | { readonly kind: 'too-large'; readonly name: string }

/** The file is not of this kind. */
export class SplitError extends Error {}

const TAG = /<\/?([^\s/>"']+)(?:[^>"']|"[^"]*"|'[^']*')*>/y
const TAG_MAX = 65_536
const LEVELS: readonly (readonly string[])[] = [['server-data'], ['host'], ['user', 'room']]

export class Splitter {
  /** Text that was not scanned yet, or that belongs to the open user. */
  #text = ''
  #at = 0
  /** The names of open elements: server-data, host. */
  readonly #open: string[] = []
  /** The number of open elements in what is skipped or taken as a whole; 0 outside. */
  #depth = 0
  /** Where the open user begins; null if the open element is skipped. */
  #start: number | null = null
  #isOver = false

  /** @throws SplitError if the file is not complete */
  end(): void {
    if (!this.#isOver || this.#open.length > 0 || this.#depth > 0) throw new SplitError('the file ends in the middle')
  }
  /** @param chunk a part of the file, one character for each octet @throws SplitError */
  *push(chunk: string): Generator<Piece> {
    this.#text = this.#text.slice(this.#start ?? this.#at) + chunk
    this.#at -= this.#start ?? this.#at
    if (this.#start !== null) this.#start = 0
    for (let piece = this.#next(); piece !== null; piece = this.#next()) if (piece !== undefined) yield piece
    if (this.#start !== null && this.#text.length > PIECE_MAX) {
      yield { kind: 'too-large', name: attribute(this.#text, 'name') ?? '' }
      this.#start = null
    }
  }

  /** Null if more octets are needed. Undefined if there is nothing to report. */
  #next(): Piece | null | undefined {
    const text = this.#text
    const at = text.indexOf('<', this.#at)
    if (at === -1) {
      this.#at = text.length
      return null
    }
    this.#at = at
    for (const [begin, end] of [
      ['<!--', '-->'],
      ['<![CDATA[', ']]>'],
      ['<?', '?>'],
    ] as const) {
      if (!text.startsWith(begin, at)) continue
      const close = text.indexOf(end, at + begin.length)
      if (close === -1) return this.#more(PIECE_MAX)
      this.#at = close + end.length
      return undefined
    }
    const beginning = text.slice(at, at + '<![CDATA['.length)
    if (beginning === text.slice(at) && ['<!--', '<![CDATA['].some((one) => one.startsWith(beginning))) return null
    if (text.startsWith('<!', at)) throw new SplitError('a document type is not allowed')
    TAG.lastIndex = at
    const tag = TAG.exec(text)
    if (tag === null) return this.#more(TAG_MAX)
    this.#at = TAG.lastIndex
    return this.#tag(tag[0], tag[1]!.replace(/^.*:/, ''))
  }
  /** The token that begins here is not complete. @param max the most octets that it may have */
  #more(max: number): null {
    if (this.#text.length - this.#at > max) throw new SplitError('this is not XML, or something in it is too large')
    return null
  }
  #tag(tag: string, name: string): Piece | undefined {
    const [isEnd, isEmpty] = [tag.startsWith('</'), tag.endsWith('/>')]
    if (this.#depth > 0) {
      this.#depth += isEnd ? -1 : isEmpty ? 0 : 1
      return this.#depth === 0 ? this.#finished() : undefined
    }
    if (isEnd) {
      if (this.#open.pop() !== name) throw new SplitError(`</${name}> ends nothing`)
      this.#isOver = this.#open.length === 0
      return undefined
    }
    return this.#begins(tag, name, isEmpty)
  }
  #begins(tag: string, name: string, isEmpty: boolean): Piece | undefined {
    if (this.#isOver) throw new SplitError('there is something after the end')
    const level = levelOf(name)
    const isExpected = this.#open.length === 0 ? level !== -1 : level === levelOf(this.#open.at(-1)!) + 1
    if (this.#open.length === 0 && !isExpected) throw new SplitError(`a file of XEP-0227 does not begin with <${name}>`)
    if (isExpected && level < LEVELS.length - 1) {
      if (!isEmpty) this.#open.push(name)
      this.#isOver = isEmpty && this.#open.length === 0
      return name === 'host' ? { kind: 'host', jid: attribute(tag, 'jid') ?? '' } : undefined
    }
    const start = this.#at - tag.length
    if (isExpected) this.#start = start
    if (!isEmpty) this.#depth = 1
    if (name === 'include' && !isExpected) return { kind: 'include', href: attribute(tag, 'href') ?? '' }
    if (isEmpty) return isExpected ? this.#finished() : { kind: 'other', name }
    return isExpected ? undefined : { kind: 'other', name }
  }
  #finished(): Piece | undefined {
    const start = this.#start
    this.#start = null
    this.#isOver = this.#open.length === 0
    if (start === null) return undefined
    const text = wire(this.#text.slice(start, this.#at))
    return { kind: ROOM.test(text) ? 'room' : 'user', text }
  }
}

const levelOf = (name: string): number => LEVELS.findIndex((names) => names.includes(name))
const ROOM = /^<(?:[^\s/>:]+:)?room[\s/>]/

/** An attribute of a start tag, with the five entities resolved. */
function attribute(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(tag.slice(0, TAG_MAX))
  const value = found?.[1] ?? found?.[2]
  const plain = value?.replaceAll(/&(lt|gt|amp|quot|apos);/g, (entity) => ENTITIES[entity]!)
  return plain === undefined ? undefined : Buffer.from(plain, 'latin1').toString()
}
const ENTITIES: Readonly<Record<string, string>> = Object.fromEntries(['<', '>', '&', '"', "'"].map((c) => [escape(c), c]))
