/** `porchlight status` and `porchlight explain`: as text, or with --json for programs. */
import type { Authority } from '../admin/control-client.ts'
import type { Explanation, Reason, ResourceReport } from '../admin/explain-commands.ts'
import type { RoomExplanation } from '../admin/explain-room.ts'
import { isStandBy, type StandByStatus, type Status } from '../admin/status-commands.ts'
import type { ComponentState } from '../server/routing/component-state.ts'
import type { World } from '../process/world.ts'
import { withAuthority, withServer } from './authority.ts'
import { setupOf, type ConfigOptions, type OutputOptions } from './config-options.ts'
import { linkText } from './links.ts'
import { span } from './span.ts'

/** @throws CommandError if the server is not running */
export async function showStatus(world: World, options: ConfigOptions & OutputOptions): Promise<void> {
  const status = (await withServer(setupOf(world, options), (server) => server.ask('status', {}))) as Status | StandByStatus
  world.stdout.write(options.json === true ? `${JSON.stringify(status)}\n` : statusText(status))
}

export async function explainOrder(world: World, options: ConfigOptions & OutputOptions): Promise<void> {
  const order = (await withAuthority(world, setupOf(world, options), (authority) =>
    authority.ask('explain.order', {}),
  )) as Record<string, readonly string[]>
  const lines = Object.entries(order).map(
    ([pipeline, stages]) => `${TITLES[pipeline] ?? pipeline}\n${stages.map((s, i) => `  ${i + 1}. ${s}\n`).join('')}`,
  )
  world.stdout.write(options.json === true ? `${JSON.stringify(order)}\n` : lines.join('\n'))
}

const TITLES: Readonly<Record<string, string>> = {
  fromClient: 'What a client sends passes',
  toAccount: 'What arrives for an account passes',
  toSession: 'What is written to one session passes',
}

/** @throws CommandError if the server is not running, or if the first user has no account here */
export async function explainPresence(
  world: World,
  watcher: string,
  contact: string,
  options: ConfigOptions & OutputOptions,
): Promise<void> {
  const ask = (server: Authority): Promise<unknown> => server.ask('explain.presence', { watcher, contact })
  const explanation = (await withServer(setupOf(world, options), ask)) as Explanation
  world.stdout.write(options.json === true ? `${JSON.stringify(explanation)}\n` : explanationText(explanation))
}

/** @throws CommandError if the server is not running, or if nobody of that nickname is in the room */
export async function explainRoom(
  world: World,
  room: string,
  nick: string,
  options: ConfigOptions & OutputOptions,
): Promise<void> {
  const ask = (server: Authority): Promise<unknown> => server.ask('explain.room', { room, nick })
  const explanation = (await withServer(setupOf(world, options), ask)) as RoomExplanation
  world.stdout.write(options.json === true ? `${JSON.stringify(explanation)}\n` : explanationText(explanation))
}

type Told = Pick<Explanation, 'verdict' | 'resources' | 'reasons' | 'remedies'>
function explanationText({ verdict, resources, reasons, remedies }: Told): string {
  const line = ({ words, since }: Reason): string =>
    `  ${words}${since === null ? '' : ` Since ${new Date(since).toISOString()}.`}\n`
  const part = (title: string, lines: readonly string[]): string => (lines.length === 0 ? '' : `\n${title}\n${lines.join('')}`)
  const of = (...about: readonly Reason['about'][]): string[] => reasons.filter((r) => about.includes(r.about)).map(line)
  return [
    `${verdict}\n`,
    part('Who may see whom', of('subscription', 'block')),
    part('What there is to see', of('resource', 'link')),
    part('How well it is known', resources.map(standingLine)),
    part('What was shown', of('shown')),
    part('What happened lately', reasons.filter((r) => r.about === 'history').map(eventLine)),
    part(
      'What would change it',
      remedies.map((words) => `  ${words}\n`),
    ),
  ].join('')
}

const eventLine = ({ words, since }: Reason): string => `  ${since === null ? '' : `${new Date(since).toISOString()} `}${words}\n`

/** A presence that was never confirmed is unknown: the line calls it neither available nor unavailable. */
function standingLine({ jid, confidence, confirmedAt, confirmedBy }: ResourceReport): string {
  const when =
    confirmedAt === null ? 'never confirmed' : `last confirmed ${new Date(confirmedAt).toISOString()} by ${confirmedBy}`
  return `  ${jid}: ${confidence}, ${when}.\n`
}

const domainText = ({ domain, accounts, oldKeys }: Status['domains'][number]): string =>
  `${domain} with ${counted(accounts, 'account')}${oldKeys === 0 ? '' : `, ${oldKeys} of them with old keys`}`

function statusText(s: Status | StandByStatus): string {
  if (isStandBy(s))
    return `Standing by since ${new Date(s.standby.since).toISOString()}, process ${s.standby.pid}. Serving is the one ${s.standby.serving}.\n`
  const rows: readonly (readonly [string, string])[] = [
    ['Porchlight', `${s.version} on Node.js ${s.runtime}, process ${s.pid}, up ${span(s.uptimeMs)}`],
    ['Online', `${counted(s.online, 'account')} with ${counted(s.sessions, 'session')}${pausedText(s)}${devicesText(s.devices)}`],
    ...s.domains.map((one) => ['Domain', domainText(one)] as const),
    ...(s.rooms === null ? [] : [['Rooms', roomsText(s.rooms)] as const]),
    ...s.listening.map(({ what, address }) => ['Listening', `${address} (${what})`] as const),
    ...s.components.map((c) => ['Component', componentText(c, s.startedAt + s.uptimeMs)] as const),
    ...(s.links.total === 0 ? [] : [['Links', linksText(s.links)] as const]),
    ...s.links.lost.map((link) => ['Link', linkText(link, s.startedAt + s.uptimeMs)] as const),
    ...s.certificates.map(
      (c) => ['Certificate', `${c.file} until ${new Date(c.expiresAt).toISOString().slice(0, 10)}, SHA-256 ${c.sha256}`] as const,
    ),
    ['Data', s.inMemory ? 'in memory only' : s.dataDirectory],
    ['Settings', s.configFile ?? 'built in'],
    ['Memory', `${(s.memoryBytes / 1e6).toFixed(0)} MB`],
  ]
  return rows.map(([name, value]) => `${name.padEnd(12)} ${value}\n`).join('')
}

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

const pausedText = ({ paused }: Status): string => (paused === 0 ? '' : ` (${paused} paused)`)
const devicesText = (n: number): string => (n === 0 ? '' : ` and ${counted(n, 'Matrix device')}`)

function roomsText({ domains, total, occupants, doubted }: NonNullable<Status['rooms']>): string {
  const inside = occupants === 0 ? '' : ` with ${counted(occupants, 'occupant')}${doubted === 0 ? '' : ` (${doubted} in doubt)`}`
  return `${counted(total, 'room')} at ${domains.join(', ')}${inside}`
}

function linksText({ total, ...states }: Status['links']): string {
  const some = (['up', 'idle', 'suspect', 'down'] as const).filter((state) => states[state] > 0)
  return `${total}: ${some.map((state) => `${states[state]} ${state}`).join(', ')}`
}

function componentText({ domain, connected, since, remote, ending }: ComponentState, now: number): string {
  if (since === null) return `${domain} not connected since the start`
  const how = ending === null ? '' : ` (${ending})`
  return connected
    ? `${domain} connected from ${remote} for ${span(now - since)}`
    : `${domain} not connected for ${span(now - since)}${how}`
}
