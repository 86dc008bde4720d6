/**
 * The terms of Erlang in which ejabberd dumps its tables: atoms, numbers, texts, binaries, tuples and lists. They are read as data;
 * what else Erlang has (functions, processes, maps) is not understood.
 */

/** A text or a binary is its octets. */
export type Term = number | Buffer | Atom | Tuple | readonly Term[]
export class Atom {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}
export class Tuple {
  readonly items: readonly Term[]
  constructor(items: readonly Term[]) {
    this.items = items
  }
}

/** The text is no term, or uses other parts of Erlang. */
export class ErlangError extends Error {}

const DEPTH_MAX = 50
const SPACE = /(?:\s|%[^\n]*)*/y
const NUMBER = /-?\d+(?:\.\d+(?:[eE][-+]?\d+)?)?/y
const BARE = /[a-z][\w@]*/y
const PLAIN = { '"': /[^"\\]+/y, "'": /[^'\\]+/y } as const
const ESCAPED: Readonly<Record<string, string>> = {
  b: '\b',
  d: '\x7F',
  e: '\x1B',
  f: '\f',
  n: '\n',
  r: '\r',
  s: ' ',
  t: '\t',
  v: '\v',
}

/** @param text one character for each octet; behind the term may stand a full stop @throws ErlangError */
export function readTerm(text: string): Term {
  const reader = new Reader(text)
  const term = reader.term(0)
  reader.end()
  return term
}

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }
  end(): void {
    this.#skip('.')
    if (this.#at < this.#text.length) this.#fail('the end')
  }
  term(depth: number): Term {
    if (depth > DEPTH_MAX) this.#fail('less inside one another')
    if (this.#skip('<<')) return this.#binary()
    if (this.#skip('{')) return new Tuple(this.#list('}', depth))
    if (this.#skip('[')) return this.#list(']', depth)
    if (this.#text[this.#at] === '"') return this.#texts()
    if (this.#text[this.#at] === "'") return new Atom(this.#quoted("'"))
    const number = this.#match(NUMBER)
    if (number !== null) return Number(number)
    const name = this.#match(BARE)
    return name === null ? this.#fail('a term') : new Atom(name)
  }
  #list(close: string, depth: number): readonly Term[] {
    const items: Term[] = []
    if (this.#skip(close)) return items
    do items.push(this.term(depth + 1))
    while (this.#skip(','))
    if (!this.#skip(close)) this.#fail(close)
    return items
  }
  /** Octets as numbers or as texts, one after the other. */
  #binary(): Buffer {
    const parts: Buffer[] = []
    if (this.#skip('>>')) return Buffer.alloc(0)
    do {
      if (this.#text[this.#at] === '"') parts.push(this.#texts())
      else parts.push(Buffer.of(this.#octet()))
      if (this.#skip('/') && this.#match(BARE) !== 'utf8') this.#fail('utf8')
    } while (this.#skip(','))
    if (!this.#skip('>>')) this.#fail('>>')
    return Buffer.concat(parts)
  }
  #octet(): number {
    const octet = Number(this.#match(/\d{1,3}(?!\d)/y) ?? this.#fail('an octet'))
    return octet <= 255 ? octet : this.#fail('an octet')
  }
  /** Texts that follow one another are one: long ones are written in lines. */
  #texts(): Buffer {
    let text = ''
    while (this.#text[this.#at] === '"') {
      text += this.#quoted('"')
      this.#space()
    }
    return Buffer.from(text, 'latin1')
  }
  #quoted(quote: '"' | "'"): string {
    let text = ''
    this.#at += 1
    for (;;) {
      text += this.#match(PLAIN[quote]) ?? ''
      const sign = this.#text[this.#at++]
      if (sign === undefined) this.#fail(quote)
      if (sign === quote) return text
      text += this.#escaped()
    }
  }
  #escaped(): string {
    const octal = this.#match(/[0-7]{1,3}/y)
    if (octal !== null) return String.fromCharCode(parseInt(octal, 8))
    const hex = this.#match(/x\{[\dA-Fa-f]{1,6}\}/y)
    if (hex !== null) return Buffer.from(String.fromCodePoint(parseInt(hex.slice(2, -1), 16))).toString('latin1')
    const letter = this.#text[this.#at++] ?? this.#fail('a letter')
    return ESCAPED[letter] ?? letter
  }
  /** Passes over that sign and the space around it, if it stands here. */
  #skip(sign: string): boolean {
    this.#space()
    if (!this.#text.startsWith(sign, this.#at)) return false
    this.#at += sign.length
    this.#space()
    return true
  }
  #space(): void {
    this.#match(SPACE)
  }
  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? null
    if (found !== null) this.#at += found.length
    return found
  }
  #fail(wanted: string): never {
    throw new ErlangError(
      `octet ${this.#at + 1}: ${wanted} is expected, not ${JSON.stringify(this.#text.slice(this.#at, this.#at + 12))}`,
    )
  }
}
