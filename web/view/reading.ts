/** What a room is asked for when somebody opens a part of its page. */
import { useState } from 'preact/hooks'
import { sentence } from '../model/words.ts'
import { whyNot } from '../session/stanzas.ts'
import { w } from '../words/index.ts'

interface Reading<T> {
  /** Null: it is being read, or could not be read. */
  readonly value: T | null
  readonly trouble: string | null
}
/** What is read when somebody opens it, and again after each change. */
export function useReading<T>(read: () => Promise<T>) {
  const [reading, show] = useState<Reading<T>>({ value: null, trouble: null })
  const again = async (): Promise<void> => {
    show({ value: null, trouble: null })
    await read().then(
      (value) => show({ value, trouble: null }),
      (error: unknown) => show({ value: null, trouble: sentence(w.notes.refuses(whyNot(error))) }),
    )
  }
  const opened = ({ currentTarget }: { readonly currentTarget: HTMLDetailsElement }): void => {
    if (currentTarget.open) void again()
  }
  const fail = (trouble: string): void => show((now) => ({ ...now, trouble }))
  return { ...reading, again, opened, fail }
}
