/** XEP-0045 10.1, 10.2, 10.9: the room is made, configured, and destroyed. */
import { giveAffiliation } from './affiliations.ts'
import { answerBetween, hasOwner, standpointOf } from './changing.ts'
import type { Actor, Command } from './commands.ts'
import { changesBetween, configured, type ConfigChanges, type RoomConfig } from './config.ts'
import { end } from './ending.ts'
import { labelFault, putOutUncleared } from './labelling.ts'
import { takeOut } from './leaving.ts'
import { isLasting } from './members.ts'
import { affiliationIn, type Plan } from './plan.ts'
import { refuse, type Refusal } from './refusals.ts'
import type { RoomFacts } from './room.ts'

/** 10.1.1: the creator is its owner. Locked: nobody else enters before it is configured. */
export function create(plan: Plan, actor: Actor, command: Extract<Command, { do: 'create' }>): Refusal | null {
  const made = configured(plan.facts.config, command.config, plan.circumstances.limits.occupantsMax)
  const fault = labelFault(plan, actor, command.config)
  if (fault !== null) return { refuse: 'configuration', ...fault }
  if ('fault' in made) return { refuse: 'configuration', ...made.fault }
  const lockedFor = command.locked && actor.jid !== null ? { owner: actor.jid, since: plan.circumstances.now } : null
  plan.facts = { ...plan.facts, config: made.config, lockedFor }
  if (actor.jid !== null) giveAffiliation(plan, actor, actor.jid, 'owner', '')
  plan.tells.length = 0
  return null
}

/** 10.2; 10.1.2 and 10.1.3: the first configuration unlocks the room. */
export function configure(plan: Plan, actor: Actor, command: Extract<Command, { do: 'configure' }>): Refusal | null {
  if (standpointOf(plan, actor).affiliation !== 'owner') return refuse('rank')
  const before = plan.facts
  const result = configured(before.config, command.changes, plan.circumstances.limits.occupantsMax)
  const fault = labelFault(plan, actor, command.changes)
  if (fault !== null) return { refuse: 'configuration', ...fault }
  if ('fault' in result) return { refuse: 'configuration', ...result.fault }
  if (before.config.archived && !result.config.archived && isOfAnotherFace(plan)) return refuse('log-needed')
  const first = plan.tells.length
  plan.facts = { ...before, config: result.config, lockedFor: null }
  setLists(plan, actor, command)
  if (!hasOwner(plan) && hasOwner(plan.room)) return refuse('last-owner')
  takeEffect(plan, actor, before, changesBetween(before.config, result.config))
  answerBetween(plan, first)
  return null
}
/** XEP-0486: the card of the room, for owners to write. */
export function writeCard(plan: Plan, actor: Actor, { card, pictures }: Extract<Command, { do: 'card' }>): Refusal | null {
  if (standpointOf(plan, actor).affiliation !== 'owner') return refuse('rank')
  plan.card = card
  plan.facts = { ...plan.facts, pictures }
  plan.tells.push({ tell: 'answered' }, { tell: 'card' })
  return null
}
/** Another face shows the log to people who belong to the room, so it cannot be switched off. */
function isOfAnotherFace(plan: Plan): boolean {
  for (const [, member] of plan.members) if (isLasting(member) && !member.registered) return true
  return false
}
/** ROOM-94: full lists, applied as differences. */
function setLists(plan: Plan, actor: Actor, { owners, admins }: Extract<Command, { do: 'configure' }>): void {
  const wanted = new Map<string, 'owner' | 'admin'>()
  for (const jid of admins ?? []) wanted.set(jid, 'admin')
  for (const jid of owners ?? []) wanted.set(jid, 'owner')
  const lists = { owner: owners, admin: admins }
  for (const [jid, { affiliation }] of [...plan.members]) {
    const isListed = affiliation === 'owner' || affiliation === 'admin'
    if (isListed && lists[affiliation] !== null && !wanted.has(jid)) giveAffiliation(plan, actor, jid, 'member', '')
  }
  for (const [jid, affiliation] of wanted) giveAffiliation(plan, actor, jid, affiliation, '')
}

function takeEffect(plan: Plan, actor: Actor, before: RoomFacts, changes: ConfigChanges): void {
  if (Object.keys(changes).length === 0) return
  const entry = plan.log(actor, { kind: 'config', changes: withoutSecrets(changes) })
  plan.tells.push({ tell: 'configured', changes: withoutSecrets(changes), entry })
  const { config } = plan.facts
  if (config.membersOnly && !before.config.membersOnly) becomeMembersOnly(plan, actor)
  if (config.whois === 'anyone' && before.config.whois !== 'anyone') plan.tells.push({ tell: 'unveiled' })
  if (changes.label !== undefined) putOutUncleared(plan, actor)
  if (changes.presenceBroadcast !== undefined) showAndHide(plan, before.config, config)
}
/** The log says that the password is another one, and not which. */
const withoutSecrets = (changes: ConfigChanges): ConfigChanges =>
  changes.password === undefined ? changes : { ...changes, password: ['', ''] }

/** ROOM-93: people who belong to the room become members; people who only visit it have to leave. */
function becomeMembersOnly(plan: Plan, actor: Actor): void {
  for (const [jid, member] of [...plan.members])
    if (member.affiliation === 'none' && isLasting(member)) giveAffiliation(plan, actor, jid, 'member', '')
  const cause = plan.cause(actor, '')
  const strangers = [...plan.occupants].map(([, occupant]) => occupant).filter(({ bare }) => affiliationIn(plan, bare) === 'none')
  for (const occupant of strangers) takeOut(plan, occupant, { exit: 'members-only', presence: null, cause, affiliation: 'none' })
}
function showAndHide(plan: Plan, before: RoomConfig, after: RoomConfig): void {
  for (const [, occupant] of plan.occupants) {
    const [was, is] = [before, after].map(({ presenceBroadcast }) => presenceBroadcast.includes(occupant.role))
    if (was !== is) plan.tells.push({ tell: is === true ? 'shown' : 'hidden', occupant })
  }
}

/** ROOM-164. A room that is configured stays as it is (ROOM-92). */
export function cancel(plan: Plan, actor: Actor): Refusal | null {
  if (standpointOf(plan, actor).affiliation !== 'owner') return refuse('rank')
  if (plan.facts.lockedFor !== null) end(plan, { why: 'given up', alternate: '', reason: '' }, '')
  plan.tells.push({ tell: 'answered' })
  return null
}

/** 10.9 */
export function destroy(plan: Plan, actor: Actor, command: Extract<Command, { do: 'destroy' }>): Refusal | null {
  if (standpointOf(plan, actor).affiliation !== 'owner') return refuse('rank')
  const { alternate, reason } = command
  plan.log(actor, { kind: 'destroy', alternate, reason })
  end(plan, { why: 'destroyed', alternate, reason }, command.password)
  plan.tells.push({ tell: 'answered' })
  return null
}
