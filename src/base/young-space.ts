/**
 * Memory for new objects, given back at rest. V8 makes that space larger in a burst, which spares most of the cost of
 * collecting; afterwards it would stay so large, since a process that allocates little collects nothing. A few small
 * collections when rest has come make V8 give it back. The figures are in decision 4.
 */
import { performance } from 'node:perf_hooks'
import v8 from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock, Millis, Timer } from './clock.ts'

export interface Heap {
  /** The share of the time since it was last asked in which the process has worked, from 0 to 1. */
  load(): number
  /** Collects new objects; some milliseconds at most, however much the process holds. */
  collectNew(): void
  /** Collects everything, and lays together what is left, unless the process holds so much that it would be felt. */
  collectAll(): void
}

const LOOK_MS: Millis = 2000
const REST = 0.05
/** V8 shrinks the space when it has seen for five seconds that little is allocated. */
const COLLECTIONS = 5
/** Used octets of a heap that is collected as a whole: a tenth of a second, or two. */
const ALL_MAX = 100_000_000

/** Looks after `heap` until the timer is cancelled. Its first rest is that after the start, which leaves much behind. */
export function giveBackAtRest(clock: Clock, heap: Heap): Timer {
  let left = COLLECTIONS
  let isNew = true
  const look = (): void => {
    timer = clock.after(LOOK_MS, look)
    if (heap.load() > REST) left = COLLECTIONS
    else if (left > 0) {
      left -= 1
      if (isNew) heap.collectAll()
      else heap.collectNew()
      isNew = false
    }
  }
  let timer = clock.after(LOOK_MS, look)
  return { cancel: () => timer.cancel() }
}

/** That of this thread. */
export function heapOfThread(): Heap {
  v8.setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: { readonly type: string; readonly flavor?: string }) => void
  let before = performance.eventLoopUtilization()
  return {
    load() {
      const now = performance.eventLoopUtilization()
      const { utilization } = performance.eventLoopUtilization(now, before)
      before = now
      return utilization
    },
    collectNew: () => collect({ type: 'minor' }),
    collectAll() {
      if (v8.getHeapStatistics().used_heap_size < ALL_MAX) collect({ type: 'major', flavor: 'last-resort' })
    },
  }
}
