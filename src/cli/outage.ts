/** `porchlight outage ...`: what clients are told of an outage (XEP-0455). */
import type { Command } from 'commander'
import { CommandError } from '../admin/command.ts'
import type { Outage } from '../admin/outage-commands.ts'
import type { World } from '../process/world.ts'
import { formatDateTime, parseDateTime } from '../xmpp/datetime.ts'
import { withAuthority } from './authority.ts'
import { setupOf, type ConfigOptions, type OutputOptions } from './config-options.ts'
import { pairsFrom } from './pairs.ts'

interface SetOptions {
  readonly planned?: true
  readonly from?: string
  readonly until?: string
}

export function outageProgram(root: Command, world: World): void {
  const outage = root
    .command('outage')
    .description('the outage that clients are told of in /status.json; works with and without a running server')
  outage
    .command('show')
    .description('show the outage that is announced')
    .option('--json', 'for programs')
    .action((_: unknown, command: Command) => show(world, command.optsWithGlobals<ConfigOptions & OutputOptions>()))
  outage
    .command('set <text> [translations...]')
    .description('announce an outage, with a text in other languages too, such as de="Wir bauen um"')
    .option('--planned', 'it is planned')
    .option('--from <time>', 'when it begins, such as 2030-01-31T22:00:00Z (now)')
    .option('--until <time>', 'when it will probably be over')
    .action((text: string, translations: string[], _: unknown, command: Command) =>
      set(world, text, translations, command.optsWithGlobals<ConfigOptions & SetOptions>()),
    )
  outage
    .command('clear')
    .description('the outage is over')
    .action((_: unknown, command: Command) => clear(world, command.optsWithGlobals<ConfigOptions>()))
}

async function show(world: World, options: ConfigOptions & OutputOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const outage = (await authority.ask('outage.show', {})) as Outage | null
    world.stdout.write(options.json === true ? `${JSON.stringify(outage)}\n` : textOf(outage))
  })
}

async function set(
  world: World,
  text: string,
  translations: readonly string[],
  options: ConfigOptions & SetOptions,
): Promise<void> {
  const message = { ...pairsFrom(translations, 'de="Wir bauen um"'), default: text }
  const [beginning, end] = [timeFrom(options.from), timeFrom(options.until)]
  await withAuthority(world, setupOf(world, options), async (authority) => {
    const outage = await authority.ask('outage.set', { planned: options.planned === true, beginning, end, message })
    world.stdout.write(textOf(outage as Outage))
  })
}

async function clear(world: World, options: ConfigOptions): Promise<void> {
  await withAuthority(world, setupOf(world, options), (authority) => authority.ask('outage.clear', {}))
  world.stdout.write('No outage is announced any more.\n')
}

/** Null if it was not given. @throws CommandError */
function timeFrom(text: string | undefined): number | null {
  if (text === undefined) return null
  const time = parseDateTime(text)
  if (time === null) throw new CommandError(`"${text}" is not a time. Write it like 2030-01-31T22:00:00Z.`)
  return time
}

function textOf(outage: Outage | null): string {
  if (outage === null) return 'No outage is announced.\n'
  const { planned, beginning, end, message } = outage
  const until = end === null ? '' : ` until ${formatDateTime(end)}`
  const words = Object.entries(message).map(([language, text]) => `${language}: ${text}\n`)
  return `${planned ? 'Planned: from' : 'Since'} ${formatDateTime(beginning)}${until}\n${words.join('')}`
}
