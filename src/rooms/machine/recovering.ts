/**
 * ROOM-84: a room after a crash. Its occupants are those of the last checkpoint, its members and configuration are newer. What the
 * log says about people since then holds for the occupants too, and they are told.
 */
import type { Command } from './commands.ts'
import { takeOut } from './leaving.ts'
import { roleFor, type Plan } from './plan.ts'
import { showHats } from './hats.ts'
import { showRole } from './roles.ts'
import type { Occupant } from './room.ts'
import type { Exit } from './tells.ts'

export function recover(plan: Plan, { changed, out }: Extract<Command, { do: 'recover' }>): null {
  for (const [, occupant] of [...plan.occupants]) {
    const affiliation = plan.affiliationOf(occupant.bare)
    const exit = exitOf(plan, occupant, out)
    if (exit !== null) takeOut(plan, occupant, { exit, presence: null, cause: null, affiliation })
    else if (changed.has(occupant.bare) || affiliation !== occupant.affiliation) {
      const role = plan.members.get(occupant.bare)?.role ?? roleFor(plan.facts, affiliation)
      showRole(plan, occupant, { ...occupant, affiliation, role }, null)
    }
    if (exit === null) showHats(plan, occupant.bare)
  }
  return null
}

/** Why an occupant is not in the room any more; null if they are. */
function exitOf(plan: Plan, { bare, affiliation }: Occupant, out: ReadonlyMap<string, Exit>): Exit | null {
  const now = plan.affiliationOf(bare)
  if (now === 'outcast') return 'banned'
  if (out.has(bare)) return out.get(bare)!
  if (now !== 'none' || !plan.facts.config.membersOnly) return null
  return affiliation === 'none' ? 'members-only' : 'affiliation'
}
