/** What the board remembers about its part in a room, beside what is shown: how it was joined, and how to join it again. */

export interface JoinWish {
  readonly nick: string
  readonly password: string | null
  /** If the room is new: everybody finds it in the list, and it stays when nobody is in it. */
  readonly isListed: boolean
}
export interface Stake {
  readonly wish: JoinWish
  attempts: number
  timer: ReturnType<typeof setTimeout> | null
  /** 0: never. */
  enteredAt: number
  /** When the room last sent something. */
  heardAt: number
  isAsked: boolean
  /** The next news of a configuration is about our own one. */
  hasConfigured: boolean
}
export const newStake = (wish: JoinWish): Stake => ({
  wish,
  attempts: 0,
  timer: null,
  enteredAt: 0,
  heardAt: Date.now(),
  isAsked: false,
  hasConfigured: false,
})

/** The longest wait between two attempts to join again. */
const AGAIN_MS_MAX = 60_000

/** How long to wait before the next attempt to join again. The first time not at all, then ever longer. Counts the attempt. */
export function waitBefore(stake: Pick<Stake, 'attempts' | 'enteredAt'>, now: number): number {
  const wasCalm = stake.enteredAt > 0 && now - stake.enteredAt > AGAIN_MS_MAX
  const attempts = wasCalm ? 0 : stake.attempts
  stake.attempts = attempts + 1
  return attempts === 0 ? 0 : Math.min(1000 * 2 ** attempts, AGAIN_MS_MAX)
}

/** XEP-0410 3.2: answers to a ping after which we are still in the room, or nobody knows. */
const STILL_IN: ReadonlySet<string> = new Set([
  ...['service-unavailable', 'feature-not-implemented', 'item-not-found'],
  ...['remote-server-not-found', 'remote-server-timeout', 'timeout', 'undefined-condition'],
])
/** Of an error. A busy room has not put anybody out. */
export const isOut = (condition: string, type: string | null): boolean => type !== 'wait' && !STILL_IN.has(condition)

/** XEP-0410 3.2: after so long a silence a room is asked. */
const SILENCE_MS = 15 * 60_000
export const isSilent = ({ heardAt }: Pick<Stake, 'heardAt'>, now: number): boolean => now - heardAt > SILENCE_MS
