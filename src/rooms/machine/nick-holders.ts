/** Who uses or has reserved a nickname, or one that looks the same. */
import { nickKeys } from './nicks.ts'
import type { Occupant, Tables } from './room.ts'

/** The occupant of this person with that nickname, or with one that looks the same. */
export function ownHolder(tables: Tables, bare: string, nick: string): Occupant | undefined {
  for (const key of nickKeys(nick)) {
    const holder = tables.nicksInUse.get(key)
    const occupant = holder === undefined ? undefined : tables.occupants.get(holder)
    if (occupant?.bare === bare) return occupant
  }
  return undefined
}

/** 7.2.8: does another person use, or has another person reserved, this nickname or one that looks the same? */
export function isTaken(tables: Tables, bare: string, nick: string): boolean {
  return nickKeys(nick).some((key) => {
    const holder = tables.nicksInUse.get(key)
    const reservedFor = tables.nicksReserved.get(key)
    const isHeld = holder !== undefined && tables.occupants.get(holder)!.bare !== bare
    return isHeld || (reservedFor !== undefined && reservedFor !== bare)
  })
}
