/** The command line: its commands, and the exit codes. */
import { Argument, Command, CommanderError, Option } from 'commander'
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
import { clearanceProgram, explainLabels } from './clearances.ts'
import type { ConfigOptions, OutputOptions } from './config-options.ts'
import { showConformance, type ProfileOptions } from './conformance.ts'
import type { ExportOptions } from './export.ts'
import { importUsers, type ImportOptions } from './import.ts'
import { explainOrder, explainPresence, explainRoom, showStatus } from './inspect.ts'
import { oneUserProgram } from './one-user.ts'
import { openOperatorView, type OperatorOptions } from './operator.ts'
import { listDevices, signOut } from './devices.ts'
import { checkRosters, type RosterOptions } from './rosters.ts'
import { groupProgram } from './groups.ts'
import { inviteProgram } from './invitations.ts'
import { domainProgram } from './domains.ts'
import { linkProgram } from './links.ts'
import { addUsers } from './many-users.ts'
import {
  changeAffiliation,
  banFromRoom,
  changeRole,
  createRoom,
  destroyRoom,
  kickOccupant,
  listRooms,
  setRoom,
  showRoom,
  type DestroyOptions,
  type ListOptions,
  type NewRoomOptions,
  type ReasonOptions,
  type RoomOptions,
} from './rooms.ts'
import { nodeCommands } from './nodes.ts'
import { endSession, listSessions, type EndOptions } from './sessions.ts'
import { outageProgram } from './outage.ts'
import { reportProgram } from './reports.ts'
import { start } from './start.ts'
import { stopProgram } from './stopping.ts'

/** Runs the command that was typed. @returns the exit code */
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
  // Set before any subcommand is created, so that all of them inherit it.
  root
    .exitOverride()
    .configureOutput({ writeOut: (text) => world.stdout.write(text), writeErr: (text) => world.stderr.write(text) })

  root
    .command('start')
    .description('start the server; Ctrl-C or SIGTERM stops it, SIGHUP reloads its certificates')
    .addOption(new Option('--fresh', 'keep nothing after the stop: the database is in memory').default(false))
    .action(async (_: unknown, command: Command) => {
      outcome.code = await start(world, command.optsWithGlobals())
    })
  root
    .command('check')
    .description('check the configuration without starting the server')
    .action((_: unknown, command: Command) => check(world, command.optsWithGlobals<ConfigOptions>()))
  root
    .command('status')
    .description('show the state of the running server')
    .option('--json', 'for programs')
    .action((_: unknown, command: Command) => showStatus(world, command.optsWithGlobals<ConfigOptions & OutputOptions>()))
  root
    .command('admin')
    .description("print a link that opens the operator's view in a browser")
    .option('--viewer', 'log in as a viewer, who sees everything and may change nothing')
    .action((_: unknown, command: Command) => openOperatorView(world, command.optsWithGlobals<ConfigOptions & OperatorOptions>()))
  root
    .command('import <file-or-folder>')
    .description(
      "import accounts and rooms from Prosody's data folder, a file of XEP-0227, or a dump of ejabberd; the server must be stopped",
    )
    .option('--dry-run', 'say what would be imported and what not, and change nothing')
    .action(async (place: string, _: unknown, command: Command) => {
      outcome.code = await importUsers(world, place, command.optsWithGlobals<ConfigOptions & ImportOptions>())
    })
  root
    .command('export [jid]')
    .description(
      'write an account, a room, or all of both, with its data to standard output, in the format of XEP-0227; the server may run',
    )
    .option(
      '--keys',
      'with the keys that check passwords, so that users can log in where this is imported, and the passwords of rooms',
    )
    .action(async (jid: string | undefined, _: unknown, command: Command) => {
      const { exportUsers } = await import('./export.ts')
      await exportUsers(world, jid ?? null, command.optsWithGlobals<ConfigOptions & ExportOptions>())
    })
  root
    .command('move')
    .description('move everything from the SQLite file to the PostgreSQL database of [storage] url; the server must be stopped')
    // Loaded by those who use it, with what it needs
    .action(async (_: unknown, command: Command) => {
      const { moveToPostgres } = await import('./move.ts')
      await moveToPostgres(world, command.optsWithGlobals<ConfigOptions>())
    })
  root
    .command('backup <directory>')
    .description('copy the database and the secrets of the server into a new directory, while it runs or not')
    .action((place: string, _: unknown, command: Command) => makeBackup(world, place, command.optsWithGlobals<ConfigOptions>()))
  root
    .command('conformance')
    .description('which standards this server implements: tables of XEP-0479 and FMN, made from test runs')
    .option('--profile <name>', 'one table, such as fmn4-prf-3 or xep-0479-core, or several: xep-0479')
    .option('--json', 'for programs')
    .action((_: unknown, command: Command) => showConformance(world, command.optsWithGlobals<ProfileOptions>()))
  root
    .command('version')
    .description('show the version of this program')
    .action(() => world.stdout.write(`porchlight ${world.software.version} on Node.js ${world.runtime}\n`))
  stopProgram(root, world)
  explainCommands(root, world)
  linkProgram(root, world)
  domainProgram(root, world)
  reportProgram(root, world)
  outageProgram(root, world)
  sessionCommands(root, world)
  userCommands(root, world)
  groupProgram(root, world)
  clearanceProgram(root, world)
  inviteProgram(root, world)
  roomCommands(root, world)
  nodeCommands(root, world)
  rosterCommands(root, world, outcome)
  return root
}

