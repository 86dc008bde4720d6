/** "Did you mean ...?": the most similar known name, by the number of letters to change. */

/** Levenshtein distance. */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}

/** The known name that was probably meant; null if none is similar enough. Case, '_' and '-' make no difference. */
export function nearest(name: string, known: readonly string[]): string | null {
  const plain = (s: string): string => s.toLowerCase().replaceAll('_', '-')
  let best: string | null = null
  let least = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    const d = distance(plain(name), plain(candidate))
    if (d < least) [best, least] = [candidate, d]
  }
  return best
}

/** What to do about an unknown name. */
export function remedyFor(name: string, known: readonly string[]): string {
  const meant = nearest(name, known)
  return meant === null ? `Known are: ${known.join(', ')}.` : `Did you mean ${meant}?`
}
