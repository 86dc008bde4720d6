/** What a view depends on: the board, and the time. */
import { useEffect, useState } from 'preact/hooks'
import type { Store } from '../model/store.ts'

export function useStore<T>(store: Store<T>): T {
  const [value, show] = useState(store.value)
  useEffect(() => {
    show(store.value)
    return store.listen(() => show(store.value))
  }, [store])
  return value
}

const TICK_MS = 10_000

/** The current time, updated often enough for "a minute ago". */
export function useNow(): Date {
  const [, show] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => show(Date.now()), TICK_MS)
    return () => clearInterval(timer)
  }, [])
  return new Date()
}
