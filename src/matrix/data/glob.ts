/** Texts compared with the patterns of push rules, with an effort that has an end. Pure. */

/** Rules are texts of a user: what looking at one event may cost is limited, whatever they say. */
export class Effort {
  #left: number

  /** @param steps one is about what comparing one character takes */
  constructor(steps: number) {
    this.#left = steps
  }
  /** @returns whether there was enough left */
  spend(steps: number): boolean {
    this.#left -= steps
    return this.#left >= 0
  }
  get isSpent(): boolean {
    return this.#left < 0
  }
}

const PATTERN_MAX = 512
const TEXT_MAX = 4096
/** Characters that are read through in the time of a step. */
const READ_IN_A_STEP = 16

/**
 * With `*` for any characters and `?` for one, in upper or lower case. Longer patterns match nothing, and of longer texts the
 * beginning counts. If the effort ends, it is no match.
 * @param words the pattern may match some words of the text; otherwise it must match all of it
 */
export function isLike(text: string | null, pattern: string, words: boolean, effort: Effort): boolean {
  if (text === null || pattern === '' || pattern.length > PATTERN_MAX) return false
  const [small, glob] = [text.slice(0, TEXT_MAX).toLowerCase(), pattern.toLowerCase()]
  if (!effort.spend((small.length + glob.length) / READ_IN_A_STEP)) return false
  if (!words) return matches(small, glob, effort)
  return /[*?]/.test(glob) ? matches(small, `*${glob}*`, effort) : hasWord(small, glob, effort)
}
function hasWord(text: string, word: string, effort: Effort): boolean {
  for (let at = text.indexOf(word); at >= 0 && effort.spend(word.length); at = text.indexOf(word, at + 1))
    if (!isWord(text[at - 1]) && !isWord(text[at + word.length])) return true
  return false
}
const isWord = (character: string | undefined): boolean => character !== undefined && /[\p{L}\p{N}_]/u.test(character)
/** In a time that does not explode: where two stars stand, only the last one is tried anew. */
function matches(text: string, glob: string, effort: Effort): boolean {
  let [t, g, star, from] = [0, 0, -1, 0]
  while (t < text.length) {
    if (!effort.spend(1)) return false
    if (g < glob.length && glob[g] === '*') {
      star = g++
      from = t
    } else if (g < glob.length && (glob[g] === '?' || glob[g] === text[t])) {
      t++
      g++
    } else if (star >= 0) {
      g = star + 1
      t = ++from
    } else return false
  }
  while (glob[g] === '*') g++
  return g === glob.length
}
