/** Who has a nickname, or one that cannot be told from it. */
import { nickKeys } from './nicks.ts'
import type { Occupant, Tables } from './room.ts'

/** The occupant of this person whose nickname is that one, or cannot be told from it. */
export function ownHolder(tables: Tables, bare: string, nick: string): Occupant | undefined {
  for (const key of nickKeys(nick)) {
    const holder = tables.nicksInUse.get(key)
    const occupant = holder === undefined ? undefined : tables.occupants.get(holder)
    if (occupant?.bare === bare) return occupant
  }
  return undefined
}

/** 7.2.8: is the nickname, or one that cannot be told from it, of another person who is here or has reserved it? */
export function isTaken(tables: Tables, bare: string, nick: string): boolean {
  return nickKeys(nick).some((key) => {
    const holder = tables.nicksInUse.get(key)
    const reservedFor = tables.nicksReserved.get(key)
    const isHeld = holder !== undefined && tables.occupants.get(holder)!.bare !== bare
    return isHeld || (reservedFor !== undefined && reservedFor !== bare)
  })
}
