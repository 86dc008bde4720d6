/**
 * `porchlight explain room ROOM NICK`: whether an occupant is known to be there, how that is known, and why not if it is in
 * doubt (ROOM-140). For operators only: it names real addresses.
 */
import * as v from 'valibot'
import type { Affiliation, Role } from '../rooms/machine/affiliation.ts'
import { nickKeys } from '../rooms/machine/nicks.ts'
import type { Occupant, OccupantSession, Room } from '../rooms/machine/room.ts'
import type { ServedRooms } from '../rooms/rooms.ts'
import type { Session } from '../server/account/session.ts'
import { standingOf } from '../server/explaining/standing.ts'
import type { Host } from '../server/feature.ts'
import type { Link } from '../server/links/links.ts'
import { CommandError, defineCommand, type Command } from './command.ts'
import { eventsOf, type Explanation, type Reason, type ResourceReport } from './explain-commands.ts'
import { isBroken } from './explain-scene.ts'
import { existingRoom } from './room-address.ts'

export interface RoomExplanation extends Pick<Explanation, 'verdict' | 'resources' | 'reasons' | 'remedies'> {
  readonly room: string
  readonly nick: string
  /** The real bare address. */
  readonly jid: string
  readonly role: Role
  readonly affiliation: Affiliation
}

export type ExplainRoomParts = Pick<Host, 'sessions' | 'links' | 'router' | 'journal'>

/** An occupant, and what this server knows of where its sessions are. */
interface Scene {
  readonly room: Room
  readonly occupant: Occupant
  readonly views: readonly View[]
}
/** One session of the occupant. */
interface View {
  readonly session: OccupantSession
  readonly place: 'here' | 'component' | 'elsewhere'
  /** Null: it is not here, or not any more. */
  readonly bound: Session | null
  /** Null: it is here, or no link was needed yet. */
  readonly link: Link | null
}

export const explainRoomCommand = (host: ExplainRoomParts, rooms: ServedRooms | null): Command =>
  defineCommand('explain.room', { room: v.string(), nick: v.string() }, async (given): Promise<RoomExplanation> => {
    const room = await existingRoom(rooms, given.room)
    const occupant = occupantCalled(room, given.nick)
    if (occupant === undefined)
      throw new CommandError(
        `Nobody with the nickname "${given.nick}" is in ${room.address.bare}. \`room show ${room.address.bare}\` lists who is.`,
      )
    const bound = new Map(Array.from(host.sessions.all(), (session) => [session.jid.full, session]))
    const views = occupant.sessions.map((session) => viewOf(host, room, session, bound.get(session.jid.full) ?? null))
    const scene = { room, occupant, views }
    return {
      room: room.address.bare,
      nick: occupant.nick,
      jid: occupant.bare,
      role: occupant.role,
      affiliation: occupant.affiliation,
      verdict: verdictOf(scene),
      resources: views.map(reportOf),
      reasons: [
        ...sessionReasons(scene),
        ...linkReasons(scene),
        ...shown(scene),
        ...eventsOf(host, views[0]!.session.jid.asBare),
      ],
      remedies: [...remedies(scene)],
    }
  })

/** The nickname as it is, or one that a reader cannot tell apart from it. */
const occupantCalled = ({ occupants, nicksInUse }: Room, nick: string): Occupant | undefined =>
  occupants.get(nick) ?? occupants.get(nicksInUse.get(nickKeys(nick)[0]) ?? '')

function viewOf(host: ExplainRoomParts, room: Room, session: OccupantSession, bound: Session | null): View {
  const kind = host.router.kindOf(session.jid.domain)
  const place = kind === 'elsewhere' ? 'elsewhere' : kind === 'component' ? 'component' : 'here'
  const link = place === 'elsewhere' ? (host.links.get(room.address.domain, session.jid.domain) ?? null) : null
  return { session, place, bound, link }
}

