/** Belonging to rooms: joining, leaving, inviting, putting out (MXR 2.3). */
import * as v from 'valibot'
import type { Command } from '../../rooms/machine/commands.ts'
import type { Reason } from '../../rooms/machine/refusals.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { forbidden, invalidParam, MatrixError, notFound } from '../http/errors.ts'
import { route, type Route } from '../http/routes.ts'
import { addressOfAlias, type RoomDomains } from '../ids/alias.ts'
import type { Access } from './access.ts'
import { isOpen, isVeiled } from './open-rooms.ts'
import type { AwakeRoom } from './awake-room.ts'
import { lastingMembership } from './memberships.ts'
import type { People } from './people.ts'
import { refusedBy } from './refusals.ts'
import type { MatrixRoomStore } from './store.ts'

export interface JoiningParts {
  readonly access: Access
  readonly domains: RoomDomains
  readonly people: People
  readonly store: MatrixRoomStore
  /** What the user is called; null: nothing. */
  readonly nameOf: (user: Jid) => Promise<string | null>
}

/** A reason of somebody, in characters. */
const REASON_MAX = 1024
const reason = v.optional(v.pipe(v.string(), v.maxLength(REASON_MAX)), '')
const withReason = v.object({ reason })
const aboutUser = v.object({ user_id: v.string(), reason })

/** The names that somebody takes in a room that hides addresses: none of them is a part of the address. */
export function hiddenNicks(id: string, name: string | null): readonly string[] {
  const wish = name ?? `Guest ${id.slice(id.lastIndexOf('_') + 1).slice(0, GUEST_LETTERS)}`
  return [wish, ...OTHERS.map((number) => `${wish} (${number})`)]
}
const GUEST_LETTERS = 5
const OTHERS = [2, 3, 4, 5] as const

/** The names that somebody takes in a room, the next one if somebody else has it (MXR-54). */
export function nicksFor(user: Jid, name: string | null): readonly string[] {
  const wish = name ?? user.local
  return [wish, `${wish} (${user.local})`, `${wish} (${user.bare})`, user.local, user.bare]
}

export class Joining {
  readonly #parts: JoiningParts

