/** `porchlight roster check`: which rosters disagree with each other, in words, and what sets it right. */
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

/** @returns the exit code: whether there is anything left to set right */
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
  const kept = left === 0 ? '' : ` ${left} could not be; run it again, or see the log of the server.`
  return `${seen}: ${found - left} set right.${kept}\n`
}

function explained(finding: Finding): string {
  const what = 'owner' in finding ? nonsense(finding.owner, finding.contact, finding.what) : quarrel(finding)
  const outcome = finding.mended === null ? '' : finding.mended ? '  Done.\n' : '  Not done: it is still so.\n'
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
  sees: (contact) => `the roster says that the presence of ${contact} can be seen`,
  asks: (contact) => `the roster says that ${contact} was asked and has not answered`,
  nothing: (contact) => `the roster says nothing of seeing ${contact}`,
}
const SHOWING: Readonly<Record<NonNullable<Quarrel['showing']>, Words>> = {
  shows: (contact) => `the roster says that ${contact} is shown the presence`,
  asked: (contact) => `a request of ${contact} waits for an answer`,
  nothing: (contact) => `the roster says that ${contact} is shown nothing, and there is no request`,
}
const FIXES: Readonly<Record<Disagreement, (watcher: string, shower: string) => string>> = {
  unshown: (watcher) => `${watcher} is told "unsubscribed", as after a probe`,
  unanswered: (watcher) => `${watcher} is told "unsubscribed" and the request is sent again: it waits for its answer`,
  ungranted: (watcher) => `the request is sent again; it is granted at once, and ${watcher} sees the presence`,
  unheard: (_, shower) => `the request is sent again, and waits for ${shower} to answer it`,
  unwanted: (watcher, shower) => `${shower} is told "unsubscribe", and shows ${watcher} nothing any more`,
  withdrawn: (_, shower) => `${shower} is told "unsubscribe", and the request is forgotten`,
}

function nonsense(owner: string, contact: string, faults: readonly Fault[]): string {
  return [
    `The roster of ${owner} has what makes no sense:`,
    ...faults.map((fault) => `  ${FAULTS[fault](contact)}`),
    `  --fix: it is taken out`,
    '',
  ].join('\n')
}
const FAULTS: Readonly<Record<Fault, Words>> = {
  'own-address': (contact) => `${contact} is the account itself`,
  'resource': (contact) => `${contact} has a resource, which no contact with a localpart has`,
  'needless-ask': (contact) => `${contact} is asked for what was granted`,
  'needless-approval': (contact) => `${contact} is granted in advance what is granted already`,
  'needless-request': (contact) => `a request of ${contact} waits for what is granted already`,
}
