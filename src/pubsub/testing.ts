/** For tests: nodes, people and items. */
import { Payload } from '../xmpp/packet.ts'
import { el } from '../xml/element.ts'
import { LIMITS, NO_RELATION, type Actor, type Circumstances, type Limits } from './machine/commands.ts'
import type { NodeConfig } from './machine/config.ts'
import { bareOf, Node, type Item } from './machine/node.ts'

export const NOON = 1_800_000_000_000

export const nodeWith = (config: NodeConfig, name = 'n'): Node =>
  new Node({ uid: `uid of ${name}`, owner: 'owner@a.example', name, creator: 'owner@a.example', createdAt: NOON }, config)
export const actorOf = (full: string, relation = NO_RELATION): Actor => ({ bare: bareOf(full), full, relation, isServer: false })
export const payloadOf = (text: string): Payload => Payload.of(el('p', 'urn:example:p', {}, text))
export function itemOf(id: string, publisher: string | null, seq: number, text = id): Item {
  const payload = payloadOf(text)
  return { id, publisher, at: NOON, octets: payload.text.length, seq, payload }
}
export const circumstances = (
  limits: Partial<Limits> = {},
  holdings: Partial<Circumstances['holdings']> = {},
): Circumstances => ({
  now: NOON,
  limits: { ...LIMITS, ...limits },
  holdings: { nodes: 0, octets: 0, nodesInAll: 0, subscriptionsOf: new Map(), ...holdings },
  places: [],
})
