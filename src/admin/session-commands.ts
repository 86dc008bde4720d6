/** Commands that list and end sessions. */
import * as v from 'valibot'
import { kicked } from '../server/account/endings.ts'
import type { Host } from '../server/feature.ts'
import type { Session } from '../server/account/session.ts'
import { CommandError, defineCommand, limit, type Command } from './command.ts'
import { reasonFrom } from './reason.ts'
import { sessionPage, SESSION_ORDERS, STANDINGS, type SessionPage, type SessionRow } from './session-list.ts'

/** The defaults are what the command line wants. */
const LIST = {
  find: v.string(),
  after: v.string(),
  state: v.optional(v.nullable(v.picklist(STANDINGS)), null),
  order: v.optional(v.picklist(SESSION_ORDERS), 'address'),
  limit: v.optional(limit, Number.MAX_SAFE_INTEGER),
}

/** `spared`: the full JID of a session that whoever gives the order ends by themselves; '' for none. */
const KICK = { jid: v.string(), reason: v.string(), spared: v.optional(v.string(), '') }

type Parts = Pick<Host, 'sessions' | 'accounts'>

export function sessionCommands({ sessions, accounts }: Parts, pageSize: number): readonly Command[] {
  return [
    defineCommand('session.list', LIST, ({ find, after, state, order, limit }): SessionPage => {
      const rows = [...sessions.all()].map((session) => rowOf(session))
      return sessionPage(rows, { find, standing: state, order, after, size: Math.min(limit, pageSize) })
    }),
    defineCommand('session.kick', KICK, ({ jid, reason, spared }) => {
      const ending = kicked(reasonFrom(reason))
      const bound = [...accounts.attended()].flatMap(({ resources }) => resources)
      const named = bound.filter((endpoint) => endpoint.jid.full === jid || endpoint.jid.bare === jid)
      if (named.length === 0)
        throw new CommandError(
          `There is no session ${jid}. It may have ended by itself; the list shows those that there are.`,
          'missing',
        )
      for (const endpoint of named) if (endpoint.jid.full !== spared) endpoint.end(ending)
      return { jid, ended: named.length }
    }),
  ]
}

function rowOf({ jid, boundAt, connection, presence, lane, room, pause }: Session): SessionRow {
  return {
    jid: jid.full,
    boundAt,
    state: connection === null ? 'paused' : 'connected',
    pausedAt: connection === null ? (pause?.since ?? null) : null,
    transport: connection?.info.transport ?? null,
    encryption: connection?.info.encryption ?? null,
    remote: connection?.info.remote ?? null,
    mechanism: connection?.info.mechanism ?? null,
    heardAt: connection?.heardAt ?? null,
    available: presence !== null,
    waiting: lane.depth,
    unacknowledged: room.unacknowledged,
  }
}
