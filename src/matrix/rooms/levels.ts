/**
 * Power levels are affiliations and roles (MXR 2.2). The ladder has five steps: what a client sets between two of them is rounded
 * down, and the thresholds follow from the configuration. XEP-0045 decides who may do what; levels only show it. Pure.
 */
import type { Affiliation, Role } from '../../rooms/machine/affiliation.ts'
import type { RoomConfig } from '../../rooms/machine/config.ts'

export const OWNER = 100
export const ADMIN = 50
export const MODERATOR = 30
export const VOICE = 10
export const NOTHING = 0

/** More people than this are not listed: the highest come first (MXR-40). */
const LISTED_MAX = 1000

export interface Ranked {
  readonly affiliation: Affiliation
  /** Null: the one that goes with the affiliation. */
  readonly role: Role | null
}
type LevelConfig = Pick<RoomConfig, 'moderated' | 'membersOnly' | 'allowInvites' | 'changeSubject'>

export function levelOf({ affiliation, role }: Ranked, { moderated }: Pick<LevelConfig, 'moderated'>): number {
  if (affiliation === 'owner') return OWNER
  if (affiliation === 'admin') return ADMIN
  if (role === 'moderator') return MODERATOR
  if (!moderated || role === 'visitor') return NOTHING
  return role === 'participant' || affiliation === 'member' ? VOICE : NOTHING
}
const usersDefault = ({ moderated, membersOnly }: LevelConfig): number => (moderated && membersOnly ? VOICE : NOTHING)

export interface PowerLevels {
  readonly ban: number
  readonly kick: number
  readonly redact: number
  readonly invite: number
  readonly state_default: number
  readonly events_default: number
  readonly users_default: number
  readonly events: Readonly<Record<string, number>>
  readonly notifications: Readonly<Record<string, number>>
  readonly users: Readonly<Record<string, number>>
}

/** @param people the members, each with the id under which they are shown; those with an outcast's affiliation have no level */
export function powerLevels(config: LevelConfig, people: Iterable<Ranked & { readonly id: string }>): PowerLevels {
  const events = config.moderated ? VOICE : NOTHING
  return {
    ban: ADMIN,
    kick: MODERATOR,
    redact: MODERATOR,
    invite: config.membersOnly && !config.allowInvites ? MODERATOR : NOTHING,
    state_default: OWNER,
    events_default: events,
    users_default: usersDefault(config),
    events: {
      'm.room.power_levels': MODERATOR,
      'm.room.topic': config.changeSubject ? events : MODERATOR,
      'm.room.name': OWNER,
      'm.room.avatar': OWNER,
      'm.room.canonical_alias': OWNER,
      'm.room.history_visibility': OWNER,
      'm.room.join_rules': OWNER,
      'm.room.redaction': NOTHING,
      'm.reaction': events,
    },
    notifications: { room: MODERATOR },
    users: listed(config, people),
  }
}
function listed(config: LevelConfig, people: Iterable<Ranked & { readonly id: string }>): Readonly<Record<string, number>> {
  const usual = usersDefault(config)
  const levels: [string, number][] = []
  for (const person of people) {
    const level = levelOf(person, config)
    if (person.affiliation !== 'outcast' && level !== usual) levels.push([person.id, level])
  }
  levels.sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
  return Object.fromEntries(levels.slice(0, LISTED_MAX))
}

/** What a level that a client sets means: rounded down to the ladder (MXR-42). Null: nobody can have it. */
export function rankAt(level: number, { moderated }: Pick<LevelConfig, 'moderated'>): Ranked | null {
  if (level >= OWNER) return { affiliation: 'owner', role: null }
  if (level >= ADMIN) return { affiliation: 'admin', role: null }
  if (level >= MODERATOR) return { affiliation: 'none', role: 'moderator' }
  if (level >= VOICE) return { affiliation: 'none', role: 'participant' }
  if (level >= NOTHING) return { affiliation: 'none', role: null }
  return moderated ? { affiliation: 'none', role: 'visitor' } : null
}
