/**
 * Reactions in the log (MXR-68): each entry has the set of one person before and after. Here it is found which event of which entry
 * a reaction is, and which one has taken it back. Pure.
 */
import { BoundedMap } from '../../base/bounded-map.ts'
import type { EntryId } from '../../rooms/machine/drafts.ts'
import type { Entry } from '../../rooms/log.ts'
import { ABOUT_MAX } from '../../server/archive.ts'
import { eventIdOf } from '../ids/event-id.ts'

type React = Extract<Entry, { kind: 'react' }>
/** What of an entry must be known. */
type Step = Pick<React, 'id' | 'seq' | 'by' | 'veiled' | 'at' | 'added' | 'removed'>

/** Messages of a room whose reactions are in memory. */
const TARGETS_MAX = 100

/** Where an event of an entry stands: first what was added, then what was taken back. */
export const partOfAdded = ({ added }: Pick<React, 'added'>, key: string): number => added.indexOf(key)
export const partOfRemoved = ({ added, removed }: Pick<React, 'added' | 'removed'>, key: string): number =>
  added.length + removed.indexOf(key)

export class Reactions {
  /** By the entry that they are about, in their order: the newest ones. */
  readonly #known = new BoundedMap<EntryId, Step[]>(TARGETS_MAX)

  has(target: EntryId): boolean {
    return this.#known.has(target)
  }
  /** @param entries what the log has about it */
  fill(target: EntryId, entries: readonly Entry[]): void {
    this.#known.set(
      target,
      entries.flatMap((entry) => (entry.kind === 'react' ? [slim(entry)] : [])),
    )
  }
  logged(entry: Entry): void {
    const steps = entry.kind === 'react' ? this.#known.get(entry.target) : undefined
    if (entry.kind !== 'react' || steps === undefined) return
    if (steps.push(slim(entry)) > ABOUT_MAX) steps.shift()
  }
  /** The event that a reaction was, which this entry takes back; null: unknown. */
  before({ target, by, seq }: Pick<React, 'target' | 'by' | 'seq'>, key: string): string | null {
    const own = this.#of(target, by).findLast((step) => step.seq < seq && step.added.includes(key))
    return own === undefined ? null : eventIdOf(own.id, partOfAdded(own, key))
  }
  /** What has taken back a reaction of this entry; null: it stands. */
  after({ target, by, seq }: Pick<React, 'target' | 'by' | 'seq'>, key: string): (Step & { readonly event: string }) | null {
    const later = this.#of(target, by).find((step) => step.seq > seq && step.removed.includes(key))
    return later === undefined ? null : { ...later, event: eventIdOf(later.id, partOfRemoved(later, key)) }
  }
  #of(target: EntryId, by: string | null): readonly Step[] {
    return (this.#known.get(target) ?? []).filter((step) => step.by === by)
  }
}
const slim = ({ id, seq, by, veiled, at, added, removed }: React): Step => ({ id, seq, by, veiled, at, added, removed })
