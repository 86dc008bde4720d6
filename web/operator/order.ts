/** The answer to an order, for a section of the page. */
import { useEffect, useState } from 'preact/hooks'
import type { Server } from './server.ts'
import { o } from './words.ts'

const REFRESH_MS = 5000

interface Outcome<T> {
  /** The last readable answer; null if there was none yet. While a changed question waits, the answer to the one before. */
  readonly result: T | null
  /** True if `result` answers the question as it is asked now. */
  readonly isCurrent: boolean
  /** Why the last attempt failed; null if it did not. */
  readonly trouble: string | null
  readonly refresh: () => void
}

/** Repeats the order every few seconds. */
export function useOrder<T>(server: Server, command: string, args: Readonly<Record<string, unknown>> = {}): Outcome<T> {
  const [answered, setAnswered] = useState<{ readonly result: T; readonly key: string } | null>(null)
  const [trouble, setTrouble] = useState<string | null>(null)
  const [asked, again] = useState(0)
  const key = JSON.stringify(args)
  useEffect(() => {
    let left = false
    const ask = async (): Promise<void> => {
      const [answer, why] = await server.order<T>(command, JSON.parse(key) as Record<string, unknown>).then(
        (answer) => [answer, null] as const,
        (error: Error) => [null, error.message] as const,
      )
      if (left) return // an answer to an older question must not replace a newer one
      if (answer !== null) setAnswered({ result: answer, key })
      setTrouble(why)
    }
    void ask()
    const timer = setInterval(() => void ask(), REFRESH_MS)
    return () => {
      left = true
      clearInterval(timer)
    }
  }, [server, command, key, asked])
  const result = answered?.result ?? null
  const older = result !== null && trouble !== null ? o.older(trouble) : trouble
  return { result, isCurrent: answered?.key === key, trouble: older, refresh: () => again((n) => n + 1) }
}
