/** `porchlight import`: imports accounts and rooms from the files of another server. */
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CommandError } from '../admin/command.ts'
import { connectControl } from '../admin/control-client.ts'
import { openLog } from '../admin/log.ts'
import { SystemClock } from '../base/clock.ts'
import { systemEntropy } from '../base/entropy.ts'
import { isEjabberdDump, readEjabberdDump } from '../import/ejabberd-rooms.ts'
import type { Found } from '../import/found.ts'
import { RoomImporting } from '../import/importing-rooms.ts'
import { Importing, type ImportOptions as ImporterOptions } from '../import/importing.ts'
import { isProsodyFolder, readProsody } from '../import/prosody.ts'
import { Report } from '../import/report.ts'
import { readXep0227 } from '../import/xep0227.ts'
import { assemble } from '../process/assembly.ts'
import { FAILED, OK } from '../process/exit-codes.ts'
import type { Setup } from '../process/setup.ts'
import type { World } from '../process/world.ts'
import { Parties } from '../server/routing/parties.ts'
import { imLimits } from '../server/settings.ts'
import { prepareDomain } from '../xmpp/jid.ts'
import { setupOf, type ConfigOptions } from './config-options.ts'

export interface ImportOptions {
  readonly dryRun?: true
}

/** @returns the exit code, which says whether everything could be read */
export async function importUsers(world: World, place: string, options: ConfigOptions & ImportOptions): Promise<number> {
  const setup = setupOf(world, options)
  await checkAlone(setup)
  const clock = new SystemClock()
  const path = resolve(world.directory, place)
  const source = await sourceOf(path, clock.now())
  const dryRun = options.dryRun === true
  const log = openLog({ level: 'warn', format: 'text' }, world.stderr)
  const { server, rooms, porting, close } = await assemble(setup, {
    clock,
    entropy: systemEntropy,
    log,
    software: world.software,
    isCommand: true,
  })
  try {
    const importing = new Importing({
      ...settingsOf(setup),
      database: server.host.database,
      nodes: porting,
      archive: server.host.stores.accountArchive,
      clock,
      entropy: systemEntropy,
      dryRun,
    })
    const settings = setup.config.features['multi-user-chat'] as RoomSettings
    const roomImporting = new RoomImporting({
      served: rooms,
      limits: {
        occupantsMax: settings.occupants,
        affiliationsMax: settings.affiliations,
        subjectOctetsMax: settings.subject,
        cardOctetsMax: settings['card-size'],
      },
      archive: server.host.stores.archive,
      clock,
      entropy: systemEntropy,
      dryRun,
    })
    const report = new Report((text) => world.stdout.write(text), dryRun)
    for await (const found of source) {
      if (found.kind === 'user') report.user(found.user.jid.bare, found.user.jid.domain, await importing.take(found.user))
      else if (found.kind === 'room')
        report.room(found.room.jid.bare, found.room.jid.domain, await roomImporting.take(found.room))
      else if (found.kind === 'history')
        report.history(found.room, found.said.length, await roomImporting.say(found.room, found.said))
      else report.found(found)
    }
    report.end()
    return report.isWhole ? OK : FAILED
  } finally {
    await close()
  }
}

/** @throws CommandError, Error of the file system */
async function sourceOf(path: string, now: number): Promise<AsyncIterable<Found>> {
  if (!(await stat(path)).isDirectory()) return (await isEjabberdDump(path)) ? readEjabberdDump(path) : readXep0227(path, now)
  if (await isProsodyFolder(path)) return readProsody(path, now)
  throw new CommandError(
    `${path} is no data folder of Prosody: no folder of a domain in it contains "accounts" or "config". For XEP-0227, or a dump of ejabberd, name the file.`,
  )
}

async function checkAlone(setup: Setup): Promise<void> {
  if (setup.config.server.fresh)
    throw new CommandError('The configuration ([server] fresh) makes the server keep nothing, so accounts cannot be imported.')
  const running = await connectControl(setup.control)
  if (running === null) return
  await running.close()
  throw new CommandError('The server is running. Stop it first: nothing else may change accounts during an import.')
}

interface RoomSettings {
  readonly 'occupants': number
  readonly 'affiliations': number
  /** Octets. */
  readonly 'subject': number
  readonly 'card-size': number
}

function settingsOf({ config }: Setup) {
  const { limits, sasl, features } = config
  return {
    domains: config.server.domains.map(prepareDomain),
    iterations: sasl['iterations'],
    limits: imLimits(limits, new Parties()),
    offline: features['offline-messages'] as ImporterOptions['offline'],
    cards: features['vcard'] as ImporterOptions['cards'],
    privates: features['private-xml'] as ImporterOptions['privates'],
  }
}
