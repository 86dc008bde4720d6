/**
 * What a room and the people in it are called on Matrix. Where the room hides real addresses, everybody but the viewer has an id that
 * is made of the occupant id (MXR-13, MXR-20): by the time of which something is told, never by the rank of the reader (MXR-4).
 */
import { BoundedMap } from '../../base/bounded-map.ts'
import { occupantId } from '../../rooms/machine/occupants.ts'
import type { Room } from '../../rooms/machine/room.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import type { MediaNames } from '../ids/media-id.ts'
import { isVeiledId, jidOfUserId, serverName, userIdOf, veiledUserId, type UserIdSpace } from '../ids/user-id.ts'
import type { JsonObject } from './json.ts'
import { ADMIN, levelOf, MODERATOR } from './levels.ts'
import { isVeiled } from './open-rooms.ts'

/** People who are gone from the room and whose ids are still known. */
const KNOWN_MAX = 10_000

export interface NamesParts {
  readonly room: Room
  readonly roomId: string
  readonly alias: string
  /** The bare JID of the person who made the room. */
  readonly creator: string
  /** Of the accounts beside the room. */
  readonly domain: string
  readonly ids: UserIdSpace
  /** Of a conversation: states that are so whatever else, by type; null: there is none. */
  readonly fixed?: Map<string, JsonObject | null>
}

export class Names {
  /** The one that is in memory: another one when it has been loaded again. */
  room: Room
  readonly roomId: string
  readonly alias: string
  readonly creator: string
  readonly fixed: Map<string, JsonObject | null>
  /** Is it a conversation of two people? */
  readonly isDirect: boolean
  /** Of the accounts beside the room. */
  readonly domain: string
  readonly #ids: UserIdSpace
  /** By bare JID, and the other way round. */
  readonly #veiled = new BoundedMap<string, string>(KNOWN_MAX)
  readonly #people = new BoundedMap<string, string>(KNOWN_MAX)

  constructor({ room, roomId, alias, creator, domain, ids, fixed }: NamesParts) {
    this.room = room
    this.roomId = roomId
    this.alias = alias
    this.creator = creator
    this.isDirect = fixed !== undefined
    this.fixed = fixed ?? new Map()
    this.domain = domain
    this.#ids = ids
  }
  /** What URLs of files are for Matrix clients; null: nothing. */
  get media(): MediaNames | null {
    return this.#ids.media ?? null
  }
  /** The id of an address, for all to see. */
  openId(bare: string): string {
    return userIdOf(storedJid(bare), this.#ids)
  }
  /** The id of somebody whose address is not shown. What the room does by itself it does under its own name. */
  veiledId(bare: string): string {
    const { address, secret, occupants, nicksOf } = this.room
    if (bare === address.bare) return this.openId(bare)
    const known = this.#veiled.get(bare)
    if (known !== undefined) return known
    const nick = nicksOf.get(bare)?.[0]
    const id = veiledUserId(nick === undefined ? occupantId(secret, bare) : occupants.get(nick)!.id, this.domain)
    this.#veiled.set(bare, id)
    this.#people.set(id, bare)
    return id
  }
  /**
   * The person whose id that is, of either kind; null: nobody's, or that of somebody who was here long ago. Where the room hides nobody
   * any more the ids of hidden people are nobody's: what is done to them would tell whose they were (MXR-21).
   */
  bareOf(id: string): string | null {
    if (!isVeiledId(id)) return jidOfUserId(id, this.#ids)?.bare ?? null
    if (!isVeiled(this.room.facts.config)) return null
    const canonical = id.toLowerCase()
    return this.#people.get(canonical) ?? this.#found(canonical)
  }
  #found(id: string): string | null {
    if (!id.endsWith(`:${serverName(this.domain)}`)) return null
    const { members, nicksOf } = this.room
    for (const people of [nicksOf.keys(), members.keys()]) for (const bare of people) if (this.veiledId(bare) === id) return bare
    return null
  }
}

/** A room as one person sees it. */
export class Sight {
  readonly names: Names
  /** Bare JID. */
  readonly viewer: string
  /** The room has hidden addresses before, or does so now. */
  readonly wasVeiled: boolean

  constructor(names: Names, viewer: string, wasVeiled: boolean) {
    this.names = names
    this.viewer = viewer
    this.wasVeiled = wasVeiled
  }
  /** @param veiled addresses were hidden at the time that is told of */
  idOf(bare: string, veiled: boolean): string {
    return veiled && bare !== this.viewer ? this.names.veiledId(bare) : this.names.openId(bare)
  }
  /** The person who is called so; null: nobody. */
  bareOf(id: string, veiled: boolean): string | null {
    const bare = this.names.bareOf(id)
    const isOwn = bare === this.viewer && !isVeiledId(id)
    return bare !== null && (isOwn || isVeiledId(id) === (veiled && bare !== this.viewer)) ? bare : null
  }
  /** Does the room hide addresses now? */
  get isVeiled(): boolean {
    return isVeiled(this.names.room.facts.config)
  }
  /** May the viewer know addresses that the room hides? */
  get seesAddresses(): boolean {
    return this.#level >= MODERATOR
  }
  /** ...and who has to do with the room without being in it (ROOM-27)? */
  get seesAbsent(): boolean {
    return this.#level >= ADMIN
  }
  get #level(): number {
    const { members, facts } = this.names.room
    const member = members.get(this.viewer)
    return member === undefined ? 0 : levelOf(member, facts.config)
  }
}