function verdictOf({ room, occupant, views }: Scene): string {
  const { nick, bare, doubts, sessions } = occupant
  const who = `${nick} (${bare})`
  const where = `in ${room.address.bare} with ${sessions.length === 1 ? '1 client' : `${sessions.length} clients`}`
  if (doubts.length > 0)
    return `Whether ${who} is still ${where} is not known: ${doubts.map((doubt) => DOUBT_WORDS[doubt]).join(', and ')}. Occupants whose client asks for that see the annotation; the others see ${nick} as before.`
  const unsure = views.filter((view) => !isSure(view)).length
  if (unsure === sessions.length)
    return `${who} was ${where}, and is not confirmed at this moment. Others have not been told so: it may be over in a moment.`
  return `${who} is ${where}${unsure === 0 ? '' : `, of which ${unsure} may be gone`}.`
}
const DOUBT_WORDS = {
  'connection-paused': 'its client has lost its connection, or is silent, and may come back',
  'server-unavailable': 'the link to its server is lost, or its server has not confirmed it since the link is back',
  'unknown': 'its server has not confirmed it since a link was lost',
} as const

const isSure = (view: View): boolean => view.session.doubts.length === 0 && reportOf(view).confidence === 'live'

function reportOf({ session, place, bound, link }: View): ResourceReport {
  const jid = session.jid.full
  const said = { confirmedAt: session.at, confirmedBy: 'stanza' } as const
  if (bound !== null) return { jid, ...standingOf(bound) }
  if (place === 'here') return { jid, confidence: 'unknown', ...said }
  if (link !== null && isBroken(link)) return { jid, confidence: 'link-lost', ...said }
  if (session.doubts.length > 0)
    return { jid, confidence: session.doubts.includes('connection-paused') ? 'paused' : 'unknown', ...said }
  // A link that is up again after a loss was asked over, and has answered; one that is not needed since was not
  if (link !== null && link.state !== 'up' && link.lostAt !== null && link.lostAt > session.at)
    return { jid, confidence: 'unknown', ...said }
  const heardAt = link?.state === 'up' ? link.heardAt : null
  return heardAt !== null && heardAt > session.at
    ? { jid, confidence: 'live', confirmedAt: heardAt, confirmedBy: 'link' }
    : { jid, confidence: 'live', ...said }
}

function* sessionReasons({ views }: Scene): Generator<Reason> {
  for (const view of views) {
    const { full } = view.session.jid
    yield { about: 'resource', words: `${full}: ${wayWords(view)}.`, since: view.bound?.boundAt ?? null }
    yield { about: 'resource', words: `${full}: last presence to the room.`, since: view.session.at }
  }
}
/** By which way the room hears of it. */
function wayWords({ session, place, bound }: View): string {
  if (place === 'component') return `behind the component ${session.jid.domain}`
  if (place === 'elsewhere') return `on the server ${session.jid.domain}`
  if (bound === null) return 'a client of this server that has no session'
  if (bound.connection === null) return 'a client of this server without a connection; it may come back'
  const { transport, remote } = bound.connection.info
  return `a client of this server, connected by ${transport} from ${remote}${bound.isAway ? ', and silent' : ''}`
}

function* linkReasons({ room, views }: Scene): Generator<Reason> {
  const ours = room.address.domain
  const domains = new Map(
    views.filter(({ place }) => place === 'elsewhere').map(({ session, link }) => [session.jid.domain, link]),
  )
  for (const [domain, link] of domains) {
    if (link === null) yield { about: 'link', words: `No link from ${ours} to ${domain} was needed yet.`, since: null }
    else {
      const told = link.isAnnouncedDown ? '; occupants have been told that it is lost' : ''
      yield { about: 'link', words: `The link from ${ours} to ${domain} is ${link.state}${told}.`, since: link.since }
    }
  }
}

/** How many others are told of doubts, out of those who see the occupant. */
function* shown({ room, occupant }: Scene): Generator<Reason> {
  const others = [...room.occupants.values()].filter(({ nick }) => nick !== occupant.nick).flatMap(({ sessions }) => sessions)
  const asking = others.filter(({ wantsDoubts }) => wantsDoubts).length
  yield { about: 'shown', words: `${asking} of ${others.length} other clients in the room ask for annotations.`, since: null }
  if (!room.facts.config.presenceBroadcast.includes(occupant.role))
    yield { about: 'shown', words: `The room does not show occupants with the role ${occupant.role} to everybody.`, since: null }
}

function* remedies({ views }: Scene): Generator<string> {
  for (const { session, bound, link } of views) {
    if (bound?.connection === null)
      yield `The client ${session.jid.full} comes back; if it does not in time, its session ends and it leaves the room.`
    if (link === null || !isBroken(link)) continue
    yield link.isForced
      ? `\`porchlight link up ${link.remote}\` allows the link again.`
      : `The link to ${link.remote} comes back. After [multi-user-chat] link-keep its users leave the room.`
  }
}
