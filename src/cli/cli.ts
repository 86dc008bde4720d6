/** The command line: what can be typed, and which exit code comes of it. */
import { Command, CommanderError, Option } from 'commander'
import { CommandError } from '../admin/command.ts'
import { ControlError } from '../admin/control-server.ts'
import { ConfigError } from '../config/problem.ts'
import { CertificateError } from '../net/certificate-files.ts'
import { BAD_CONFIG, FAILED, INTERNAL, OK, UNAVAILABLE, USAGE } from '../process/exit-codes.ts'
import { PortError } from '../process/ports.ts'
import type { World } from '../process/world.ts'
import { StorageError } from '../storage/storage-error.ts'
import {
  addUser,
  changePassword,
  deleteUser,
  disableUser,
  enableUser,
  listUsers,
  setUser,
  type DisableOptions,
  type PasswordOptions,
} from './accounts.ts'
import { makeBackup } from './backup.ts'
import { check } from './check.ts'
import type { ConfigOptions, OutputOptions } from './config-options.ts'
import { importUsers, type ImportOptions } from './import.ts'
import { explainOrder, explainPresence, showStatus } from './inspect.ts'
import { openOperatorView, type OperatorOptions } from './operator.ts'
import { checkRosters, type RosterOptions } from './rosters.ts'
import { listLinks, orderLink, type LinkOptions } from './links.ts'
import { addUsers } from './many-users.ts'
import { restart } from './restart.ts'
import { endSession, listSessions, type EndOptions } from './sessions.ts'
import { start } from './start.ts'

/** Carries out what the command line says. @returns the exit code */
export async function runCli(world: World): Promise<number> {
  const outcome = { code: OK }
  try {
    await program(world, outcome).parseAsync(world.args, { from: 'user' })
    return outcome.code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? OK : USAGE
    const [code, message] = verdict(error)
    world.stderr.write(`${message}\n`)
    return code
  }
}

function program(world: World, outcome: { code: number }): Command {
  const root = new Command('porchlight')
  root.description('An XMPP presence server.').version(world.software.version)
  root.option('-c, --config <file>', 'the configuration (porchlight.toml in the current directory if there is one)')
  // Before any subcommand is made: they inherit both.
  root
    .exitOverride()
    .configureOutput({ writeOut: (text) => world.stdout.write(text), writeErr: (text) => world.stderr.write(text) })

  root
    .command('start')
    .description('start the server; Ctrl-C or SIGTERM stops it, SIGHUP reads its certificates again')
    .addOption(new Option('--fresh', 'keep nothing: the database is in memory').default(false))
    .action(async (_: unknown, command: Command) => {
      outcome.code = await start(world, command.optsWithGlobals())
    })
  root
    .command('check')
    .description('say what is wrong with the configuration, without starting anything')
    .action((_: unknown, command: Command) => check(world, command.optsWithGlobals<ConfigOptions>()))
  root
    .command('status')
    .description('how the running server is')
    .option('--json', 'for programs')
    .action((_: unknown, command: Command) => showStatus(world, command.optsWithGlobals<ConfigOptions & OutputOptions>()))
  root
    .command('restart')
    .description('have the running server start again; sessions whose clients can resume them live on')
    .action((_: unknown, command: Command) => restart(world, command.optsWithGlobals<ConfigOptions>()))
  root
    .command('admin')
    .description("print a link that lets a browser into the operator's view")
    .option('--viewer', 'who sees everything and may change nothing')
    .action((_: unknown, command: Command) => openOperatorView(world, command.optsWithGlobals<ConfigOptions & OperatorOptions>()))
  root
    .command('import <file-or-folder>')
    .description("take over accounts: a file of XEP-0227, or Prosody's data folder; needs the server stopped")
    .option('--dry-run', 'say what would be taken and what not, and change nothing')
    .action(async (place: string, _: unknown, command: Command) => {
      outcome.code = await importUsers(world, place, command.optsWithGlobals<ConfigOptions & ImportOptions>())
    })
  root
    .command('backup <directory>')
    .description('copy the database and the secrets of the server into a new directory, while it runs or not')
    .action((place: string, _: unknown, command: Command) => makeBackup(world, place, command.optsWithGlobals<ConfigOptions>()))
  root
    .command('version')
    .description('the version of this program')
    .action(() => world.stdout.write(`porchlight ${world.software.version} on Node.js ${world.runtime}\n`))
  explainCommands(root, world)
  linkCommands(root, world)
  sessionCommands(root, world)
  userCommands(root, world)
  rosterCommands(root, world, outcome)
  return root
}

function explainCommands(root: Command, world: World): void {
  const explain = root.command('explain').description('why somebody is seen as he is, and how the server works')
  explain
    .command('presence <watcher> <contact>', { isDefault: true })
    .description('why the first of the two sees the other as he does, at this moment')
    .option('--json', 'for programs')
    .action((watcher: string, contact: string, _: unknown, command: Command) =>
      explainPresence(world, watcher, contact, command.optsWithGlobals<ConfigOptions & OutputOptions>()),
    )
  explain
    .command('order')
    .description('which stages a stanza passes, in their order')
    .option('--json', 'for programs')
    .action((_: unknown, command: Command) => explainOrder(world, command.optsWithGlobals<ConfigOptions & OutputOptions>()))
}

