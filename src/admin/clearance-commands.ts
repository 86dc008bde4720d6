/** Commands for security labels (XEP-0258): who has which clearance, and why something is withheld (LAB-37). For operators only. */
import * as v from 'valibot'
import type { Denial, Grade, SecurityPolicy } from '../im/security-policy.ts'
import type { WithheldAt } from '../server/labelling/audit.ts'
import type { Host } from '../server/feature.ts'
import type { ClearedKind, StoredClearance } from '../server/labelling/clearance-store.ts'
import type { Labels } from '../server/labelling/labels.ts'
import type { Groups } from '../server/contacts/groups.ts'
import { addressOrNull, domainIn } from '../xmpp/jid.ts'
import { CommandError, defineCommand, limit, type Command } from './command.ts'
import { pageOf } from './places.ts'
import { existingAccount } from './user-commands.ts'

export interface LabelReport {
  readonly policy: string
  readonly name: string
  readonly labels: readonly GradeRow[]
  readonly clearances: readonly GradeRow[]
  /** '' for none. */
  readonly defaultLabel: string
  readonly defaultClearance: string
}
export interface GradeRow {
  readonly id: string
  readonly level: number
  /** Each in the form `set:category`. */
  readonly categories: readonly string[]
}
export interface ClearancePage {
  readonly clearances: readonly StoredClearance[]
  readonly next: string | null
}
export interface ClearanceReport {
  readonly who: string
  /** Several, of several groups. */
  readonly sources: readonly { readonly kind: string; readonly subject: string; readonly clearance: string | null }[]
}
export interface LabelExplanation extends ClearanceReport {
  readonly label: string
  readonly isGranted: boolean
  readonly verdict: string
}

export type ClearanceParts = Pick<Host, 'labels' | 'domains' | 'stores' | 'router'>

const SUBJECT = { kind: v.picklist(['account', 'group', 'domain']), subject: v.string() }
const LIST = { find: v.string(), after: v.string(), limit: v.optional(limit, Number.MAX_SAFE_INTEGER) }

export function clearanceCommands(host: ClearanceParts, groups: Groups, pageSize: number): readonly Command[] {
  const subjectFor = (kind: ClearedKind, text: string): Promise<string> => subjectOf(host, groups, kind, text)
  return [
    defineCommand('label.list', {}, (): LabelReport => reportOf(labelsIn(host).policy)),
    defineCommand('clearance.list', LIST, ({ find, after, limit }): ClearancePage => {
      const wanted = labelsIn(host).clearances.all.filter((row) => nameOf(row).includes(find))
      const place = (row: StoredClearance) => ({ key: 0, name: nameOf(row) })
      const from = after === '' ? null : { key: 0, name: after }
      const { page, next } = pageOf(wanted, place, from, Math.min(limit, pageSize))
      return { clearances: page, next: next?.name ?? null }
    }),
    defineCommand('clearance.show', { who: v.string() }, ({ who }): ClearanceReport => sourcesOf(labelsIn(host), who)),
    defineCommand('clearance.set', { ...SUBJECT, clearance: v.string() }, async ({ kind, subject: text, clearance }) => {
      const { clearances, policy } = labelsIn(host)
      if (!policy.clearances.has(clearance)) throw unknownId('clearance', clearance, policy.clearances)
      const subject = await subjectFor(kind, text)
      if (await clearances.give({ kind, subject, clearance })) return { subject }
      throw new CommandError(`${subject} has just been deleted.`)
    }),
    defineCommand('clearance.remove', SUBJECT, async ({ kind, subject: text }) => {
      const { clearances } = labelsIn(host)
      // What was deleted or is misspelt may be there still
      const subject = clearances.all.some((one) => one.kind === kind && one.subject === text)
        ? text
        : await subjectFor(kind, text)
      if (await clearances.take(kind, subject)) return { subject }
      throw new CommandError(`${subject} was given no clearance. \`clearance list\` shows those that were.`)
    }),
    defineCommand('explain.label', { who: v.string(), label: v.string() }, ({ who, label }): LabelExplanation =>
      explain(labelsIn(host), who, label),
    ),
    defineCommand('explain.withheld', { find: v.string() }, ({ find }): readonly WithheldAt[] =>
      labelsIn(host).audit.recent.filter(({ from, subject }) => from.includes(find) || subject.includes(find)),
    ),
  ]
}

