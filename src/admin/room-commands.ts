/** Commands for rooms: list them, look into one, make, configure and destroy it, put people out, and say who has which rank. */
import * as v from 'valibot'
import { SERVICE, type ChangeItem, type Command as RoomCommand } from '../rooms/machine/commands.ts'
import { ROLES, type RoomConfig } from '../rooms/machine/config.ts'
import type { Room } from '../rooms/machine/room.ts'
import type { Reason, Refusal } from '../rooms/machine/refusals.ts'
import type { Rooms, ServedRooms } from '../rooms/rooms.ts'
import { changesFrom, SettingError, wordOf } from '../rooms/setting-words.ts'
import { addressOrNull, type Jid } from '../xmpp/jid.ts'
import { CommandError, defineCommand, limit, type Command } from './command.ts'
import { reasonFrom } from './reason.ts'
import { existingRoom, noSuchRoom, roomAddress, servedOf } from './room-address.ts'
import { roomPage, ROOM_ORDERS } from './room-list.ts'
import { affiliationPage, occupantPage, reportOf } from './room-report.ts'

/** The defaults are what the command line wants. */
const LIST = {
  find: v.string(),
  after: v.string(),
  order: v.optional(v.picklist(ROOM_ORDERS), 'address'),
  limit: v.optional(limit, Number.MAX_SAFE_INTEGER),
}
const PAGE = { room: v.string(), after: v.string(), limit: v.optional(limit, Number.MAX_SAFE_INTEGER) }
/** `password`: null: it stays; '': there is none. */
const CONFIG = { room: v.string(), settings: v.record(v.string(), v.string()), password: v.nullable(v.string()) }
const AFFILIATIONS = ['owner', 'admin', 'member', 'none', 'outcast'] as const

/** @param rooms null if this server has none */
export function roomCommands(rooms: ServedRooms | null, pageSize: number): readonly Command[] {
  const served = (): ServedRooms => servedOf(rooms)
  return [
    defineCommand('room.list', LIST, ({ find, order, after, limit }) =>
      roomPage(served(), { find, order, after, size: Math.min(limit, pageSize) }),
    ),
    defineCommand('room.show', { room: v.string() }, async (given) => {
      const room = await existingRoom(rooms, given.room)
      return reportOf(room, served().sentBy(room))
    }),
    defineCommand('room.occupants', PAGE, async ({ room, after, limit }) =>
      occupantPage(await existingRoom(rooms, room), after, Math.min(limit, pageSize)),
    ),
    defineCommand('room.affiliations', PAGE, async ({ room, after, limit }) =>
      affiliationPage(await existingRoom(rooms, room), after, Math.min(limit, pageSize)),
    ),
    defineCommand('room.create', { ...CONFIG, owners: v.array(v.string()) }, async ({ room, settings, password, owners }) => {
      const address = roomAddress(room, served())
      const config = { persistent: true, ...configFrom(settings, password) }
      const items = owners.map((owner) => itemFor(owner, 'owner', ''))
      const more: readonly RoomCommand[] = items.length === 0 ? [] : [{ do: 'change', items }]
      orThrow(await served().rooms.make(address, { do: 'create', locked: false, config }, more), address)
      return { room: address.bare }
    }),
    defineCommand('room.set', CONFIG, async ({ room, settings, password }) => {
      const changes = configFrom(settings, password)
      return order(served(), room, { do: 'configure', changes, owners: null, admins: null })
    }),
    defineCommand(
      'room.affiliation',
      { room: v.string(), jid: v.string(), affiliation: v.picklist(AFFILIATIONS), reason: v.string() },
      async ({ room, jid, affiliation, reason }) => {
        const item = itemFor(jid, affiliation, reasonFrom(reason))
        return { ...(await order(served(), room, { do: 'change', items: [item] })), ...item.of, affiliation }
      },
    ),
    defineCommand('room.kick', { room: v.string(), nick: v.string(), reason: v.string() }, async ({ room, nick, reason }) => {
      const item = { of: { nick }, affiliation: null, role: 'none', reason: reasonFrom(reason) } as const
      return { ...(await order(served(), room, { do: 'change', items: [item] })), nick }
    }),
    defineCommand(
      'room.role',
      { room: v.string(), nick: v.string(), role: v.picklist(ROLES), reason: v.string() },
      async ({ room, nick, role, reason }) => {
        const item = { of: { nick }, affiliation: null, role, reason: reasonFrom(reason) }
        return { ...(await order(served(), room, { do: 'change', items: [item] })), nick, role }
      },
    ),
    defineCommand('room.ban', { room: v.string(), who: v.string(), reason: v.string() }, async ({ room, who, reason }) => {
      const item = itemFor(personIn(await existingRoom(rooms, room), who), 'outcast', reasonFrom(reason))
      return { ...(await order(served(), room, { do: 'change', items: [item] })), ...item.of }
    }),
    defineCommand(
      'room.destroy',
      { room: v.string(), alternate: v.string(), reason: v.string() },
      async ({ room, alternate, reason }) => {
        const other = alternate === '' ? '' : alternateFrom(alternate)
        return order(served(), room, { do: 'destroy', alternate: other, password: '', reason: reasonFrom(reason) })
      },
    ),
  ]
}

