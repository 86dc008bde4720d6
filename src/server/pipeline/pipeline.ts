/** A stanza passes stages in an order that is written once (`order.ts`) and frozen at the start. */

export type Verdict = 'next' | 'done'
/** One step of a stanza. 'done' ends its way; a promise makes only its own lane wait. */
export type Stage<C> = (context: C) => Verdict | Promise<Verdict>

/** Runs from stage `i`. Synchronous until a stage has to wait; then the rest follows it. */
export function run<C>(stages: readonly Stage<C>[], context: C, i = 0): Verdict | Promise<Verdict> {
  for (; i < stages.length; i++) {
    const verdict = stages[i]!(context)
    if (verdict === 'next') continue
    if (verdict === 'done') return verdict
    const rest = i + 1
    return verdict.then((v) => (v === 'next' ? run(stages, context, rest) : v))
  }
  return 'next'
}
