/**
 * How much of an archive strangers use at most. Far from the limit that is enough to know that a message has room, and nothing has to
 * be added up for it.
 */
import { BoundedMap } from '../../base/bounded-map.ts'

/** The most archives of which it is remembered. */
const REMEMBERED_MAX = 20_000

export interface Amount {
  readonly messages: number
  readonly octets: number
}
/** Never less than what the database has. */
interface Use {
  /** What was there is read. */
  isComplete: boolean
  messages: number
  octets: number
}

export class StrangersUse {
  readonly #max: Amount
  readonly #read: (owner: string) => Promise<Amount>
  readonly #uses = new BoundedMap<string, Use>(REMEMBERED_MAX)

  /** @param read what counts at present */
  constructor(max: Amount, read: (owner: string) => Promise<Amount>) {
    this.#max = max
    this.#read = read
  }
  /**
   * A message is about to be stored. Has it room for sure, whoever all the others are from? False if that is not known, or not so.
   * What the sender has counts twice (strangers.ts), so everything does here.
   */
  takes(owner: string, octets: number): boolean {
    const use = this.#uses.get(owner) ?? this.#begin(owner)
    const fits = use.isComplete && 2 * use.messages < this.#max.messages && 2 * use.octets + octets <= this.#max.octets
    use.messages += 1
    use.octets += octets
    return fits
  }
  /** Something counts no more: it is read again. */
  forget(owner: string): void {
    this.#uses.delete(owner)
  }

  /** What is stored while the database is asked may count twice. */
  #begin(owner: string): Use {
    const use: Use = { isComplete: false, messages: 0, octets: 0 }
    this.#uses.set(owner, use)
    this.#read(owner).then(
      ({ messages, octets }) => {
        use.messages += messages
        use.octets += octets
        use.isComplete = true
      },
      () => this.#uses.get(owner) === use && this.forget(owner),
    )
    return use
  }
}
