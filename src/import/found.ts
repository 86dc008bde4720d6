/** What the reader of another server's files finds, one thing after the other. */
import type { PastSaying } from '../rooms/past.ts'
import type { ImportedRoom } from './imported-room.ts'
import type { ImportedUser } from './user.ts'

export type Found =
  | { readonly kind: 'user'; readonly user: ImportedUser }
  | { readonly kind: 'room'; readonly room: ImportedRoom }
  /** Of a room that was found before, by its bare address: the oldest first, and none older than those of an earlier find. */
  | { readonly kind: 'history'; readonly room: string; readonly said: readonly PastSaying[] }
  /** The place, and the reason. */
  | { readonly kind: 'unreadable'; readonly where: string; readonly why: string }
  /** Data of a kind that this server does not store. */
  | { readonly kind: 'left-out'; readonly what: string }

export const unreadable = (where: string, error: unknown): Found => ({ kind: 'unreadable', where, why: (error as Error).message })
