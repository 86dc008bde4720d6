/** Profiles: options that belong together, for servers of one kind. What the file says of an option wins (CMP-11). */
import type { Config } from './sections.ts'
import { PROFILES } from './settings.ts'

export interface PresetOption {
  readonly section: string
  readonly option: string
  /** As it would be written in the file. */
  readonly value: string | number | boolean
  readonly why: string
}
export type Profile = (typeof PROFILES)[number]

const set = (section: string, option: string, value: PresetOption['value'], why: string): PresetOption => ({
  section,
  option,
  value,
  why,
})

/** In the order in which they are told. */
export const PRESETS: Readonly<Record<Profile, readonly PresetOption[]>> = {
  none: [],
  fmn: [
    set('message-archive', 'default', 'always', 'everything that is said is archived'),
    set('message-archive', 'users-choose', false, 'and users cannot turn that off'),
    set('http-upload', 'enabled', false, 'no files outside of the control of labels'),
    set('push', 'enabled', false, 'nothing is sent to push services of others'),
    set('registration', 'open', false, 'accounts are made by administrators'),
    set('invitations', 'accounts', 'nobody', 'and not by invitation'),
    set('multi-user-chat', 'quiet-above', 0, 'everybody in a room is shown to everybody in it'),
    set('search', 'default', 'everybody', 'users of the mission find each other'),
    set('presence', 'share-paused', 'contacts', 'contacts learn that a connection is interrupted'),
    set('federation', 'trust', 'require-certificate', 'dialback, which is never without TLS, only where a [[peer]] allows it'),
  ],
}

type Tables = Readonly<Record<string, unknown>>
const isTable = (value: unknown): value is Tables => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The tables of a file, with the options of its profile that it does not name. */
export function withPreset(tables: Tables): Tables {
  const { server } = tables
  const profile = PROFILES.find((one) => isTable(server) && server['profile'] === one) ?? 'none'
  const filled: Record<string, unknown> = { ...tables }
  for (const { section, option, value } of PRESETS[profile]) {
    const table = filled[section] ?? {}
    // What is no table is complained of elsewhere
    if (isTable(table) && !Object.hasOwn(table, option)) filled[section] = { ...table, [option]: value }
  }
  return filled
}

/** What the profile of a configuration sets, and where the file says otherwise. One line of text for each. */
export function presetWords({ server: { profile }, features, ...core }: Config): readonly string[] {
  const tables = { ...core, ...features } as unknown as Readonly<Record<string, Readonly<Record<string, unknown>>>>
  return PRESETS[profile].map(({ section, option, value, why }) => {
    const actual = tables[section]![option]
    const words = `[${section}] ${option} = ${JSON.stringify(value)}`
    return actual === value ? `${words}: ${why}` : `${words}, but the file says ${JSON.stringify(actual)}`
  })
}
