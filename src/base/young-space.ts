/**
 * Returns the memory for new objects when the process is idle. V8 enlarges this space during a burst, which makes
 * collecting cheaper. Afterwards the space would keep its size, because a process that allocates little never collects. A
 * few small collections while the process is idle make V8 shrink it. The figures are in decision 4.
 */
import { performance } from 'node:perf_hooks'
import v8 from 'node:v8'
import { runInNewContext } from 'node:vm'
import { every, type Clock, type Millis, type Timer } from './clock.ts'

export interface Heap {
  /** The share of time in which the process was busy since the last call, from 0 to 1. */
  load(): number
  /** Collects new objects. This takes a few milliseconds, whatever the size of the heap. */
  collectNew(): void
  /** Collects and compacts the whole heap, unless the heap is so large that the pause would be noticed. */
  collectAll(): void
}

const CHECK_MS: Millis = 2000
const IDLE_LOAD = 0.05
/** V8 shrinks the space after it has seen little allocation for five seconds. */
const COLLECTIONS = 5
/** The largest heap, in used octets, that is collected as a whole: this takes one or two tenths of a second. */
const ALL_MAX = 100_000_000

/** Watches `heap` until the timer is cancelled. When the process is idle for the first time, it collects everything. */
export function giveBackAtRest(clock: Clock, heap: Heap): Timer {
  let left = COLLECTIONS
  let isNew = true
  const check = (): void => {
    if (heap.load() > IDLE_LOAD) left = COLLECTIONS
    else if (left > 0) {
      left -= 1
      if (isNew) heap.collectAll()
      else heap.collectNew()
      isNew = false
    }
  }
  return every(clock, CHECK_MS, check)
}

/** The heap of this thread. */
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
