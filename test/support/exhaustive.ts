/** Visits every state that a small model can reach, in the order of distance, and says how the first bad one was reached. */

/** Takes a step: what happens, the state after it, and what is wrong with it, or null. */
export type Visit = (what: object | string, to: number, wrong: string | null) => void

export interface Explored {
  readonly states: number
  /** The steps to the first bad one, then what is wrong there; null if none is bad. */
  readonly found: readonly string[] | null
}

/** @param from a state, as a whole number that says all of it */
export function explore(from: number, steps: (state: number, visit: Visit) => void): Explored {
  const parents = new Map<number, readonly [parent: number, what: object | string]>([[from, [from, 'start']]])
  const found: (readonly string[])[] = []
  const queue = [from]
  for (let at = 0; at < queue.length && found.length === 0; at++) {
    const state = queue[at]!
    steps(state, (what, to, wrong) => {
      if (wrong !== null) found.push([...wayTo(parents, from, state), textOf(what), wrong])
      if (parents.has(to)) return
      parents.set(to, [state, what])
      queue.push(to)
    })
  }
  return { states: parents.size, found: found[0] ?? null }
}

const textOf = (what: object | string): string => (typeof what === 'string' ? what : JSON.stringify(what))
function wayTo(parents: ReadonlyMap<number, readonly [number, object | string]>, from: number, state: number): readonly string[] {
  const way: string[] = []
  for (let at = state; at !== from;) {
    const [parent, what] = parents.get(at)!
    way.unshift(textOf(what))
    at = parent
  }
  return way
}
