/** `porchlight user devices` and `user sign-out`: what can log in to an account without its password. */
import type { DeviceRow } from '../admin/user-commands.ts'
import type { World } from '../process/world.ts'
import { formatDateTime } from '../xmpp/datetime.ts'
import { withAuthority } from './authority.ts'
import { setupOf, type ConfigOptions, type OutputOptions } from './config-options.ts'

export async function listDevices(world: World, jid: string, options: ConfigOptions & OutputOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const rows = (await authority.ask('user.devices', { jid })) as readonly DeviceRow[]
    for (const row of rows) world.stdout.write(options.json === true ? `${JSON.stringify(row)}\n` : lineOf(row))
  })
}

/** @param device null: all of them */
export async function signOut(world: World, jid: string, device: string | null, options: ConfigOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const answer = (await authority.ask('user.sign-out', { jid, device })) as { readonly jid: string; readonly ended: number }
    const what = device === null ? 'All devices' : `The device ${device}`
    const ended = answer.ended === 1 ? '1 session has ended' : `${answer.ended} sessions have ended`
    world.stdout.write(`${what} of ${answer.jid} can log in with the password only. ${ended}.\n`)
  })
}

function lineOf({ id, name, firstAt, usedAt, expiresAt, sessions, paused }: DeviceRow): string {
  const connected = sessions.filter((resource) => !paused.includes(resource))
  const remarks = [
    ...(name === null ? [] : [name]),
    `first login ${formatDateTime(firstAt)}, last login ${formatDateTime(usedAt)}`,
    expiresAt === null ? 'no token' : `token until ${formatDateTime(expiresAt)}`,
    ...(connected.length === 0 ? [] : [`connected as ${connected.join(', ')}`]),
    ...(paused.length === 0 ? [] : [`paused as ${paused.join(', ')}`]),
  ]
  return `${id}  ${remarks.join('; ')}\n`
}
