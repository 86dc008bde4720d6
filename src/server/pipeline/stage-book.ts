/** The stages of one pipeline: installed under the names of `order.ts`, frozen into an array at the start. */
import type { Stage } from './pipeline.ts'

export class StageBook<C> {
  readonly #order: readonly string[]
  readonly #installed = new Map<string, Stage<C>>()
  #frozen: readonly Stage<C>[] | null = null

  constructor(order: readonly string[]) {
    this.#order = order
  }
  install(name: string, stage: Stage<C>): void {
    if (this.#frozen !== null) throw new Error(`The stage "${name}" comes too late: the server has started`)
    if (!this.#order.includes(name)) throw new Error(`The order has no place for a stage "${name}"`)
    if (this.#installed.has(name)) throw new Error(`Two features want to be the stage "${name}"`)
    this.#installed.set(name, stage)
  }
  /** @param last handles a stanza that has passed every stage; null for nothing */
  freeze(last: Stage<C> | null = null): void {
    const stages = this.names.map((name) => this.#installed.get(name)!)
    this.#frozen = last === null ? stages : [...stages, last]
  }
  /**
   * The stages that a stanza still has to pass after the named stage has held it back.
   * @throws Error if that stage is not installed
   */
  after(name: string): readonly Stage<C>[] {
    const place = this.names.indexOf(name)
    if (place === -1) throw new Error(`No stage "${name}" is installed`)
    return this.stages.slice(place + 1)
  }
  /** The names of the installed stages, in order. */
  get names(): readonly string[] {
    return this.#order.filter((name) => this.#installed.has(name))
  }
  get stages(): readonly Stage<C>[] {
    if (this.#frozen === null) throw new Error('The stages are not frozen yet')
    return this.#frozen
  }
}
