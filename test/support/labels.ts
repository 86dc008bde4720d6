/** A security policy for tests: the example of `config/labels.toml`, in force, and its labels as clients write them. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { readLabelPolicy } from '../../src/config/label-policy.ts'
import type { SecurityPolicy } from '../../src/im/security-policy.ts'
import type { Host } from '../../src/server/feature.ts'
import type { Labelling } from '../../src/server/labelling/labelling.ts'
import type { ClearedKind } from '../../src/server/labelling/clearance-store.ts'
import { serialise } from '../../src/xml/write.ts'
import { jid } from '../../src/xmpp/jid.ts'
import { decode } from '../../src/xml/wire.ts'

const FILE = 'config/labels.toml'
const TOML = readFileSync(new URL(`../../${FILE}`, import.meta.url), 'utf8')

/** @param change of the text of the example */
export const policy = (change = (toml: string): string => toml): SecurityPolicy => readLabelPolicy(FILE, change(TOML))
export const labelling = (its = policy()): Labelling => ({ policy: its, settings: { audit: 'denials', remembered: 1000 } })
/** Messages without a label are refused, and nobody has a clearance that was not given. */
export const strict = (toml: string): string => toml.replace(/^default-.*$/gm, '')

const EXAMPLE = policy()
/** The label as the policy writes it. */
export const label = (id: string, its = EXAMPLE): string => {
  const { written } = its.labels.get(id)!
  return `<securitylabel xmlns='urn:xmpp:sec-label:0'><label>${decode(serialise(written!))}</label></securitylabel>`
}

/** The operator gives clearances, to accounts that are made if need be: `cleared(server, { 'alice@a.example': 'secret' })`. */
export async function cleared(server: ClearedServer, all: Readonly<Record<string, string>>): Promise<void> {
  for (const [subject, clearance] of Object.entries(all)) {
    const kind: ClearedKind = subject.includes('@') ? 'account' : subject.includes('.') ? 'domain' : 'group'
    if (kind === 'account') await server.account(jid(subject).local)
    assert(await server.host.labels!.clearances.give({ kind, subject, clearance }), `there is no ${kind} ${subject}`)
  }
}
export interface ClearedServer {
  readonly host: Pick<Host, 'labels'>
  /** Makes an account, if there is none. */
  account(user: string): Promise<void>
}