function explainCommands(root: Command, world: World): void {
  const explain = root
    .command('explain')
    .description('explain why a user sees a contact in a certain state, and how the server works')
  explain
    .command('presence <watcher> <contact>', { isDefault: true })
    .description('explain why the first user sees the second one in the present state')
    .option('--json', 'for programs')
    .action((watcher: string, contact: string, _: unknown, command: Command) =>
      explainPresence(world, watcher, contact, command.optsWithGlobals<ConfigOptions & OutputOptions>()),
    )
  explain
    .command('room <room> <nick>')
    .description('explain whether an occupant of a room is known to be there, and how that is known')
    .option('--json', 'for programs')
    .action((room: string, nick: string, _: unknown, command: Command) =>
      explainRoom(world, room, nick, command.optsWithGlobals<ConfigOptions & OutputOptions>()),
    )
  explainLabels(explain, world)
  explain
    .command('order')
    .description('list the stages that a stanza passes, in their order')
    .option('--json', 'for programs')
    .action((_: unknown, command: Command) => explainOrder(world, command.optsWithGlobals<ConfigOptions & OutputOptions>()))
}

function sessionCommands(root: Command, world: World): void {
  const session = root.command('session').description('connected clients; needs the running server')
  session
    .command('list [part]')
    .description('list all sessions, or those whose address contains a text')
    .option('--json', 'write JSON, one session on each line')
    .action((part: string | undefined, _: unknown, command: Command) =>
      listSessions(world, part ?? '', command.optsWithGlobals<ConfigOptions & OutputOptions>()),
    )
  session
    .command('end <jid>')
    .description('end a session, or all sessions of an account')
    .option('--reason <text>', 'the text that the user receives')
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
      .option('--password-file <file>', 'take the password from the first line of this file')
      .option('--generate', 'generate a password and print it')
  withPassword('add', 'create an account').action((jid: string, _: unknown, command: Command) =>
    addUser(world, jid, command.optsWithGlobals<ConfigOptions & PasswordOptions>()),
  )
  withPassword('passwd', 'change the password of an account, and end its sessions').action(
    (jid: string, _: unknown, command: Command) =>
      changePassword(world, jid, command.optsWithGlobals<ConfigOptions & PasswordOptions>()),
  )
  user
    .command('add-all <file>')
    .description('create an account for each line of a CSV file: "address,password"; a missing password is generated and printed')
    .action((file: string, _: unknown, command: Command) => addUsers(world, file, command.optsWithGlobals<ConfigOptions>()))
  user
    .command('disable <jid>')
    .description('disable an account and end its sessions; its data is kept')
    .option('--reason <text>', 'the text that the user of the account receives')
    .action((jid: string, _: unknown, command: Command) =>
      disableUser(world, jid, command.optsWithGlobals<ConfigOptions & DisableOptions>()),
    )
  user
    .command('enable <jid>')
    .description('allow a disabled account to be used again')
    .action((jid: string, _: unknown, command: Command) => enableUser(world, jid, command.optsWithGlobals<ConfigOptions>()))
  user
    .command('set <jid> <settings...>')
    .description(
      'set what others may know and who may write: last-seen=exact|coarse|none, share-paused=contacts|local|none, strangers=all|requests|none; default resets a setting',
    )
    .action((jid: string, settings: string[], _: unknown, command: Command) =>
      setUser(world, jid, settings, command.optsWithGlobals<ConfigOptions>()),
    )
  user
    .command('delete <jid>')
    .description('delete an account and all its data')
    .action((jid: string, _: unknown, command: Command) => deleteUser(world, jid, command.optsWithGlobals<ConfigOptions>()))
  oneUserProgram(user, world)
  user
    .command('devices <jid>')
    .description('the devices of an account: those that can log in without the password, and those that are connected')
    .option('--json', 'for programs')
    .action((jid: string, _: unknown, command: Command) =>
      listDevices(world, jid, command.optsWithGlobals<ConfigOptions & OutputOptions>()),
    )
  user
    .command('sign-out <jid> [device]')
    .description('end the sessions of a device, or of all, and let it log in with the password only')
    .action((jid: string, device: string | undefined, _: unknown, command: Command) =>
      signOut(world, jid, device ?? null, command.optsWithGlobals<ConfigOptions>()),
    )
  user
    .command('list [domain]')
    .description('list the accounts of one domain or of all domains')
    .option('--json', 'for programs')
    .action((domain: string | undefined, _: unknown, command: Command) =>
      listUsers(world, domain ?? null, command.optsWithGlobals<ConfigOptions & OutputOptions>()),
    )
}

