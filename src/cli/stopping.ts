/** `porchlight announce`, `restart` and `stop`: what the running server tells its users, and when it ends. */
import type { Command } from 'commander'
import { CommandError } from '../admin/command.ts'
import { spanOf } from '../base/settings.ts'
import type { World } from '../process/world.ts'
import { withServer } from './authority.ts'
import { setupOf, type ConfigOptions } from './config-options.ts'
import { restart } from './restart.ts'

interface StopOptions {
  readonly in?: string
  readonly announce?: string
}

export function stopProgram(root: Command, world: World): void {
  root
    .command('announce <text>')
    .description('send a message to everybody who is online')
    .option('--domain <domain>', 'only to the users of this domain')
    .action((text: string, _: unknown, command: Command) =>
      announce(world, text, command.optsWithGlobals<ConfigOptions & { readonly domain?: string }>()),
    )
  const stop = (name: string, description: string): Command =>
    root
      .command(name)
      .description(description)
      .option('--in <span>', 'how long to wait, such as "5 minutes"')
      .option('--announce <text>', 'the text that everybody who is online receives now')
  stop('restart', 'restart the running server; clients can resume their sessions').action((_: unknown, command: Command) =>
    order(world, 'restart', command.optsWithGlobals<ConfigOptions & StopOptions>()),
  )
  stop('stop', 'stop the running server')
    .option('--cancel', 'call off a restart or a stop that is to come')
    .action((_: unknown, command: Command) => {
      const options = command.optsWithGlobals<ConfigOptions & StopOptions & { readonly cancel?: true }>()
      return options.cancel === true ? cancel(world, options) : order(world, 'shutdown', options)
    })
}

async function announce(world: World, text: string, options: ConfigOptions & { readonly domain?: string }): Promise<void> {
  await withServer(setupOf(world, options), async (server) => {
    const { sessions } = (await server.ask('announce', { text, domain: options.domain ?? null })) as { sessions: number }
    world.stdout.write(`Sent to ${sessions === 1 ? '1 session' : `${sessions} sessions`}.\n`)
  })
}

async function order(world: World, name: 'restart' | 'shutdown', options: ConfigOptions & StopOptions): Promise<void> {
  const delay = secondsOf(options.in)
  const args = { delay, text: options.announce ?? '' }
  if (name === 'restart' && delay === 0) return restart(world, options, args)
  await withServer(setupOf(world, options), (server) => server.ask(name, args))
  const when = delay === 0 ? 'now' : `in ${options.in}; \`porchlight stop --cancel\` calls it off`
  world.stdout.write(`The server ${name === 'restart' ? 'restarts' : 'stops'} ${when}.\n`)
}

async function cancel(world: World, options: ConfigOptions): Promise<void> {
  await withServer(setupOf(world, options), (server) => server.ask('stop.cancel', {}))
  world.stdout.write('Called off.\n')
}

/** @throws CommandError */
function secondsOf(span: string | undefined): number {
  if (span === undefined) return 0
  const ms = spanOf(span)
  if (ms === null || ms < 1000 || ms > 86_400_000)
    throw new CommandError(`--in is a span of time from one second to one day, such as "5 minutes", not "${span}".`)
  return Math.round(ms / 1000)
}
