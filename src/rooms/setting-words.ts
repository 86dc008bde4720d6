/** The configuration of a room in words for operators: `members-only=yes`. Owners configure it by the form of a face. */
import { DEFAULTS, ROLES, type Field, type RoomConfig } from './machine/config.ts'

const kebab = (field: string): string => field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
/** By the word for it. The password is no setting: it is given in another way, and never shown. */
const FIELDS: ReadonlyMap<string, Field> = new Map(
  (Object.keys(DEFAULTS) as Field[]).filter((field) => field !== 'password').map((field) => [kebab(field), field]),
)
export const ROOM_SETTINGS: readonly string[] = [...FIELDS.keys()]

/** A word that stands for null. */
const NOTHING: Readonly<Partial<Record<Field, string>>> = { occupantsMax: 'unlimited', registration: 'default' }

/** Every setting and its value. */
export function settingsOf(config: RoomConfig): Readonly<Record<string, string>> {
  return Object.fromEntries(Array.from(FIELDS, ([word, field]) => [word, textOf(field, config[field])]))
}
function textOf(field: Field, value: RoomConfig[Field]): string {
  if (value === null) return NOTHING[field]!
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return Array.isArray(value) ? value.join(',') : String(value)
}

/** What is wrong with a setting, in words for the operator. */
export class SettingError extends Error {}

/** @throws SettingError a name that is not known, or a value that cannot be read */
export function changesFrom(settings: Readonly<Record<string, string>>): Partial<RoomConfig> {
  return Object.fromEntries(
    Object.entries(settings).map(([word, text]) => {
      const field = FIELDS.get(word)
      if (field === undefined)
        throw new SettingError(`"${word}" is not a setting of rooms. Known are: ${ROOM_SETTINGS.join(', ')}.`)
      return [field, valueOf(word, field, text)]
    }),
  )
}
function valueOf(word: string, field: Field, text: string): RoomConfig[Field] {
  const usual = DEFAULTS[field]
  if (text === NOTHING[field]) return null
  if (typeof usual === 'boolean') return flagOf(word, text)
  if (typeof usual === 'number') return numberOf(word, text)
  return Array.isArray(usual) ? rolesOf(word, text) : text
}
function flagOf(word: string, text: string): boolean {
  if (text !== 'yes' && text !== 'no') throw new SettingError(`${word} is yes or no, not "${text}".`)
  return text === 'yes'
}
function numberOf(word: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new SettingError(`${word} is a number, not "${text}".`)
  return Number(text)
}
function rolesOf(word: string, text: string): RoomConfig['presenceBroadcast'] {
  const roles = text === '' ? [] : text.split(',')
  const unknown = roles.find((role) => !ROLES.some((known) => known === role))
  if (unknown !== undefined) throw new SettingError(`${word} is a list of ${ROLES.join(', ')}; "${unknown}" is none of them.`)
  return roles as unknown as RoomConfig['presenceBroadcast']
}

/** The word for a field, for a fault in a configuration. */
export const wordOf = (field: Field): string => kebab(field)
