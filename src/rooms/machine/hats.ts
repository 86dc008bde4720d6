/**
 * Hats (XEP-0317): titles that a room has for its people beside role and affiliation. They give no rights. Admins and owners make
 * them and say who wears which. A hat belongs to a person (bare JID), whether the person is there or not.
 */
import { standpointOf } from './changing.ts'
import type { Actor, Command } from './commands.ts'
import { memberOf } from './members.ts'
import { occupantOf, replace } from './occupants.ts'
import type { Plan } from './plan.ts'
import { refuse, type Refusal } from './refusals.ts'
import type { Hat, Member, RoomFacts, Tables } from './room.ts'

/** What a person wears, in the order in which it was given. */
export function hatsOf({ members }: Pick<Tables, 'members'>, { hats }: RoomFacts, bare: string): readonly Hat[] {
  const worn = members.get(bare)?.hats ?? []
  if (worn.length === 0) return NO_HATS
  return worn.map((uri) => hats.find((hat) => hat.uri === uri)!)
}
export const NO_HATS: readonly Hat[] = []
/** Hats that one person can wear: all are in each of their presences. */
const OF_ONE_MAX = 10

type Wear = Extract<Command, { do: 'wear' }>

/** A hat of that URI is made, or is another one from now on. */
export function makeHat(plan: Plan, actor: Actor, { hat }: Extract<Command, { do: 'make-hat' }>): Refusal | null {
  if (!mayDecide(plan, actor)) return refuse('rank')
  const { hats } = plan.facts
  const isNew = !hats.some(({ uri }) => uri === hat.uri)
  if (isNew && hats.length >= plan.circumstances.limits.hatsMax) return refuse('too-many-hats')
  setHats(plan, isNew ? [...hats, hat] : hats.map((other) => (other.uri === hat.uri ? hat : other)))
  plan.tells.push({ tell: 'answered' }, { tell: 'hats' })
  if (!isNew) showAll(plan, hat.uri)
  return null
}
/** Everybody who wears it loses it. */
export function destroyHat(plan: Plan, actor: Actor, { uri }: Extract<Command, { do: 'destroy-hat' }>): Refusal | null {
  if (!mayDecide(plan, actor)) return refuse('rank')
  if (!hasHat(plan, uri)) return refuse('no-such-hat')
  for (const [, member] of [...plan.members]) if (member.hats.includes(uri)) plan.setMember(without(member, uri))
  setHats(
    plan,
    plan.facts.hats.filter((hat) => hat.uri !== uri),
  )
  plan.tells.push({ tell: 'answered' }, { tell: 'hats' })
  showAll(plan, uri)
  return null
}
/** A person wears a hat from now on, or no longer. */
export function wear(plan: Plan, actor: Actor, command: Wear): Refusal | null {
  if (!mayDecide(plan, actor)) return refuse('rank')
  if (!hasHat(plan, command.uri)) return refuse('no-such-hat')
  const before = memberOf(plan, command.who)
  const refusal = command.isWorn ? put(plan, before, command.uri) : take(plan, before, command.uri)
  if (refusal !== null) return refusal
  plan.tells.push({ tell: 'answered' })
  showHats(plan, command.who)
  return null
}
function put(plan: Plan, before: Member, uri: string): Refusal | null {
  const { hatsWornMax, affiliationsMax } = plan.circumstances.limits
  if (before.affiliation === 'outcast') return refuse('protected')
  if (before.hats.includes(uri)) return null
  if (before.hats.length >= OF_ONE_MAX || wornIn(plan) >= hatsWornMax) return refuse('too-many-hats')
  const size = plan.members.size
  plan.setMember({ ...before, hats: [...before.hats, uri] })
  return plan.members.size > Math.max(size, affiliationsMax) ? refuse('too-many-affiliations') : null
}
function take(plan: Plan, before: Member, uri: string): Refusal | null {
  if (!before.hats.includes(uri)) return refuse('no-such-hat')
  plan.setMember(without(before, uri))
  return null
}

/** For admins, owners and the service. */
const mayDecide = (plan: Plan, actor: Actor): boolean => ['admin', 'owner'].includes(standpointOf(plan, actor).affiliation)
const hasHat = ({ facts }: Plan, uri: string): boolean => facts.hats.some((hat) => hat.uri === uri)
const without = (member: Member, uri: string): Member => ({ ...member, hats: member.hats.filter((other) => other !== uri) })
function setHats(plan: Plan, hats: readonly Hat[]): void {
  plan.facts = { ...plan.facts, hats }
}
function wornIn({ members }: Plan): number {
  let count = 0
  for (const [, { hats }] of members) count += hats.length
  return count
}

/** Those who are there and wore or wear it look different now. */
function showAll(plan: Plan, uri: string): void {
  const wearers = new Set<string>()
  for (const [, { bare, hats }] of plan.occupants) if (hats.some((hat) => hat.uri === uri)) wearers.add(bare)
  for (const bare of wearers) showHats(plan, bare)
}
/** Gives the occupants of a person the hats that the person wears now. Others are shown them if they look different. */
export function showHats(plan: Plan, bare: string): void {
  const hats = hatsOf(plan, plan.facts, bare)
  for (const before of plan.occupantsOf(bare)) {
    if (areSame(before.hats, hats)) continue
    const after = occupantOf({ ...before, hats }, before.affiliation, before.role, before.sessions)
    replace(plan, before, after)
  }
}
const areSame = (a: readonly Hat[], b: readonly Hat[]): boolean =>
  a.length === b.length && a.every(({ uri, title, hue }, i) => uri === b[i]!.uri && title === b[i]!.title && hue === b[i]!.hue)
