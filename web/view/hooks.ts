/** What a view depends on: the board, and the time. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Store } from '../model/store.ts'

export function useStore<T>(store: Store<T>): T {
  const [value, show] = useState(store.value)
  useEffect(() => {
    show(store.value)
    return store.listen(() => show(store.value))
  }, [store])
  return value
}

/** Since when the page hears nothing; null if it is connected. */
export function useLoss(isOnline: boolean): Date | null {
  const lostAt = useRef<Date | null>(null)
  if (isOnline) lostAt.current = null
  else lostAt.current ??= new Date()
  return lostAt.current
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
