/** The files that say what is implemented and what tests have shown: docs/compliance.json, docs/compliance.md, doap.xml. */
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { markdownOf, type Statement } from '../src/cli/compliance-statement.ts'
import type { Spec } from '../src/server/feature.ts'
import { specifications } from '../src/xep/catalogue.ts'
import { evidence } from './compliance-evidence.ts'
import { allProfiles } from './compliance-profiles.ts'
import { statementOf, testsThatShow } from './compliance-statement.ts'
import type { Results } from './test-results.ts'

const ROOT = join(import.meta.dirname, '..')
export const STATEMENT = join(ROOT, 'docs/compliance.json')

/** Marked places in the code, by the number of the decision; the page of the decision names the standards in its title. */
function deviations(): ReadonlyMap<string, readonly number[]> {
  const sources = globSync('src/**/*.ts', { cwd: ROOT, exclude: (name) => name.endsWith('.test.ts') })
  const marks = sources.flatMap((file) => [...readFileSync(join(ROOT, file), 'utf8').matchAll(/DEVIATES\((\d+)\)/g)])
  const numbers = [...new Set(marks.map(([, number]) => Number(number)))].sort((a, b) => a - b)
  const found = new Map<string, number[]>()
  for (const number of numbers)
    for (const standard of standardsIn(titleOf(number))) found.set(standard, [...(found.get(standard) ?? []), number])
  return found
}

const FOLDER = join(ROOT, 'docs/decisions')
/** By number. */
export const decisionPages: ReadonlyMap<number, string> = new Map(
  readdirSync(FOLDER)
    .filter((file) => /^\d/.test(file))
    .map((file) => [Number.parseInt(file, 10), file]),
)
function titleOf(number: number): string {
  const page = decisionPages.get(number)
  return page === undefined ? '' : readFileSync(join(FOLDER, page), 'utf8').split('\n', 1)[0]!
}

/** `... (RFC 6120, XEP-0160, 0313)` names three. */
export function standardsIn(title: string): readonly string[] {
  const inside = /\(([^()]*)\)$/.exec(title)?.[1] ?? ''
  return [...inside.matchAll(/(?:(RFC) |XEP-)?(\d{4})/g)].map(
    ([, rfc, number]) => `${rfc === undefined ? 'XEP-' : 'RFC '}${number}`,
  )
}

const specs: ReadonlyMap<string, Spec> = new Map(specifications.map(({ spec }) => [spec.id, spec]))

/** @param results of all tests; those that show something are kept */
export function statement({ runs, tests }: Results): Statement {
  const kept = testsThatShow(Object.values(evidence).flat(), tests).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return statementOf(allProfiles, { specs, evidence, deviations: deviations(), results: { runs, tests: kept } })
}

/** One test on a line, so that changes can be read. */
export const statementText = (all: Statement): string => `${JSON.stringify(all, null, 1)}\n`

/** The statement as it is stored, made again from the tests that it rests on. */
export const storedStatement = (): Statement => statement(JSON.parse(readFileSync(STATEMENT, 'utf8')) as Statement)

const INTRODUCTION = `How far this server conforms to the compliance suites of the XSF, and to profiles of NATO's Federated Mission Networking.

Nothing here is written by hand but what is demanded (\`tools/compliance-profiles.ts\`) and which tests show it
(\`tools/compliance-evidence.ts\`). Versions come from the features, as in [xeps.md](xeps.md). "Passes" comes from the last run of
the tests: a row whose tests did not all pass, were skipped, or were not run reads **no**, and the commit is the one that was
tested. \`npm run test:all\` makes the page again from its own run, and \`porchlight conformance\` prints it where the server is installed.
`

export function compliancePage(all: Statement, made: string): string {
  const runs = all.runs.map(
    ({ name, commit, changed, date }) =>
      `- ${name}: ${commit ?? 'unknown'}${changed ? ', with changes that are in no commit' : ''}, ${date}\n`,
  )
  return `# Compliance\n\n${made}\n${INTRODUCTION}\nRuns of the tests:\n\n${runs.join('') || '- none yet\n'}\n${markdownOf(all.tables, decisionPages)}`
}

const RFCS_OF_XMPP = /^RFC (3920|3921|6120|6121|6122|7395|7590|7622|7712)$/
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** XEP-0453: a description of the project, for lists of software. */
export function doap({ description }: { readonly description: string }): string {
  const lines = specifications.map(({ spec }) => implementsText(spec)).join('')
  return `<?xml version='1.0' encoding='UTF-8'?>
<!-- Made by tools/make-docs.ts: do not edit. -->
<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'
         xmlns='http://usefulinc.com/ns/doap#'
         xmlns:xmpp='https://linkmauve.fr/ns/xmpp-doap#'>
  <Project>
    <name>Porchlight</name>
    <shortdesc xml:lang='en'>${escaped(description)}</shortdesc>
    <license rdf:resource='https://spdx.org/licenses/Apache-2.0.html'/>
    <language>en</language>
    <programming-language>TypeScript</programming-language>
    <os>Linux</os>
    <os>macOS</os>
    <os>Windows</os>
    <category rdf:resource='https://linkmauve.fr/ns/xmpp-doap#category-server'/>
${lines}  </Project>
</rdf:RDF>
`
}

function implementsText({ id, version, status, note }: Spec): string {
  const number = id.slice(4)
  if (id.startsWith('RFC')) {
    const place = RFCS_OF_XMPP.test(id) ? 'https://xmpp.org/rfcs' : 'https://www.rfc-editor.org/rfc'
    return `    <implements rdf:resource='${place}/rfc${number}.html'/>\n`
  }
  return `    <implements>
      <xmpp:SupportedXep>
        <xmpp:xep rdf:resource='https://xmpp.org/extensions/xep-${number}.html'/>
        <xmpp:version>${version}</xmpp:version>
        <xmpp:status>${status}</xmpp:status>
${note === '' ? '' : `        <xmpp:note xml:lang='en'>${escaped(note)}</xmpp:note>\n`}      </xmpp:SupportedXep>
    </implements>
`
}
