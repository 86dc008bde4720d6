/**
 * XEP-0431: the messages of an archive whose text has all the words that somebody looks for. There is no index: the archive is looked
 * through from the end that was asked for, in pieces, so that other queries have their turn.
 */
import { pagesFrom, type ArchiveEnd, type ArchivePage, type ArchiveRange } from '../../server/archive.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { ArchiveAsk } from './ask.ts'
import { findPage, PageBuilder, type Filtered, type Found, type Placed } from './paging.ts'

/** Messages that are looked at in one go. */
const PIECE = 200
const WORDS_MAX = 10

/** As people type: without accents and capitals. */
const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
/** @throws StanzaError bad-request: there are too many */
export function wordsIn(text: string): readonly string[] {
  const words = [...new Set(plain(text).split(/\s+/))].filter((word) => word !== '')
  if (words.length > WORDS_MAX) throw new StanzaError('bad-request', { text: `No more than ${WORDS_MAX} words` })
  return words
}

/**
 * The page of an archive that somebody asks for, of the messages that have the words, if they name any.
 * @throws StanzaError item-not-found: as without words; bad-request: too many words; resource-constraint: nothing was found as far as
 * was looked
 */
export async function searchPage<E extends Placed>(
  archive: Filtered<E>,
  ask: ArchiveAsk,
  { messagesMax, textOf }: Pick<SearchParts<E>, 'messagesMax' | 'textOf'>,
): Promise<Found<E>> {
  if (ask.fullText === null) return findPage(archive, ask)
  const search = new WordSearch({ archive, words: wordsIn(ask.fullText), messagesMax, textOf })
  const found = await findPage(search, ask)
  if (!search.isCut) return found
  if (found.entries.length === 0)
    throw new StanzaError('resource-constraint', {
      text: `Nothing in the ${messagesMax} messages that one search looks through. Name a time to begin at`,
    })
  return { ...found, isComplete: false }
}

export interface SearchParts<E extends Placed> {
  readonly archive: Filtered<E>
  readonly words: readonly string[]
  /** How many messages one search looks through. */
  readonly messagesMax: number
  /** The text of a message; '' if it has none. */
  readonly textOf: (entry: E) => string
}

/** One search. */
export class WordSearch<E extends Placed> implements Filtered<E> {
  readonly #parts: SearchParts<E>
  #left: number
  /** There is more that was not looked through. */
  isCut = false

  constructor(parts: SearchParts<E>) {
    this.#parts = parts
    this.#left = parts.messagesMax
  }
  async page(range: ArchiveRange, limit: number, end: ArchiveEnd): Promise<ArchivePage<E>> {
    const found = new PageBuilder<E>(this, limit, end)
    for await (const piece of pagesFrom((part) => this.#piece(part, end), end, range))
      if (!found.take(piece.filter((entry) => this.#matches(entry)))) return { entries: found.entries, isAll: false }
    return { entries: found.entries, isAll: true }
  }
  async count(range: ArchiveRange, max: number): Promise<number> {
    let n = 0
    for await (const piece of pagesFrom((part) => this.#piece(part, 'last'), 'last', range))
      if ((n += piece.filter((entry) => this.#matches(entry)).length) >= max) return max
    return n
  }
  byId(id: string): Promise<E | null> {
    return this.#parts.archive.byId(id)
  }
  sizeOf(entry: E): number {
    return this.#parts.archive.sizeOf(entry)
  }

  async #piece(range: ArchiveRange, end: ArchiveEnd): Promise<ArchivePage<E>> {
    const { entries, isAll } = await this.#parts.archive.page(range, PIECE, end)
    this.#left -= entries.length
    this.isCut = this.#left <= 0 && !isAll
    return { entries, isAll: isAll || this.isCut }
  }
  #matches(entry: E): boolean {
    const text = plain(this.#parts.textOf(entry))
    return this.#parts.words.every((word) => text.includes(word))
  }
}
