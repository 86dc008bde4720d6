/** What two builds, measured in turn, say about each other. */

export interface Ratio {
  readonly median: number
  /** The middle half of all rounds lies between these two. */
  readonly low: number
  readonly high: number
}

/** @param pairs one of each round: [of the build under test, of the one that it is compared with] */
export function ratioOf(pairs: readonly (readonly [number, number])[]): Ratio {
  const ratios = pairs.map(([now, before]) => now / before).toSorted((a, b) => a - b)
  const at = (share: number): number => ratios[Math.round((ratios.length - 1) * share)]!
  return { median: at(0.5), low: at(0.25), high: at(0.75) }
}

const percent = (x: number): string => `${x >= 1 ? '+' : '-'}${(Math.abs(x - 1) * 100).toFixed(1)} %`

/** In words; a difference whose middle half reaches over 1 may be chance. */
export function inWords({ median, low, high }: Ratio): string {
  const verdict = low <= 1 && high >= 1 ? 'inside the noise' : median > 1 ? 'SLOWER' : 'faster'
  return `${median.toFixed(3)} (${percent(low)} to ${percent(high)}): ${verdict}`
}
