/**
 * One command for a room: either it is refused, with the reason, or there is a plan of what becomes of the room, what its log
 * gets and what is told. Nothing is changed; the plan is committed when it is stored.
 */
import { change } from './changing.ts'
import type { Actor, Circumstances, Command } from './commands.ts'
import { cancel, configure, create, destroy, writeCard } from './configuring.ts'
import { endIfDeserted, settle } from './ending.ts'
import { enter } from './entering.ts'
import { forget, lapse } from './forgetting.ts'
import { putOutUncleared } from './labelling.ts'
import { destroyHat, makeHat, wear } from './hats.ts'
import { decline, invite, join, knock, leave, register, unregister } from './lasting.ts'
import { changePresence, doubt, leaveBy } from './leaving.ts'
import { Plan } from './plan.ts'
import { watchNumber } from './quiet.ts'
import { refuse, type Refusal } from './refusals.ts'
import { recover } from './recovering.ts'
import { rename } from './renaming.ts'
import type { Room } from './room.ts'
import { speak, whisper } from './speaking.ts'
import { gatherAffiliations } from './tells.ts'

export type Decision = Refusal | Plan
export const isRefused = (decision: Decision): decision is Refusal => 'refuse' in decision

export function decide(room: Room, actor: Actor, command: Command, circumstances: Circumstances): Decision {
  const plan = new Plan(room, circumstances)
  const refusal = perform(plan, actor, command)
  if (refusal !== null) return refusal
  // A room that has just been made waits for its creator
  const isDeserted = room.occupants.size > 0 && plan.occupants.size === 0
  const isLeft = plan.members.changes.size > 0 && plan.occupants.size === 0 && room.version > 0
  if (isDeserted || isLeft) endIfDeserted(plan)
  if (plan.facts.ended === null) watchNumber(plan)
  if (plan.members.changes.size > 1) gatherAffiliations(plan.tells)
  return plan
}

function perform(plan: Plan, actor: Actor, command: Command): Refusal | null {
  if (plan.facts.ended !== null) return { refuse: 'gone', alternate: plan.facts.ended.alternate }
  if (isLockedFor(plan, actor) && command.do !== 'enter' && command.do !== 'decline') return refuse('locked')
  switch (command.do) {
    case 'create':
      return create(plan, actor, command)
    case 'enter':
      return enter(plan, command)
    case 'exit':
    case 'lost':
      return leaveBy(plan, command)
    case 'presence':
      return changePresence(plan, command)
    case 'doubt':
      return doubt(plan, command)
    case 'nick':
      return rename(plan, command)
    case 'append':
    case 'subject':
    case 'correct':
    case 'react':
    case 'retract':
    case 'face':
      return speak(plan, actor, command)
    case 'whisper':
      return whisper(plan, actor, command.to, command.payload)
    case 'batch':
      return performAll(plan, actor, command.commands)
    default:
      return govern(plan, actor, command)
  }
}
/**
 * ROOM-44: a room that waits for its configuration exists for its creator alone. `enter` refuses others at its place in the order (ROOM-51),
 * and an invitation of the creator can be declined.
 */
const isLockedFor = ({ facts: { lockedFor } }: Plan, { jid }: Actor): boolean =>
  lockedFor !== null && jid !== null && jid !== lockedFor.owner
type Speaking = 'append' | 'subject' | 'correct' | 'react' | 'retract' | 'face'
type Coming = 'create' | 'enter' | 'exit' | 'lost' | 'presence' | 'doubt' | 'nick' | 'whisper' | 'batch'
type Governing = Exclude<Command, { do: Speaking | Coming }>

function govern(plan: Plan, actor: Actor, command: Governing): Refusal | null {
  switch (command.do) {
    case 'change':
      return change(plan, actor, command)
    case 'configure':
      return configure(plan, actor, command)
    case 'card':
      return writeCard(plan, actor, command)
    case 'make-hat':
      return makeHat(plan, actor, command)
    case 'destroy-hat':
      return destroyHat(plan, actor, command)
    case 'wear':
      return wear(plan, actor, command)
    case 'cancel':
      return cancel(plan, actor)
    case 'destroy':
      return destroy(plan, actor, command)
    case 'join':
      return join(plan, actor, command)
    case 'leave':
      return leave(plan, actor, command)
    case 'register':
      return register(plan, actor, command)
    case 'unregister':
      return unregister(plan, actor)
    case 'knock':
      return knock(plan, actor, command)
    case 'invite':
      return invite(plan, actor, command)
    case 'decline':
      return decline(plan, actor, command)
    case 'lapse':
      return lapse(plan)
    case 'settle':
      return settle(plan)
    case 'recover':
      return recover(plan, command)
    case 'put-out-uncleared':
      return putOutUncleared(plan, actor)
    case 'forget':
      return forget(plan, actor, command)
  }
}

/** All or none. Each sees what those before it have done; there is one answer to all. */
function performAll(plan: Plan, actor: Actor, commands: readonly Command[]): Refusal | null {
  for (const command of commands) {
    const refusal = perform(plan, actor, command)
    if (refusal !== null) return refusal
  }
  const tells = plan.tells.splice(0)
  const answered = tells.findIndex(({ tell }) => tell === 'answered')
  plan.tells.push(...tells.filter((tell, i) => tell.tell !== 'answered' || i === answered))
  return null
}
