/**
 * The part of Lua in which Prosody writes its data: `return` and one table, or a call of `item` with a table for each
 * line. Nothing is executed, and nothing else is understood: no expressions, no names, no functions.
 */

export type LuaTable = ReadonlyMap<string | number | boolean, LuaValue>
export type LuaValue = string | number | boolean | null | LuaTable

/** The text uses other parts of Lua. */
export class LuaError extends Error {}

const DEPTH_MAX = 100
const SPACE = /[ \t\r\n]*/y
const NAME = /[A-Za-z_]\w*/y
const NUMBER = /-?(?:0[xX][\dA-Fa-f]+|\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)/y
const PLAIN = { '"': /[^"\\\r\n]+/y, "'": /[^'\\\r\n]+/y } as const
const ESCAPED: Readonly<Record<string, string>> = {
  'a': '\x07',
  'b': '\b',
  'f': '\f',
  'n': '\n',
  'r': '\r',
  't': '\t',
  'v': '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
  '\n': '\n',
}
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const isTable = (value: LuaValue | undefined): value is LuaTable => value instanceof Map

/** The table that a file returns. @throws LuaError */
export function readReturned(octets: Buffer): LuaTable {
  const reader = new Reader(octets)
  reader.keyword('return')
  const value = reader.value(0)
  reader.skip(';')
  reader.end()
  return isTable(value) ? value : reader.fail('a table')
}

/** The arguments of the `item` calls, one after the other. @throws LuaError */
export function* readItems(octets: Buffer): Generator<LuaTable> {
  const reader = new Reader(octets)
  while (!reader.isAtEnd) {
    reader.keyword('item')
    reader.sign('(')
    const value = reader.value(0)
    reader.sign(')')
    reader.skip(';')
    yield isTable(value) ? value : reader.fail('a table')
  }
}

class Reader {
  /** One character for each octet. */
  readonly #text: string
  #at = 0

  constructor(octets: Buffer) {
    this.#text = octets.toString('latin1')
    this.#match(SPACE)
  }
  get isAtEnd(): boolean {
    return this.#at === this.#text.length
  }
  fail(wanted: string): never {
    const line = this.#text.slice(0, this.#at).split('\n').length
    throw new LuaError(`line ${line}: expected ${wanted}`)
  }
  end(): void {
    if (!this.isAtEnd) this.fail('the end')
  }
  keyword(word: string): void {
    if (this.#match(NAME) !== word) this.fail(`"${word}"`)
    this.#match(SPACE)
  }
  sign(sign: string): void {
    if (!this.skip(sign)) this.fail(`"${sign}"`)
  }
  skip(sign: string): boolean {
    if (this.#text[this.#at] !== sign) return false
    this.#at += 1
    this.#match(SPACE)
    return true
  }

  value(depth: number): LuaValue {
    const c = this.#text[this.#at] ?? ''
    if (c === '{') return this.#table(depth + 1)
    const value = c === '"' || c === "'" ? this.#string(c) : /[-.\d]/.test(c) ? this.#number() : this.#word()
    this.#match(SPACE)
    return value
  }
  #table(depth: number): LuaTable {
    if (depth > DEPTH_MAX) this.fail('fewer nested tables')
    this.sign('{')
    const table = new Map<string | number | boolean, LuaValue>()
    let next = 1
    while (!this.skip('}')) {
      const [key, value] = this.#field(depth, next)
      if (key === next) next += 1
      if (value !== null) table.set(key, value)
      if (!this.skip(';') && !this.skip(',') && this.#text[this.#at] !== '}') this.fail('";" or "}"')
    }
    return table
  }
  /** @param next the key of a field that names none */
  #field(depth: number, next: number): readonly [string | number | boolean, LuaValue] {
    if (this.skip('[')) {
      const key = this.value(depth)
      if (key === null || isTable(key)) this.fail('a key')
      this.sign(']')
      this.sign('=')
      return [key, this.value(depth)]
    }
    const before = this.#at
    const name = this.#match(NAME)
    this.#match(SPACE)
    if (name !== null && this.skip('=')) return [name, this.value(depth)]
    this.#at = before
    return [next, this.value(depth)]
  }
  #word(): boolean | null {
    switch (this.#match(NAME)) {
      case 'true':
        return true
      case 'false':
        return false
      case 'nil':
        return null
      default:
        return this.fail('a value')
    }
  }
  #number(): number {
    const text = this.#match(NUMBER) ?? this.fail('a number')
    return text.startsWith('-') ? -Number(text.slice(1)) : Number(text)
  }
  #string(quote: '"' | "'"): string {
    this.#at += 1
    let octets = ''
    for (;;) {
      octets += this.#match(PLAIN[quote]) ?? ''
      const c = this.#text[this.#at]
      if (c === quote) break
      if (c !== '\\') this.fail('the end of a text')
      this.#at += 1
      octets += this.#escape()
    }
    this.#at += 1
    try {
      return UTF8.decode(Buffer.from(octets, 'latin1'))
    } catch {
      return this.fail('a text in UTF-8')
    }
  }
  #escape(): string {
    const octet = this.#match(/\d{1,3}/y)
    if (octet !== null) return Number(octet) < 256 ? String.fromCharCode(Number(octet)) : this.fail('an octet')
    const hex = this.#match(/x[\dA-Fa-f]{2}/y)
    if (hex !== null) return String.fromCharCode(Number.parseInt(hex.slice(1), 16))
    if (this.#match(/z\s*/y) !== null) return ''
    const c = ESCAPED[this.#text[this.#at] ?? ''] ?? this.fail('an escape')
    this.#at += 1
    return c
  }
  /** Null if the text does not match here. */
  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found === null) return null
    this.#at = pattern.lastIndex
    return found[0]
  }
}
