/**
 * Scripts as text: how a failure is told, and how one that was found becomes a test.
 *
 *     u5@c.example/2 asks managed
 *     u18@a.example/2
 *     connect u5@c.example/2
 *     hold a.example c.example
 *
 * A step that ends in ` &` is followed at once by the next. Lines that begin with an address are devices; their users all see each other unless `strangers` says otherwise.
 */
import type { DeviceSetting, Script, Setting, Step } from './script.ts'
import { bareOf, domainOf } from './world.ts'

/** What follows the name of a step. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  'connect': ['who'],
  'drop': ['who'],
  'close': ['who'],
  'away': ['who'],
  'show': ['who'],
  'hide': ['who'],
  'look-away': ['who'],
  'look': ['who'],
  'direct': ['who', 'to'],
  'undirect': ['who', 'to'],
  'cut': ['one', 'other'],
  'heal': ['one', 'other'],
  'hold': ['from', 'to'],
  'kill': ['site'],
  'restart': ['site'],
  'start': ['site'],
}
const OF_USERS = ['user', 'other']

/** @throws Error for a line that is none of these */
export function scriptFrom(text: string): Script {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const strangers = lines.filter((line) => line.startsWith('strangers ')).map((line) => line.split(' ').slice(1))
  const devices = lines.filter((line) => /^[^ ]+@/.test(line)).map(deviceOf)
  const steps = lines.filter((line) => !/^[^ ]+@|^strangers /.test(line)).map(stepOf)
  const users = [...new Set(devices.map(({ jid }) => bareOf(jid)))]
  const friends = users.flatMap((one, i) => users.slice(i + 1).map((other): [string, string] => [one, other]))
  const isFriend = (pair: readonly string[]): boolean => !strangers.some((two) => two.every((user) => pair.includes(user)))
  const sites = [...new Set(users.map(domainOf))].toSorted()
  return { setting: { seed: 0, sites, users, devices, friends: friends.filter(isFriend) }, steps }
}

export function written({ setting, steps }: Script): string {
  const words = steps.map(({ isHurried, ...act }) => `${Object.values(act).join(' ')}${isHurried === true ? ' &' : ''}`)
  const mentioned = setting.devices.filter(({ jid }) =>
    words.some((line) => line.includes(jid) || line.includes(`${bareOf(jid)} `)),
  )
  return [...mentioned.map(wordsOf), ...strangersAmong(setting, mentioned), ...words].map((line) => `  ${line}`).join('\n')
}

function deviceOf(line: string): DeviceSetting {
  const [jid, ...words] = line.split(' ') as [string, ...string[]]
  return { jid, asks: words.includes('asks'), isManaged: words.includes('managed') }
}
const wordsOf = ({ jid, asks, isManaged }: DeviceSetting): string => `${jid}${asks ? ' asks' : ''}${isManaged ? ' managed' : ''}`

function strangersAmong({ friends }: Setting, devices: readonly DeviceSetting[]): readonly string[] {
  const users = [...new Set(devices.map(({ jid }) => bareOf(jid)))]
  const areFriends = (one: string, other: string): boolean => friends.some((pair) => pair.includes(one) && pair.includes(other))
  return users.flatMap((one, i) =>
    users
      .slice(i + 1)
      .filter((other) => !areFriends(one, other))
      .map((other) => `strangers ${one} ${other}`),
  )
}

function stepOf(line: string): Step {
  if (line.endsWith(' &')) return { ...stepOf(line.slice(0, -2)), isHurried: true }
  const [what, ...words] = line.split(' ') as [string, ...string[]]
  if (what === 'wait') return { what, span: Number(words[0]) }
  const fields = FIELDS[what] ?? OF_USERS
  if (fields.length !== words.length) throw new Error(`not a step of the model: ${line}`)
  return { what, ...Object.fromEntries(fields.map((field, i) => [field, words[i]])) } as Step
}
