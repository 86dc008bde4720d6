/** `porchlight room ...`: the rooms of this server. */
import { CommandError } from '../admin/command.ts'
import type { RoomPage, RoomRow } from '../admin/room-list.ts'
import type { AffiliationPage, AffiliationRow, OccupantPage, OccupantRow, RoomReport } from '../admin/room-report.ts'
import type { World } from '../process/world.ts'
import { withAuthority } from './authority.ts'
import { setupOf, type ConfigOptions, type OutputOptions } from './config-options.ts'
import { firstLine } from './password-file.ts'
import { pagesOf } from './pages.ts'
import { pairsFrom } from './pairs.ts'

export interface ListOptions {
  readonly order: 'address' | 'occupants' | 'doubted' | 'sent'
}
/** @param find a part of the wanted addresses or names; '' for all */
export async function listRooms(
  world: World,
  find: string,
  { order, ...options }: ConfigOptions & OutputOptions & ListOptions,
): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const rows = pagesOf(authority, 'room.list', { find, order }, (page: RoomPage) => page.rooms)
    for await (const row of rows) world.stdout.write(options.json === true ? `${JSON.stringify(row)}\n` : `${lineOf(row)}\n`)
  })
}
function lineOf({ jid, name, occupants, doubted, sent, public: isPublic, persistent, locked }: RoomRow): string {
  const remarks = [
    ...(name === '' ? [] : [`"${name}"`]),
    insideText(occupants, doubted),
    isPublic ? 'public' : 'hidden',
    ...(persistent ? [] : ['temporary']),
    ...(locked ? ['waits for its configuration'] : []),
    ...(sent === 0 ? [] : [sentText(sent)]),
  ]
  return `${jid}  ${remarks.join(', ')}`
}
const sentText = (sent: number): string => (sent === 1 ? '1 stanza sent' : `${sent} stanzas sent`)
const insideText = (occupants: number, doubted: number): string =>
  `${occupants} ${occupants === 1 ? 'occupant' : 'occupants'}${doubted === 0 ? '' : ` (${doubted} in doubt)`}`

export async function showRoom(world: World, room: string, options: ConfigOptions & OutputOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const report = (await authority.ask('room.show', { room })) as RoomReport
    const occupants = pagesOf(authority, 'room.occupants', { room }, (page: OccupantPage) => page.occupants)
    const affiliations = pagesOf(authority, 'room.affiliations', { room }, (page: AffiliationPage) => page.affiliations)
    if (options.json === true) {
      const whole = { ...report, occupants: await Array.fromAsync(occupants), affiliations: await Array.fromAsync(affiliations) }
      world.stdout.write(`${JSON.stringify(whole)}\n`)
      return
    }
    world.stdout.write(reportText(report))
    for await (const row of occupants) world.stdout.write(occupantLine(row))
    if (Object.values(report.affiliations).some((n) => n > 0)) world.stdout.write('\nAffiliations\n')
    for await (const row of affiliations) world.stdout.write(affiliationLine(row))
  })
}
function reportText({ jid, createdAt, lockedFor, subject, settings, occupants, doubted }: RoomReport): string {
  const rows: readonly (readonly [string, string])[] = [
    ['Room', jid],
    ['Made', new Date(createdAt).toISOString()],
    ...(lockedFor === null ? [] : [['Locked', `until ${lockedFor} has configured it`] as const]),
    ...(subject === null ? [] : [['Subject', `${subject.text} (${subject.by}, ${new Date(subject.at).toISOString()})`] as const]),
    ...Object.entries(settings).filter(([, value]) => value !== ''),
    ['Inside', insideText(occupants, doubted)],
  ]
  return rows.map(([name, value]) => `${name.padEnd(24)} ${value}\n`).join('')
}
function occupantLine({ nick, role, affiliation, sessions, doubts }: OccupantRow): string {
  const rank = affiliation === 'none' ? role : `${role}, ${affiliation}`
  return `  ${nick}  ${rank}, ${sessions.join(' ')}${doubts.length === 0 ? '' : `, in doubt: ${doubts.join(', ')}`}\n`
}
const affiliationLine = ({ jid, affiliation, nick, reason }: AffiliationRow): string =>
  `  ${jid}  ${affiliation}${nick === null ? '' : `, nickname ${nick}`}${reason === '' ? '' : `: ${reason}`}\n`

