/** The axis of a chart: round numbers that people can read, and times before now. */

/**
 * Round numbers from zero to one that no value exceeds, at most five; the last is the top of the axis.
 * @param areWhole what is counted has no halves
 */
export function ticksUpTo(most: number, areWhole = false): readonly number[] {
  const step = roundStep(Math.max(most, areWhole ? 1 : 1e-9) / 4, areWhole)
  const count = Math.max(1, Math.ceil(most / step - 1e-9))
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)))
}
/** The smallest of 1, 2, 2.5, 5 and their tens that is not less. */
function roundStep(least: number, isWhole: boolean): number {
  const ten = 10 ** Math.floor(Math.log10(least))
  const steps = [1, 2, 2.5, 5, 10].map((n) => n * ten)
  return steps.find((step) => step >= least * (1 - 1e-9) && (!isWhole || Number.isInteger(step)))!
}

const STEPS_MINUTES = [1, 2, 5, 10, 15, 20, 30, 60]
/** Minutes before now, the oldest first, at most five, without now. @param spanMs what the chart shows */
export function minutesBack(spanMs: number): readonly number[] {
  const span = Math.floor(spanMs / 60_000)
  const step = STEPS_MINUTES.find((minutes) => span / minutes <= 5) ?? 60
  return Array.from({ length: Math.floor(span / step) }, (_, i) => (i + 1) * step).toReversed()
}
