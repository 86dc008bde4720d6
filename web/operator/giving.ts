/** Orders that change something, for a section of the page: what went wrong with the last one. */
import { useState } from 'preact/hooks'
import type { Server } from './server.ts'

export interface Giving {
  /** Why the last order failed; null if it did not. */
  readonly failure: string | null
  /** Gives an order. Resolves to its answer, or to null if it failed. */
  readonly give: <T = object>(command: string, args: Readonly<Record<string, unknown>>) => Promise<T | null>
}

/** @param after called when an order was carried out or has failed */
export function useGiving(server: Server, after: () => void = () => {}): Giving {
  const [failure, setFailure] = useState<string | null>(null)
  const give = async <T>(command: string, args: Readonly<Record<string, unknown>>): Promise<T | null> => {
    const outcome = await server.order<T>(command, args).then(
      (value) => ({ value, wrong: null }),
      (error: Error) => ({ value: null, wrong: error.message }),
    )
    setFailure(outcome.wrong)
    after()
    return outcome.value
  }
  return { failure, give }
}