/** @returns the address of the room */
async function order(served: ServedRooms, room: string, command: RoomCommand): Promise<{ readonly room: string }> {
  const address = roomAddress(room, served)
  const outcome = served.rooms.perform({ address, actor: SERVICE, command, create: null, answered: null })
  orThrow(await outcome, address)
  return { room: address.bare }
}

/** An address as it is, or that of the occupant with this nickname. The nickname of one person can be the address of another. */
function personIn({ occupants, address }: Room, who: string): string {
  if (who.includes('@')) return who
  const occupant = occupants.get(who)
  if (occupant === undefined)
    throw new CommandError(`Nobody with the nickname "${who}" is in ${address.bare}. Give the address instead.`)
  return occupant.bare
}
function alternateFrom(text: string): string {
  const address = addressOrNull(text)
  if (address === null || address.local === '' || address.resource !== '')
    throw new CommandError(`"${text}" is not the address of a room to go to instead. Write it like team@conference.example.org.`)
  return address.bare
}
function itemFor(text: string, affiliation: ChangeItem['affiliation'], reason: string): ChangeItem {
  const address = addressOrNull(text)
  if (address === null || address.resource !== '')
    throw new CommandError(`"${text}" is not the address of a person or a domain. Write it like romeo@example.org.`)
  return { of: { jid: address.bare }, affiliation, role: null, reason }
}

function configFrom(settings: Readonly<Record<string, string>>, password: string | null): Partial<RoomConfig> {
  try {
    const secret = password === null ? {} : { password, passwordProtected: password !== '' }
    return { ...secret, ...changesFrom(settings) }
  } catch (error) {
    if (error instanceof SettingError) throw new CommandError(error.message)
    throw error
  }
}

function orThrow(outcome: Awaited<ReturnType<Rooms['perform']>>, address: Jid): void {
  if (outcome === null) return
  if (outcome.refuse === 'no-such-room') throw noSuchRoom(address)
  throw new CommandError(wordsOf(outcome, address.bare))
}
/** Of the reasons that can meet the operator, who may do everything. */
const WORDS: Readonly<Partial<Record<Reason, string>>> = {
  'protected': 'This person is an owner or admin of the room. Take that rank away first: affiliation none.',
  'no-such-occupant': 'Nobody with this nickname is in the room.',
  'domain-affiliation': 'A domain can be banned (outcast) or not (none), and nothing else.',
  'items': 'Somebody is named twice.',
  'too-many-affiliations': 'The room has as many affiliations as [multi-user-chat] affiliations allows.',
  'log-needed': 'The archive is needed by people who belong to the room.',
  'last-owner': 'The room needs an owner.',
  'busy': 'As many rooms are in use as [multi-user-chat] rooms allows.',
  'failed': 'The change could not be stored; nothing was changed. The log of the server has the reason.',
}
function wordsOf({ refuse, field, why }: Refusal, room: string): string {
  if (refuse === 'exists') return `There is a room ${room} already. To change it: room set ${room}`
  if (refuse === 'configuration') return `The setting ${wordOf(field!)} ${why!}.`
  return WORDS[refuse] ?? `The room refuses it: ${refuse}.`
}
