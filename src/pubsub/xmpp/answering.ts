/** XEP-0060: requests about nodes are answered, whoever has the nodes. A face says who asks, and what they may. */
import type { Entropy } from '../../base/entropy.ts'
import type { Element } from '../../xml/element.ts'
import type { Limits } from '../machine/commands.ts'
import type { Nodes } from '../nodes.ts'
import { operationOf, type Asked } from './asked.ts'
import { Changing } from './changing.ts'
import { PUBSUB_OWNER } from './ns.ts'
import { Reading } from './reading.ts'

export class Answering {
  readonly #reading: Reading
  readonly #changing: Changing

  constructor(nodes: Nodes, entropy: Entropy, limits: Limits) {
    this.#reading = new Reading(nodes, limits)
    this.#changing = new Changing(nodes, entropy, limits)
  }
  /** @throws StanzaError */
  async answer(asked: Asked): Promise<Element | null> {
    const operation = operationOf(asked)
    const isOwners = asked.payload.ns === PUBSUB_OWNER
    if (asked.type === 'get') return isOwners ? this.#reading.owners(asked, operation) : this.#reading.everybody(asked, operation)
    try {
      return await (isOwners ? this.#changing.owners(asked, operation) : this.#changing.everybody(asked, operation))
    } catch (error) {
      // What was stored before the error is in force, and is told all the same
      for (const work of asked.afterwards.splice(0)) work()
      throw error
    }
  }
}
