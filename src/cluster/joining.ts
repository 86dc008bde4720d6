/** What a program that wants a database does when another one has it (CL-29). Pure. */
import type { Millis } from '../base/clock.ts'
import { isLeaseOver } from './tenure.ts'

/** What a program uses the database for: as the only server, as one of several of which one serves, or for one command. */
export type Role = 'alone' | 'stand-by' | 'command'

/** The program that has the database. */
export interface Holder {
  readonly role: Role
  /** How long ago it renewed its lease, by the clock of the database. */
  readonly age: Millis
  /** It has renewed its lease since this program looked for the first time. */
  readonly hasRenewed: boolean
  /** It had the same data directory, and none of its connections is left: its process has ended. */
  readonly hasEnded: boolean
}
export interface Waiting {
  readonly role: Role
  /** How long this program has waited. */
  readonly waited: Millis
  /** How long it has renewed its own row without a gap. */
  readonly renewingFor: Millis
}
export type Decision = 'take' | 'wait' | 'refuse' | 'refuse a stand-by'

/** How long a program that is just ending may take. */
const ENDING_MS: Millis = 5_000

export function decide(holder: Holder | null, { role, waited, renewingFor }: Waiting): Decision {
  if (holder === null || holder.hasEnded || isLeaseOver(holder.age, renewingFor)) return 'take'
  if (waited < ENDING_MS || !holder.hasRenewed) return 'wait'
  if (role !== 'stand-by') return 'refuse'
  // It would go on without the database, and so beside the one that takes over
  return holder.role === 'alone' ? 'refuse a stand-by' : 'wait'
}
