/** `porchlight session ...`: lists the connected clients and ends their sessions. */
import type { SessionPage, SessionRow } from '../admin/session-list.ts'
import type { World } from '../process/world.ts'
import { withServer } from './authority.ts'
import { setupOf, type ConfigOptions, type OutputOptions } from './config-options.ts'

/** @param find a part of the wanted addresses; '' for all */
export async function listSessions(world: World, find: string, options: ConfigOptions & OutputOptions): Promise<void> {
  await withServer(setupOf(world, options), async (server) => {
    for (let after: string | null = ''; after !== null;) {
      const page = (await server.ask('session.list', { find, after })) as SessionPage
      for (const row of page.sessions) world.stdout.write(options.json === true ? `${JSON.stringify(row)}\n` : lineOf(row))
      after = page.next
    }
  })
}

function lineOf({ jid, state, available, transport, encryption, remote, unacknowledged }: SessionRow): string {
  const how =
    transport === null ? [] : [`${transport}${encryption === null ? ' without encryption' : `, ${encryption}`}`, remote!]
  const remarks = [
    state,
    ...(available ? [] : ['not available']),
    ...how,
    ...(unacknowledged === 0 ? [] : [`${unacknowledged} stanzas unacknowledged`]),
  ]
  return `${jid}  ${remarks.join(', ')}\n`
}

export interface EndOptions {
  readonly reason?: string
}

/** @param jid the address of a session, or of an account to end all its sessions */
export async function endSession(world: World, jid: string, options: ConfigOptions & EndOptions): Promise<void> {
  await withServer(setupOf(world, options), async (server) => {
    const { ended } = (await server.ask('session.kick', { jid, reason: options.reason ?? '' })) as { readonly ended: number }
    world.stdout.write(ended === 1 ? `1 session of ${jid} has ended.\n` : `${ended} sessions of ${jid} have ended.\n`)
  })
}
