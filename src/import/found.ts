/** What a reader of another server's files comes upon, one after the other. */
import type { ImportedUser } from './user.ts'

export type Found =
  | { readonly kind: 'user'; readonly user: ImportedUser }
  /** Where, and why. */
  | { readonly kind: 'unreadable'; readonly where: string; readonly why: string }
  /** Of a kind that this server does not keep. */
  | { readonly kind: 'left-out'; readonly what: string }

export const unreadable = (where: string, error: unknown): Found => ({ kind: 'unreadable', where, why: (error as Error).message })