function labelsIn({ labels }: ClearanceParts): Labels {
  if (labels !== null) return labels
  throw new CommandError('This server has no security policy: [security-labels] policy names none.')
}
const nameOf = ({ kind, subject }: StoredClearance): string => `${kind} ${subject}`

function unknownId(what: string, id: string, known: ReadonlyMap<string, unknown>): CommandError {
  return new CommandError(`The policy has no ${what} "${id}". It has: ${[...known.keys()].join(', ')}.`)
}

async function subjectOf(host: ClearanceParts, groups: Groups, kind: ClearedKind, text: string): Promise<string> {
  if (kind === 'account') return (await existingAccount(host, text)).bare
  if (kind === 'group') {
    if (groups.members(text) !== undefined) return text
    throw new CommandError(`There is no group "${text}". \`group list\` shows those that there are.`)
  }
  const isAbove = text.startsWith('*.')
  const domain = domainIn(isAbove ? text.slice(2) : text)
  if (domain === null)
    throw new CommandError(`"${text}" is not a domain. Write it like example.org, or *.example.org for all below it.`)
  if (!isAbove && host.router.kindOf(domain) === 'service')
    throw new CommandError(
      `${domain} is a service of this server. A room has a clearance of its own: room set ROOM clearance=ID.`,
    )
  return isAbove ? `*.${domain}` : domain
}

function reportOf(policy: SecurityPolicy): LabelReport {
  const row = ({
    id,
    level,
    categories,
  }: {
    id: string
    level: number
    categories: ReadonlyMap<string, ReadonlySet<string>>
  }): GradeRow => ({
    id,
    level,
    categories: [...categories].flatMap(([set, all]) => [...all].map((category) => `${set}:${category}`)),
  })
  return {
    policy: policy.id,
    name: policy.name,
    labels: [...policy.labels.values()].map(row),
    clearances: [...policy.clearances.values()].map(row),
    defaultLabel: policy.defaultLabel?.id ?? '',
    defaultClearance: policy.defaultClearance?.id ?? '',
  }
}

function sourcesOf({ clearances }: Labels, text: string): ClearanceReport {
  const who = addressOrNull(text)
  if (who === null) throw new CommandError(`"${text}" is not an address. Write it like romeo@example.org, or example.org.`)
  const sources = clearances
    .sourcesOf(who)
    .map(({ kind, subject, clearance }) => ({ kind, subject, clearance: clearance?.id ?? null }))
  return { who: who.bare, sources }
}

/** @param id of a label; '' for a message without a label */
function explain(labels: Labels, who: string, id: string): LabelExplanation {
  const { policy } = labels
  const report = sourcesOf(labels, who)
  const label = id === '' ? policy.defaultLabel : policy.labels.get(id)
  if (label === undefined) throw unknownId('label', id, policy.labels)
  const cleared = labels.clearances.of(addressOrNull(who)!)
  const denial = labels.why(cleared, label)
  const verdict =
    denial === null
      ? `${report.who} may send and receive it.`
      : `${report.who} may not send or receive it: ${wordsFor(denial, lackingOf(denial, cleared.at(-1) ?? null, label ?? null))}.`
  return { ...report, label: label?.id ?? '', isGranted: denial === null, verdict }
}

/** The categories of the label, in the set that denies it, that the clearance does not have. Of several clearances the denial is about the last. */
export function lackingOf({ set }: Denial, clearance: Grade | null, label: Grade | null): readonly string[] {
  const held = clearance?.categories.get(set)
  return [...(label?.categories.get(set) ?? [])].filter((category) => held?.has(category) !== true)
}

/** The rule in words. @param lacking the categories that are lacking, if they are known */
export function wordsFor({ rule, set }: Denial, lacking: readonly string[] = []): string {
  const which = lacking.length === 0 ? '' : ` (${lacking.join(', ')})`
  switch (rule) {
    case 'no label':
      return 'the message has no label that the policy knows, and the policy has no default for it'
    case 'no clearance':
      return 'there is no clearance, and the policy has no default for it'
    case 'level':
      return 'the level of the clearance is too low'
    case 'restrictive':
      return `the clearance lacks a category of the set "${set}"${which}, of which it needs all that the label has`
    case 'permissive':
      return `the clearance has no category of the set "${set}"${which} that the label has`
  }
}
