/** Sessions, as the operator sees and ends them. */
import * as v from 'valibot'
import type { Millis } from '../base/clock.ts'
import { kicked } from '../server/endings.ts'
import type { Host } from '../server/feature.ts'
import type { Session } from '../server/session.ts'
import { CommandError, defineCommand, type Command } from './command.ts'
import { reasonFrom } from './reason.ts'

export interface SessionRow {
  readonly jid: string
  /** Milliseconds since 1970. */
  readonly boundAt: Millis
  /** 'paused': it waits for its client to come back. */
  readonly state: 'connected' | 'paused'
  /** Null: it has no connection at present. */
  readonly transport: string | null
  readonly encryption: string | null
  readonly remote: string | null
  readonly mechanism: string | null
  readonly heardAt: Millis | null
  /** Has it said that it is available? */
  readonly available: boolean
  /** Stanzas that its client has sent and that wait to be processed. */
  readonly waiting: number
  /** Stanzas that wait for its client to acknowledge them, or to come back. */
  readonly unacknowledged: number
}
/** One page of `session.list`. */
export interface SessionPage {
  readonly sessions: readonly SessionRow[]
  /** Where the next page begins; null: this is the last one. */
  readonly next: string | null
}

type Parts = Pick<Host, 'sessions'>

export function sessionCommands({ sessions }: Parts, pageSize: number): readonly Command[] {
  return [
    defineCommand('session.list', { find: v.string(), after: v.string() }, ({ find, after }): SessionPage => {
      const found = [...sessions.all()]
        .filter((session) => session.jid.full > after && session.jid.full.includes(find))
        .sort((a, b) => (a.jid.full < b.jid.full ? -1 : 1))
      const page = found.slice(0, pageSize)
      return {
        sessions: page.map((session) => rowOf(session, sessions.unacknowledged(session))),
        next: found.length > pageSize ? page.at(-1)!.jid.full : null,
      }
    }),
    defineCommand('session.kick', { jid: v.string(), reason: v.string() }, ({ jid, reason }) => {
      const ending = kicked(reasonFrom(reason))
      const named = [...sessions.all()].filter((session) => session.jid.full === jid || session.jid.bare === jid)
      if (named.length === 0)
        throw new CommandError(`There is no session ${jid}. It may have ended by itself; the list shows those that there are.`)
      for (const session of named) sessions.end(session, ending)
      return { jid, ended: named.length }
    }),
  ]
}

function rowOf({ jid, boundAt, connection, presence, lane }: Session, unacknowledged: number): SessionRow {
  return {
    jid: jid.full,
    boundAt,
    state: connection === null ? 'paused' : 'connected',
    transport: connection?.info.transport ?? null,
    encryption: connection?.info.encryption ?? null,
    remote: connection?.info.remote ?? null,
    mechanism: connection?.info.mechanism ?? null,
    heardAt: connection?.heardAt ?? null,
    available: presence !== null,
    waiting: lane.depth,
    unacknowledged,
  }
}
