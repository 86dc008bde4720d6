/** What `bench/matrix.ts` and the users that it starts say to each other. */
export interface Said {
  /** Log in; meet in one room; wait for news from then on; change presence once, all within `spanMs`; go away; say what was told. */
  readonly do: 'begin' | 'meet' | 'look' | 'change' | 'leave' | 'count'
  readonly spanMs?: number
  /** Of the users. */
  readonly share?: number
}
export interface Told {
  /** Changes of presence of those who went away that were told to any user. */
  readonly updates: number
  /** Of those the ones that say when they were made, and how many milliseconds it took. */
  readonly told: number
  readonly p50: number
  readonly p99: number
  /** Null: it was done. */
  readonly error: string | null
}
/** Does something for all, some at a time. */
export async function attempts<T>(
  all: readonly T[],
  atOnce: number,
  what: (one: T, i: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    for (let i = next++; i < all.length; i = next++) await what(all[i]!, i)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