  constructor(parts: JoiningParts) {
    this.#parts = parts
  }
  /** @param target id or alias of a room @throws MatrixError */
  async find(target: string, user: Jid): Promise<AwakeRoom> {
    const { access, domains } = this.#parts
    const address = target.startsWith('#') ? addressOfAlias(target, domains) : null
    const awake = target.startsWith('!') ? await access.room(target, user) : address === null ? null : await access.at(address)
    if (awake === null) throw notFound('There is no such room')
    return awake
  }
  /** @throws MatrixError */
  async join(awake: AwakeRoom, user: Jid): Promise<void> {
    const { room } = awake
    if (!isOpen(room)) throw closed()
    const { people, store } = this.#parts
    if (lastingMembership(room.members.get(user.bare) ?? NOBODY) !== 'join') await checkRoomsOf(people, user)
    await this.#joinAs(awake, user)
    const { forgotten } = await people.of(user.bare)
    if (forgotten.delete(room.uid)) await store.remember(room.uid, user.bare)
  }
  async #joinAs(awake: AwakeRoom, user: Jid, isNew = false): Promise<void> {
    const { access, nameOf } = this.#parts
    const { room, names } = awake
    const own = room.members.get(user.bare)?.nick ?? room.nicksOf.get(user.bare)?.[0]
    const name = await nameOf(user)
    const wishes = isVeiled(room.facts.config) ? hiddenNicks(names.veiledId(user.bare), name) : nicksFor(user, name)
    const nicks = [...(own == null || isNew ? [] : [own]), ...wishes]
    for (const [i, nick] of nicks.entries()) {
      const refusal = await access.attempt(awake, user, { do: 'join', nick, password: null })
      if (refusal === null) return
      if (i === nicks.length - 1 || !NICK.includes(refusal.refuse)) throw refusedBy(refusal)
    }
  }
  /** Asks to be let in. @throws MatrixError */
  async knock(awake: AwakeRoom, user: Jid, why: string): Promise<void> {
    const { room, names } = awake
    if (!isOpen(room)) throw closed()
    const membership = lastingMembership(room.members.get(user.bare) ?? NOBODY)
    if (membership === 'join' || membership === 'invite') throw forbidden('You are in this room, or invited')
    const { access, people, store, nameOf } = this.#parts
    if (membership === null) await checkRoomsOf(people, user)
    const name = await nameOf(user)
    const [nick] = isVeiled(room.facts.config) ? hiddenNicks(names.veiledId(user.bare), name) : nicksFor(user, name)
    const refusal = await access.attempt(awake, user, { do: 'knock', nick: nick!, reason: why })
    if (refusal !== null) throw refusedBy(refusal)
    const { forgotten } = await people.of(user.bare)
    if (forgotten.delete(room.uid)) await store.remember(room.uid, user.bare)
  }
  /** The user has another name: they take it in their rooms (MXR-54), but where that would show who they are (MXR-25). */
  async rename(user: Jid): Promise<void> {
    const { access, people } = this.#parts
    const { rooms } = await people.of(user.bare)
    for (const address of [...rooms.values()]) {
      const awake = await access.at(address)
      const isWanted = awake !== null && isOpen(awake.room) && !isVeiled(awake.room.facts.config)
      if (isWanted && isJoined(awake, user)) await this.#joinAs(awake, user, true)
    }
  }
  /** @throws MatrixError */
  async forget(id: string, user: Jid): Promise<void> {
    const { access, people, store } = this.#parts
    const awake = await access.room(id, user)
    const member = awake?.room.members.get(user.bare)
    const membership = member === undefined ? null : lastingMembership(member)
    if (awake === null || membership === null) throw forbidden('You are not in this room')
    if (membership !== 'leave' && membership !== 'ban') throw new MatrixError(400, 'M_UNKNOWN', 'You have not left this room')
    // A conversation that was left is shown again with the next message, forgotten or not (MXR-97)
    if (awake.names.isDirect) return
    await store.forget(awake.room.uid, user.bare)
    const { forgotten } = await people.of(user.bare)
    forgotten.add(awake.room.uid)
  }
  /** In a members-only room somebody who is put out by an admin loses the right to come back (MXR 2.3). */
  kick({ room }: AwakeRoom, by: Jid, who: Jid, why: string): Command {
    const mine = room.members.get(by.bare)?.affiliation ?? 'none'
    const isExcluded = room.facts.config.membersOnly && (mine === 'owner' || mine === 'admin')
    const item = { of: { jid: who.bare }, reason: why }
    const membership = lastingMembership(room.members.get(who.bare) ?? NOBODY)
    const isMember = room.members.get(who.bare)?.affiliation === 'member'
    if (membership === null && !room.nicksOf.has(who.bare)) throw forbidden('This person is not in the room')
    return {
      do: 'change',
      items: [
        isExcluded && isMember ? { ...item, affiliation: 'none', role: null } : { ...item, affiliation: null, role: 'none' },
      ],
    }
  }
}
/** @throws MatrixError the user belongs to too many rooms */
export async function checkRoomsOf(people: People, { bare }: Jid): Promise<void> {
  if (!(await people.mayJoinMore(bare))) throw forbidden('You belong to too many rooms: leave some')
}
const closed = () => forbidden('The room keeps no history, or has a security label: it cannot be used with Matrix')
const NOBODY = { affiliation: 'none', standing: null } as const
/** Another name may do. */
const NICK: readonly Reason[] = ['nick-taken', 'nick-malformed']

