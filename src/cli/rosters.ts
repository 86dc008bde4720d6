/** `porchlight roster check`: reports rosters that disagree with each other, and the repair. */
import type { Disagreement, Fault, Watching } from '../im/roster-agreement.ts'
import { FAILED, OK } from '../process/exit-codes.ts'
import type { World } from '../process/world.ts'
import type { AuditPage, Finding, Place, Quarrel } from '../server/contacts/roster-audit.ts'
import { prepareDomain } from '../xmpp/jid.ts'
import { withAuthority } from './authority.ts'
import { setupOf, type ConfigOptions, type OutputOptions } from './config-options.ts'

export interface RosterOptions {
  readonly fix?: true
}

/** @returns the exit code, which says whether anything is left to repair */
export async function checkRosters(world: World, options: ConfigOptions & OutputOptions & RosterOptions): Promise<number> {
  const setup = setupOf(world, options)
  const fix = options.fix === true
  const sum = { accounts: 0, contacts: 0, found: 0, left: 0 }
  await withAuthority(world, setup, async (authority) => {
    for (const domain of setup.config.server.domains.map(prepareDomain)) {
      for (let place: Place | null = { owner: '', contact: '' }; place !== null;) {
        const page = (await authority.ask('roster.check', { domain, ...place, fix })) as AuditPage
        sum.accounts += page.accounts
        sum.contacts += page.contacts
        for (const finding of page.findings) {
          sum.found += 1
          if (finding.mended !== true) sum.left += 1
          world.stdout.write(options.json === true ? `${JSON.stringify(finding)}\n` : explained(finding))
        }
        place = page.next
      }
    }
  })
  if (options.json !== true) world.stdout.write(summary(sum, fix))
  return sum.left === 0 ? OK : FAILED
}

interface Sum {
  readonly accounts: number
  readonly contacts: number
  readonly found: number
  readonly left: number
}

function summary({ accounts, contacts, found, left }: Sum, fix: boolean): string {
  const seen = `${accounts} rosters with ${contacts} contacts`
  if (found === 0) return `${seen}: all agree.\n`
  if (!fix) return `${seen}: ${found} to set right. Nothing was changed; with --fix it is.\n`
  const kept = left === 0 ? '' : ` ${left} could not be set right; run the command again, or see the log of the server.`
  return `${seen}: ${found - left} set right.${kept}\n`
}

function explained(finding: Finding): string {
  const what = 'owner' in finding ? nonsense(finding.owner, finding.contact, finding.what) : quarrel(finding)
  const outcome = finding.mended === null ? '' : finding.mended ? '  Done.\n' : '  Failed: nothing has changed.\n'
  return `${what}${outcome}\n`
}

function quarrel({ what, watcher, watching, shower, showing }: Quarrel): string {
  return [
    `${watcher} and ${shower} disagree about whether ${watcher} may see ${shower}:`,
    `  ${watcher}: ${WATCHING[watching](shower)}`,
    `  ${shower}: ${showing === null ? 'there is no such account' : SHOWING[showing](watcher)}`,
    `  --fix: ${FIXES[what](watcher, shower)}`,
    '',
  ].join('\n')
}

type Words = (contact: string) => string
const WATCHING: Readonly<Record<Watching, Words>> = {
  sees: (contact) => `the roster says that it sees the presence of ${contact}`,
  asks: (contact) => `the roster says that it asked ${contact}, who has not answered`,
  nothing: (contact) => `the roster says that it neither sees ${contact} nor has asked to`,
}
const SHOWING: Readonly<Record<NonNullable<Quarrel['showing']>, Words>> = {
  shows: (contact) => `the roster says that ${contact} sees the presence`,
  asked: (contact) => `a request of ${contact} waits for an answer`,
  nothing: (contact) => `the roster says that ${contact} does not see the presence, and there is no request`,
}
const FIXES: Readonly<Record<Disagreement, (watcher: string, shower: string) => string>> = {
  unshown: (watcher) => `send "unsubscribed" to ${watcher}, as after a probe`,
  unanswered: (watcher) => `send "unsubscribed" to ${watcher}, and send the request again; it waits for its answer`,
  ungranted: (watcher) => `send the request again; it is granted at once, and ${watcher} sees the presence`,
  unheard: (_, shower) => `send the request again; it waits for an answer of ${shower}`,
  unwanted: (watcher, shower) => `send "unsubscribe" to ${shower}, who then no longer shows the presence to ${watcher}`,
  withdrawn: (_, shower) => `send "unsubscribe" to ${shower}, who then forgets the request`,
}

function nonsense(owner: string, contact: string, faults: readonly Fault[]): string {
  return [
    `The roster of ${owner} has an entry that makes no sense:`,
    ...faults.map((fault) => `  ${FAULTS[fault](contact)}`),
    `  --fix: remove it`,
    '',
  ].join('\n')
}
const FAULTS: Readonly<Record<Fault, Words>> = {
  'own-address': (contact) => `${contact} is the account itself`,
  'resource': (contact) => `${contact} has a resource, but a contact with a localpart has none`,
  'needless-ask': (contact) => `${contact} is asked, although the subscription was granted`,
  'needless-approval': (contact) => `${contact} is approved in advance, although the subscription was granted`,
  'needless-request': (contact) => `a request of ${contact} waits, although the subscription was granted`,
}
