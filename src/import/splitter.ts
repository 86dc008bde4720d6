/**
 * A file of XEP-0227 in pieces: such a file may be larger than memory. Only where a user's element begins and ends is looked
 * for here; what is in it is checked when it is read.
 */
import { escape, wire, type Wire } from '../xml/wire.ts'
import { PIECE_MAX } from './xml.ts'

export type Piece =
  | { readonly kind: 'host'; readonly jid: string }
  /** All of the element. */
  | { readonly kind: 'user'; readonly text: Wire }
  /** Another file belongs here (XInclude). */
  | { readonly kind: 'include'; readonly href: string }
  /** Something else of a host. */
  | { readonly kind: 'other'; readonly name: string }
  /** A user of whom there is too much. */
  | { readonly kind: 'too-large'; readonly name: string }

/** It is not such a file. */
export class SplitError extends Error {}

const TAG = /<\/?([^\s/>"']+)(?:[^>"']|"[^"]*"|'[^']*')*>/y
const TAG_MAX = 65_536
const LEVELS: readonly string[] = ['server-data', 'host', 'user']

export class Splitter {
  /** What has not been looked at, or belongs to the user that is open. */
  #text = ''
  #at = 0
  /** Names of what is open: server-data, host. */
  readonly #open: string[] = []
  /** Elements open in what is skipped or taken as a whole; 0: none. */
  #depth = 0
  /** Where the user that is open begins; null: what is open is skipped. */
  #start: number | null = null
  #isOver = false

  /** @throws SplitError when something is missing */
  end(): void {
    if (!this.#isOver || this.#open.length > 0 || this.#depth > 0) throw new SplitError('the file ends in the middle')
  }
  /** @param chunk of the file, one character for each octet. @throws SplitError */
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

  /** Null: more must come first. Undefined: nothing to tell. */
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
    if (text.startsWith('<!', at)) throw new SplitError('a document type is not taken')
    TAG.lastIndex = at
    const tag = TAG.exec(text)
    if (tag === null) return this.#more(TAG_MAX)
    this.#at = TAG.lastIndex
    return this.#tag(tag[0], tag[1]!.replace(/^.*:/, ''))
  }
  /** What begins here is not complete. @param max octets that it may have */
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
    if (this.#isOver) throw new SplitError('something stands behind the end')
    const level = LEVELS.indexOf(name)
    const isExpected = this.#open.length === 0 ? level !== -1 : level === LEVELS.indexOf(this.#open.at(-1)!) + 1
    if (this.#open.length === 0 && !isExpected) throw new SplitError(`a file of XEP-0227 does not begin with <${name}>`)
    if (isExpected && name !== 'user') {
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
    return start === null ? undefined : { kind: 'user', text: wire(this.#text.slice(start, this.#at)) }
  }
}

/** Of a start tag; as it stands, but for the five entities. */
function attribute(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(tag.slice(0, TAG_MAX))
  const value = found?.[1] ?? found?.[2]
  const plain = value?.replaceAll(/&(lt|gt|amp|quot|apos);/g, (entity) => ENTITIES[entity]!)
  return plain === undefined ? undefined : Buffer.from(plain, 'latin1').toString()
}
const ENTITIES: Readonly<Record<string, string>> = Object.fromEntries(['<', '>', '&', '"', "'"].map((c) => [escape(c), c]))
