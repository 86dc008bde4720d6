/** Spans of time, for people. */

/** The span in its two largest units. */
export function span(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const
  const first = parts.findIndex(([n]) => n > 0)
  return first === -1
    ? '0 s'
    : parts
        .slice(first, first + 2)
        .map(([n, unit]) => `${n} ${unit}`)
        .join(' ')
}