export interface RoomOptions {
  readonly passwordFile?: string
}
export interface NewRoomOptions extends RoomOptions {
  readonly owner: readonly string[]
}

/** @param settings each in the form `name=value` */
export async function createRoom(
  world: World,
  room: string,
  settings: readonly string[],
  options: ConfigOptions & NewRoomOptions,
): Promise<void> {
  const args = { room, settings: pairsFrom(settings, 'public=yes'), password: passwordFrom(world, options) }
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const { room: made } = (await authority.ask('room.create', { ...args, owners: options.owner })) as { room: string }
    world.stdout.write(
      `${made} is there now; clients open it by xmpp:${made}?join.${options.owner.length === 0 ? ' It has no owner: only operators can change it.' : ''}\n`,
    )
  })
}

/** @param settings each in the form `name=value` */
export async function setRoom(
  world: World,
  room: string,
  settings: readonly string[],
  options: ConfigOptions & RoomOptions,
): Promise<void> {
  const args = { room, settings: pairsFrom(settings, 'public=yes'), password: passwordFrom(world, options) }
  if (settings.length === 0 && args.password === null)
    throw new CommandError(`Name the settings that are to change, such as public=yes. \`room show ${room}\` lists them all.`)
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const { room: set } = (await authority.ask('room.set', args)) as { room: string }
    world.stdout.write(`${set} is set.\n`)
  })
}

export interface ReasonOptions {
  readonly reason?: string
}
export async function changeAffiliation(
  world: World,
  room: string,
  jid: string,
  affiliation: string,
  options: ConfigOptions & ReasonOptions,
): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const args = { room, jid, affiliation, reason: options.reason ?? '' }
    const done = (await authority.ask('room.affiliation', args)) as { readonly room: string; readonly jid: string }
    world.stdout.write(`${done.jid} has the affiliation ${affiliation} in ${done.room}.\n`)
  })
}

export async function kickOccupant(
  world: World,
  room: string,
  nick: string,
  options: ConfigOptions & ReasonOptions,
): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const done = (await authority.ask('room.kick', { room, nick, reason: options.reason ?? '' })) as { readonly room: string }
    world.stdout.write(`${nick} is put out of ${done.room}.\n`)
  })
}
/** @param who the address of a person, or the nickname of an occupant */
export async function banFromRoom(
  world: World,
  room: string,
  who: string,
  options: ConfigOptions & ReasonOptions,
): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const args = { room, who, reason: options.reason ?? '' }
    const done = (await authority.ask('room.ban', args)) as { readonly room: string; readonly jid: string }
    world.stdout.write(
      `${done.jid} is banned from ${done.room}. To take that back: room affiliation ${done.room} ${done.jid} none\n`,
    )
  })
}
export async function changeRole(
  world: World,
  room: string,
  nick: string,
  role: string,
  options: ConfigOptions & ReasonOptions,
): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const args = { room, nick, role, reason: options.reason ?? '' }
    const done = (await authority.ask('room.role', args)) as { readonly room: string }
    world.stdout.write(`${nick} has the role ${role} in ${done.room}.\n`)
  })
}

export interface DestroyOptions extends ReasonOptions {
  readonly alternate?: string
}
export async function destroyRoom(world: World, room: string, options: ConfigOptions & DestroyOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const args = { room, reason: options.reason ?? '', alternate: options.alternate ?? '' }
    const { room: gone } = (await authority.ask('room.destroy', args)) as { room: string }
    world.stdout.write(`${gone} is destroyed.\n`)
  })
}

const passwordFrom = (world: World, { passwordFile }: RoomOptions): string | null =>
  passwordFile === undefined ? null : firstLine(world, passwordFile)
