/** What the security labels of a room change in what is decided: see `room-labels.ts`. */
import type { Actor, Target } from './commands.ts'
import type { ConfigFault, RoomConfig } from './config.ts'
import type { Said } from './drafts.ts'
import { takeOut } from './leaving.ts'
import type { Plan } from './plan.ts'

export const LABEL_FIELDS = ['label', 'clearance', 'defaultLabel'] as const

/** What is wrong with the labels in a configuration. */
export function labelFault(
  { circumstances: { labels } }: Plan,
  { session }: Actor,
  changes: Partial<RoomConfig>,
): ConfigFault | null {
  if (labels !== null) return labels.faultIn(changes, session)
  const field = LABEL_FIELDS.find((one) => (changes[one] ?? '') !== '')
  return field === undefined ? null : { field, why: 'is not possible: this server has no security policy' }
}

/** What is about another message is never labelled lower than that one. Null: it cannot be labelled so. */
export function withLabel({ circumstances: { labels }, facts }: Plan, said: Said, target: Target | null): Said | null {
  if (labels === null) return said
  const { payload } = said
  const labelled = target === null ? labels.labelled(payload, facts.config) : labels.about(payload, target.payload, facts.config)
  return labelled === null ? null : { ...said, payload: labelled }
}

/** LAB-33: the label of the room is another one, or clearances are. */
export function putOutUncleared(plan: Plan, actor: Actor): null {
  const { labels } = plan.circumstances
  if (labels === null) return null
  const { config } = plan.facts
  const cause = plan.cause(actor, '')
  for (const [, occupant] of [...plan.occupants])
    if (!labels.mayEnter(plan.room.address, config, occupant.effective.jid))
      takeOut(plan, occupant, { exit: 'affiliation', presence: null, cause, affiliation: occupant.affiliation })
  return null
}