function linkCommands(root: Command, world: World): void {
  const link = root.command('link').description('links to other servers; needs the running server')
  link
    .command('list')
    .description('all that are known, and how they are')
    .option('--json', 'for programs, one a line')
    .action((_: unknown, command: Command) => listLinks(world, command.optsWithGlobals<ConfigOptions & OutputOptions>()))
  const order = (name: 'down' | 'up', description: string): Command =>
    link
      .command(`${name} <domain>`)
      .description(description)
      .option('--local <domain>', 'of this domain of ours only')
      .action((domain: string, _: unknown, command: Command) =>
        orderLink(world, domain, name, command.optsWithGlobals<ConfigOptions & LinkOptions>()),
      )
  order('down', 'take the link to a domain down: nothing goes in or out, and users are told')
  order('up', 'let it up again: it is tried at once')
}

function sessionCommands(root: Command, world: World): void {
  const session = root.command('session').description('connected clients; needs the running server')
  session
    .command('list [part]')
    .description('all sessions, or those with this part in their address')
    .option('--json', 'for programs, one a line')
    .action((part: string | undefined, _: unknown, command: Command) =>
      listSessions(world, part ?? '', command.optsWithGlobals<ConfigOptions & OutputOptions>()),
    )
  session
    .command('end <jid>')
    .description('end a session, or with the address of an account all its sessions')
    .option('--reason <text>', 'what its user is told')
    .action((jid: string, _: unknown, command: Command) =>
      endSession(world, jid, command.optsWithGlobals<ConfigOptions & EndOptions>()),
    )
}

function userCommands(root: Command, world: World): void {
  const user = root.command('user').description('accounts; works with and without a running server')
  const withPassword = (name: string, description: string): Command =>
    user
      .command(`${name} <jid>`)
      .description(`${description}; asks for the password, or reads a line of standard input`)
      .option('--password-file <file>', 'the password is the first line of this file')
      .option('--generate', 'make a password and print it')
  withPassword('add', 'make an account').action((jid: string, _: unknown, command: Command) =>
    addUser(world, jid, command.optsWithGlobals<ConfigOptions & PasswordOptions>()),
  )
  withPassword('passwd', 'give an account another password, and end its sessions').action(
    (jid: string, _: unknown, command: Command) =>
      changePassword(world, jid, command.optsWithGlobals<ConfigOptions & PasswordOptions>()),
  )
  user
    .command('add-all <file>')
    .description('make an account for each line of a CSV file: "address,password"; without a password one is made and printed')
    .action((file: string, _: unknown, command: Command) => addUsers(world, file, command.optsWithGlobals<ConfigOptions>()))
  user
    .command('disable <jid>')
    .description('let nobody use an account, and end its sessions; what is kept of it stays')
    .option('--reason <text>', 'what whoever has it is told')
    .action((jid: string, _: unknown, command: Command) =>
      disableUser(world, jid, command.optsWithGlobals<ConfigOptions & DisableOptions>()),
    )
  user
    .command('enable <jid>')
    .description('let a disabled account be used again')
    .action((jid: string, _: unknown, command: Command) => enableUser(world, jid, command.optsWithGlobals<ConfigOptions>()))
  user
    .command('set <jid> <settings...>')
    .description('what others may know: last-seen=exact|coarse|none, share-paused=contacts|local|none; default takes it back')
    .action((jid: string, settings: string[], _: unknown, command: Command) =>
      setUser(world, jid, settings, command.optsWithGlobals<ConfigOptions>()),
    )
  user
    .command('delete <jid>')
    .description('remove an account and all that is kept of it')
    .action((jid: string, _: unknown, command: Command) => deleteUser(world, jid, command.optsWithGlobals<ConfigOptions>()))
  user
    .command('list [domain]')
    .description('the accounts of a domain, or of all')
    .option('--json', 'for programs')
    .action((domain: string | undefined, _: unknown, command: Command) =>
      listUsers(world, domain ?? null, command.optsWithGlobals<ConfigOptions & OutputOptions>()),
    )
}

function rosterCommands(root: Command, world: World, outcome: { code: number }): void {
  const roster = root.command('roster').description('rosters; works with and without a running server')
  roster
    .command('check')
    .description('which rosters of accounts here disagree with each other; changes nothing, unless asked to')
    .option('--fix', 'set right what is found')
    .option('--json', 'for programs: one finding a line')
    .action(async (_: unknown, command: Command) => {
      outcome.code = await checkRosters(world, command.optsWithGlobals<ConfigOptions & OutputOptions & RosterOptions>())
    })
}

/** What to tell the operator of an error, and the exit code. */
function verdict(error: unknown): readonly [code: number, message: string] {
  if (error instanceof ConfigError) return [BAD_CONFIG, error.message]
  if (error instanceof CommandError) return [FAILED, error.message]
  if ([CertificateError, StorageError, ControlError, PortError].some((kind) => error instanceof kind))
    return [UNAVAILABLE, (error as Error).message]
  const { code, path, message } = error as NodeJS.ErrnoException
  if (code !== undefined && path !== undefined)
    return [
      UNAVAILABLE,
      `${path} cannot be used (${message}). Check that it exists and that the server's user may read and write it.`,
    ]
  return [INTERNAL, `Porchlight has made a mistake: ${error instanceof Error ? error.stack : String(error)}`]
}
