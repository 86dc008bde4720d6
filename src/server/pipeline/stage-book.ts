/**
 * The stages of one pipeline: installed under the names of `order.ts`, frozen at the start. A stage can be for some kinds of
 * stanza only, and for some sessions or accounts only: whatever it is not for does not call it. So a feature that is not used
 * costs nothing.
 */
import type { Kind } from '../../xmpp/packet.ts'
import type { Stage } from './pipeline.ts'

/** A session or an account, whose stanzas pass stages. */
export interface Passing {
  /** The stages that are not for everybody and are for this one: a bit each. */
  optionalStages: number
}

/** What a stage is for. */
export interface Scope<P> {
  /** Only these kinds of stanza; all if it is left out. */
  readonly kinds?: readonly Kind[]
  /** Only those for which this is true; all if it is left out. */
  readonly isFor?: (one: P) => boolean
}

interface Installed<C, P> {
  readonly name: string
  readonly stage: Stage<C>
  readonly kinds: readonly Kind[]
  readonly isFor: ((one: P) => boolean) | null
  /** The bit in `Passing.optionalStages`; 0 if the stage is for everybody. */
  readonly bit: number
}

const KINDS: readonly Kind[] = ['message', 'presence', 'iq']
/** Bits that a small integer of the engine has. */
const OPTIONAL_MAX = 30

export class StageBook<C, P extends Passing = Passing> {
  readonly #order: readonly string[]
  readonly #installed = new Map<string, Installed<C, P>>()
  #optional = 0
  #frozen: Paths<C> | null = null

  constructor(order: readonly string[]) {
    this.#order = order
  }
  /** @returns to be called with one for whom the answer of `isFor` may have changed */
  install(name: string, stage: Stage<C>, { kinds = KINDS, isFor }: Scope<P> = {}): (one: P) => void {
    if (this.#frozen !== null) throw new Error(`The stage "${name}" comes too late: the server has started`)
    if (!this.#order.includes(name)) throw new Error(`The order has no place for a stage "${name}"`)
    if (this.#installed.has(name)) throw new Error(`Two features want to be the stage "${name}"`)
    const bit = isFor === undefined ? 0 : this.#nextBit()
    const installed: Installed<C, P> = { name, stage, kinds, isFor: isFor ?? null, bit }
    this.#installed.set(name, installed)
    return (one) => choose(one, installed)
  }
  /** @param last handles a stanza that has passed every stage; null for nothing */
  freeze(last: Stage<C> | null = null): void {
    const stages = this.names.map((name) => this.#installed.get(name)!)
    this.#frozen = new Paths(stages, last)
  }
  /** One whose stanzas pass the stages from now on. */
  admit(one: P): void {
    for (const installed of this.#installed.values()) choose(one, installed)
  }
  /** The names of the installed stages, in order. */
  get names(): readonly string[] {
    return this.#order.filter((name) => this.#installed.has(name))
  }
  get paths(): Paths<C> {
    if (this.#frozen === null) throw new Error('The stages are not frozen yet')
    return this.#frozen
  }

  #nextBit(): number {
    if (this.#optional === OPTIONAL_MAX) throw new Error('There are too many optional stages')
    return 1 << this.#optional++
  }
}

function choose<C, P extends Passing>(one: P, { isFor, bit }: Installed<C, P>): void {
  if (isFor === null) return
  one.optionalStages = isFor(one) ? one.optionalStages | bit : one.optionalStages & ~bit
}

type Path<C> = readonly Stage<C>[]
type Step<C> = Pick<Installed<C, never>, 'name' | 'stage' | 'kinds' | 'bit'>

/** The stages by kind of stanza, and by the choice of optional ones. Each combination is made once, when it is first needed. */
export class Paths<C> {
  readonly #steps: readonly Step<C>[]
  readonly #last: Stage<C> | null
  readonly #presence: Path<C>[] = []
  readonly #message: Path<C>[] = []
  readonly #iq: Path<C>[] = []

  constructor(steps: readonly Step<C>[], last: Stage<C> | null) {
    this.#steps = steps
    this.#last = last
  }
  /** @param optional see `Passing.optionalStages` */
  of(kind: Kind, optional: number): Path<C> {
    const paths = kind === 'presence' ? this.#presence : kind === 'message' ? this.#message : this.#iq
    return paths[optional] ?? (paths[optional] = this.#make(kind, optional))
  }
  /**
   * The stages that a stanza still has to pass after the named stage has held it back.
   * @throws Error if that stage is not installed
   */
  after(name: string): Paths<C> {
    const place = this.#steps.findIndex((step) => step.name === name)
    if (place === -1) throw new Error(`No stage "${name}" is installed`)
    return new Paths(this.#steps.slice(place + 1), this.#last)
  }
  #make(kind: Kind, optional: number): Path<C> {
    const isPassed = ({ kinds, bit }: Step<C>): boolean => kinds.includes(kind) && (bit === 0 || (bit & optional) !== 0)
    const stages = this.#steps.filter(isPassed).map(({ stage }) => stage)
    return this.#last === null ? stages : [...stages, this.#last]
  }
}