function roomCommands(root: Command, world: World): void {
  const room = root.command('room').description('rooms; works with and without a running server')
  room
    .command('list [part]')
    .description('list all rooms, or those whose address or name contains a text')
    .addOption(
      new Option('--order <order>', 'occupants, doubted, sent: rooms in memory, those with the most of it first')
        .choices(['address', 'occupants', 'doubted', 'sent'])
        .default('address'),
    )
    .option('--json', 'write JSON, one room on each line')
    .action((part: string | undefined, _: unknown, command: Command) =>
      listRooms(world, part ?? '', command.optsWithGlobals<ConfigOptions & OutputOptions & ListOptions>()),
    )
  room
    .command('show <room>')
    .description('show the settings and the subject of a room, who is in it, and who has which affiliation')
    .option('--json', 'for programs')
    .action((jid: string, _: unknown, command: Command) =>
      showRoom(world, jid, command.optsWithGlobals<ConfigOptions & OutputOptions>()),
    )
  room
    .command('create <room> [settings...]')
    .description('make a room that stays, with settings such as name="The den" public=yes members-only=yes')
    .option('--owner <jid>', 'a person who owns the room; can be given several times', collected, [])
    .option('--password-file <file>', 'people need the first line of this file to enter')
    .action((jid: string, settings: string[], _: unknown, command: Command) =>
      createRoom(world, jid, settings, command.optsWithGlobals<ConfigOptions & NewRoomOptions>()),
    )
  room
    .command('set <room> [settings...]')
    .description('change settings of a room; `room show` lists them with their values')
    .option('--password-file <file>', 'people need the first line of this file to enter; none if it is empty')
    .action((jid: string, settings: string[], _: unknown, command: Command) =>
      setRoom(world, jid, settings, command.optsWithGlobals<ConfigOptions & RoomOptions>()),
    )
  room
    .command('affiliation <room> <jid>')
    .addArgument(new Argument('<affiliation>', 'outcast: banned').choices(['owner', 'admin', 'member', 'none', 'outcast']))
    .description('change the affiliation of a person in a room, or ban a domain')
    .option('--reason <text>', 'the text that the person receives')
    .action((jid: string, person: string, affiliation: string, _: unknown, command: Command) =>
      changeAffiliation(world, jid, person, affiliation, command.optsWithGlobals<ConfigOptions & ReasonOptions>()),
    )
  room
    .command('kick <room> <nick>')
    .description('put the occupant with this nickname out of a room; they can come again')
    .option('--reason <text>', 'the text that the occupants receive')
    .action((jid: string, nick: string, _: unknown, command: Command) =>
      kickOccupant(world, jid, nick, command.optsWithGlobals<ConfigOptions & ReasonOptions>()),
    )
  room
    .command('ban <room> <who>')
    .description('ban a person from a room, by address, or by the nickname that they are in it with')
    .option('--reason <text>', 'the text that the occupants receive')
    .action((jid: string, who: string, _: unknown, command: Command) =>
      banFromRoom(world, jid, who, command.optsWithGlobals<ConfigOptions & ReasonOptions>()),
    )
  room
    .command('role <room> <nick>')
    .addArgument(
      new Argument('<role>', 'visitor: without voice in a moderated room').choices(['moderator', 'participant', 'visitor']),
    )
    .description('change the role of the occupant with this nickname')
    .option('--reason <text>', 'the text that the occupants receive')
    .action((jid: string, nick: string, role: string, _: unknown, command: Command) =>
      changeRole(world, jid, nick, role, command.optsWithGlobals<ConfigOptions & ReasonOptions>()),
    )
  room
    .command('destroy <room>')
    .description('destroy a room; its occupants are told, and its archive is kept for 7 days')
    .option('--reason <text>', 'the text that the occupants receive')
    .option('--alternate <room>', 'a room to go to instead')
    .action((jid: string, _: unknown, command: Command) =>
      destroyRoom(world, jid, command.optsWithGlobals<ConfigOptions & DestroyOptions>()),
    )
}

const collected = (one: string, before: readonly string[]): readonly string[] => [...before, one]

function rosterCommands(root: Command, world: World, outcome: { code: number }): void {
  const roster = root.command('roster').description('rosters; works with and without a running server')
  roster
    .command('check')
    .description('find rosters of local accounts that disagree with each other; changes nothing without --fix')
    .option('--fix', 'repair what is found')
    .option('--json', 'write JSON, one finding on each line')
    .action(async (_: unknown, command: Command) => {
      outcome.code = await checkRosters(world, command.optsWithGlobals<ConfigOptions & OutputOptions & RosterOptions>())
    })
}

/** The exit code for an error, and the message for the operator. */
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
  return [INTERNAL, `Internal error: ${error instanceof Error ? error.stack : String(error)}`]
}