export function joiningRoutes(joining: Joining, { access, people }: JoiningParts): readonly Route[] {
  const join = async (target: string, user: Jid): Promise<object> => {
    const awake = await joining.find(target, user)
    await joining.join(awake, user)
    return { room_id: awake.names.roomId }
  }
  const act = async (id: string, user: Jid, command: (awake: AwakeRoom) => Command): Promise<object> => {
    const awake = await access.joined(id, user)
    await access.perform(awake, user, command(awake))
    return {}
  }
  const banned = (who: Jid, affiliation: 'outcast' | 'none', why: string): Command => ({
    do: 'change',
    items: [{ of: { jid: who.bare }, affiliation, role: null, reason: why }],
  })
  return [
    route({ method: 'POST', path: '/join/:target', pace: 'join', handle: ({ params, user }) => join(params.target, user) }),
    route({ method: 'POST', path: '/rooms/:room/join', pace: 'join', handle: ({ params, user }) => join(params.room, user) }),
    route({
      method: 'POST',
      path: '/knock/:target',
      pace: 'join',
      body: withReason,
      handle: async ({ params, user, body }) => {
        const awake = await joining.find(params.target, user)
        await joining.knock(awake, user, body.reason)
        return { room_id: awake.names.roomId }
      },
    }),
    route({
      method: 'POST',
      path: '/rooms/:room/leave',
      body: withReason,
      handle: async ({ params, user, body }) => {
        const awake = await access.room(params.room, user)
        const member = awake?.room.members.get(user.bare)
        const membership = member === undefined ? null : lastingMembership(member)
        if (awake === null || membership === null || membership === 'ban') throw forbidden('You are not in this room')
        if (membership === 'invite' || membership === 'knock')
          await access.perform(awake, user, { do: 'decline', reason: body.reason })
        if (membership === 'join') await access.perform(awake, user, { do: 'leave', reason: body.reason })
        return {}
      },
    }),
    route({
      method: 'POST',
      path: '/rooms/:room/forget',
      handle: async ({ params, user }) => {
        await joining.forget(params.room, user)
        return {}
      },
    }),
    route({
      method: 'POST',
      path: '/rooms/:room/invite',
      pace: 'invite',
      body: aboutUser,
      handle: ({ params, user, body }) =>
        act(params.room, user, (awake) => invitation(awake, user, access.invitee(awake, body.user_id), body.reason)),
    }),
    route({
      method: 'POST',
      path: '/rooms/:room/kick',
      pace: 'state',
      body: aboutUser,
      handle: ({ params, user, body }) =>
        act(params.room, user, (awake) => joining.kick(awake, user, access.personIn(awake, body.user_id, user), body.reason)),
    }),
    route({
      method: 'POST',
      path: '/rooms/:room/ban',
      pace: 'state',
      body: aboutUser,
      handle: ({ params, user, body }) =>
        act(params.room, user, (awake) => banned(access.personIn(awake, body.user_id, user), 'outcast', body.reason)),
    }),
    route({
      method: 'POST',
      path: '/rooms/:room/unban',
      pace: 'state',
      body: aboutUser,
      handle: ({ params, user, body }) =>
        act(params.room, user, (awake) => unban(awake, access.personIn(awake, body.user_id, user), banned)),
    }),
    route({
      method: 'GET',
      path: '/joined_rooms',
      handle: async ({ user }) => {
        const { rooms } = await people.of(user.bare)
        const all = await Promise.all([...rooms].map(([, address]) => access.at(address)))
        const joined = all.filter((one) => one !== null && isOpen(one.room) && isJoined(one, user))
        return { joined_rooms: [...joined.map((one) => one!.names.roomId), ...(await access.direct.joined(user))] }
      },
    }),
  ]
}
const isJoined = ({ room }: AwakeRoom, { bare }: Jid): boolean => lastingMembership(room.members.get(bare) ?? NOBODY) === 'join'
function unban({ room }: AwakeRoom, who: Jid, banned: (who: Jid, to: 'none', why: string) => Command): Command {
  if (room.members.get(who.bare)?.affiliation !== 'outcast') throw forbidden('This person is not banned')
  return banned(who, 'none', '')
}
export function invitation(awake: AwakeRoom, by: Jid, who: Jid, why: string): Command {
  const { isVeiled, seesAddresses } = awake.sightOf(by.bare)
  const isJoined = lastingMembership(awake.room.members.get(who.bare) ?? NOBODY) === 'join'
  if (isJoined && (!isVeiled || seesAddresses)) throw forbidden('This person is in the room already')
  if (who.local === '') throw invalidParam('A server cannot be invited')
  return { do: 'invite', who: who.bare, reason: why }
}
