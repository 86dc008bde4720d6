/**
 * Who is subscribed to whom, by the tables of RFC 6121 appendix A, as long as one step is done after the other and gets
 * through at once. What crosses a broken link may end either way, where steps of both users cross each other: a refusal
 * looks like the answer to whatever was asked last (A.3.2, A.3.4). Of the steps of one user alone, however many, both sides have
 * to come to the same. When a link is lost or has only just come back, that may be either: of what waits, only the last word
 * is said, and a subscription that was ended and asked for again may never have ended.
 */
import type { Roster } from '../../src/im/account.ts'

type Way = 'none' | 'asked' | 'sees'
export type RosterView = Pick<Roster, 'isSubscriber' | 'isSubscribedTo'>
export type SubscriptionStep = 'subscribe' | 'subscribed' | 'unsubscribe' | 'unsubscribed' | 'remove'

export class Subscriptions {
  /** By watcher and contact. */
  readonly #ways = new Map<string, Way>()
  /** By two users: whose steps may be under way. */
  readonly #underWay = new Map<string, string>()
  /** Two of whom a step did not get through at once. */
  readonly #unsure = new Set<string>()
  /** Two whose steps may have crossed, or who have granted what nobody had asked for (3.4). */
  readonly #open = new Set<string>()

  befriend(one: string, other: string): void {
    this.#ways.set(key(one, other), 'sees')
    this.#ways.set(key(other, one), 'sees')
  }
  /** @param isSafe it gets through at once */
  step(what: SubscriptionStep, user: string, other: string, isSafe: boolean): void {
    const pair = pairOf(user, other)
    const before = this.#underWay.get(pair)
    if (before !== undefined && before !== user) this.#open.add(pair)
    if (isSafe) return this.#take(what, user, other)
    this.#underWay.set(pair, user)
    this.#unsure.add(pair)
    this.#take(what, user, other)
  }
  /** Nothing that the two have said is under way any more. */
  gotThrough(user: string, other: string): void {
    this.#underWay.delete(pairOf(user, other))
  }
  #take(what: SubscriptionStep, user: string, other: string): void {
    const pair = pairOf(user, other)
    const [mine, theirs] = [key(user, other), key(other, user)]
    switch (what) {
      case 'subscribe':
        if (this.#way(mine) !== 'sees') this.#ways.set(mine, 'asked')
        return
      case 'subscribed':
        if (this.#way(theirs) === 'none') this.#open.add(pair)
        else this.#ways.set(theirs, 'sees')
        return
      case 'unsubscribe':
        return void this.#ways.set(mine, 'none')
      case 'unsubscribed':
        return void this.#ways.set(theirs, 'none')
      case 'remove': {
        // A contact of whom there is nothing but a request is not in the roster (3.1.3)
        if (this.#way(mine) === 'none' && this.#way(theirs) !== 'sees') return
        this.#ways.set(mine, 'none')
        this.#ways.set(theirs, 'none')
      }
    }
  }
  /** What is wrong with the rosters of these two when everything has got through; null: nothing. */
  fault(watcher: string, contact: string, watchers: RosterView, contacts: RosterView): string | null {
    const pair = pairOf(watcher, contact)
    if (this.#open.has(pair)) return null
    const [one, other] = [watchers.isSubscribedTo(contact), contacts.isSubscriber(watcher)]
    if (one !== other) return `is ${one ? '' : 'not '}subscribed to, and ${other ? '' : 'does not '}think so`
    const isRight = this.#unsure.has(pair) || one === (this.#way(key(watcher, contact)) === 'sees')
    return isRight ? null : `is ${one ? '' : 'not '}subscribed to, against RFC 6121`
  }

  #way(key: string): Way {
    return this.#ways.get(key) ?? 'none'
  }
}

const key = (watcher: string, contact: string): string => `${watcher} ${contact}`
const pairOf = (one: string, other: string): string => [one, other].toSorted().join(' ')
