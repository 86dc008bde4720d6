/**
 * Writes the pages that are generated from the code: docs/xeps.md (from src/xep/catalogue.ts and the page of each
 * folder), docs/configuration.md (from the settings that the parts of the server declare), docs/metrics.md (from
 * the places where metrics are declared), and the statement of conformance (compliance-pages.ts).
 *
 *   node tools/make-docs.ts            writes them
 *   node tools/make-docs.ts --check    exits with 1 if the pages differ from the code
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import * as v from 'valibot'
import { boundsOf } from '../src/base/settings.ts'
import { PRESETS } from '../src/config/presets.ts'
import { PROFILES } from '../src/config/settings.ts'
import { sections, type SectionOfFile } from '../src/config/sections.ts'
import type { Feature } from '../src/server/feature.ts'
import { specifications } from '../src/xep/catalogue.ts'
import { compliancePage, doap, statementText, storedStatement } from './compliance-pages.ts'
import { sources } from './sources.ts'

const ROOT = new URL('../', import.meta.url)
const XEPS = new URL('src/xep/', ROOT)
const MADE = '<!-- Made by tools/make-docs.ts: do not edit. -->\n'

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
const row = (...cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |\n`
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  row(...head) + `|${head.map(() => '---').join('|')}|\n` + rows.map((cells) => row(...cells)).join('')

// docs/xeps.md

interface Page {
  readonly folder: string
  readonly title: string
  /** The first sentence below the title. */
  readonly summary: string
}

function pages(): readonly Page[] {
  const folders = readdirSync(XEPS)
    .filter((name) => /^\d{4}-/.test(name))
    .sort()
  return folders.map((folder) => {
    const [title, , ...rest] = readFileSync(new URL(`${folder}/README.md`, XEPS), 'utf8').split('\n')
    const paragraph = rest.join(' ').trimStart().replaceAll('**', '')
    const summary = /^.*?[.!?](?=\s[A-Z*]|\s*$)/.exec(paragraph)?.[0] ?? paragraph
    return { folder, title: title!.replace(/^# /, ''), summary }
  })
}

/** A feature belongs to the folder that has the number of its first specification. */
const folderOf = (feature: Feature, all: readonly Page[]): string =>
  all.find((page) => feature.specs[0]?.id === `XEP-${page.folder.slice(0, 4)}`)!.folder

/** A link to what implements it. */
const whereOf = (by: Feature | string, all: readonly Page[]): string => {
  const folder = typeof by === 'string' ? null : folderOf(by, all)
  return folder === null ? `[${by as string}](../${by as string})` : `[${folder}](../src/xep/${folder}/README.md)`
}

function xepsPage(): string {
  const all = pages()
  const rows = specifications.map(({ spec, by }) => [spec.id, spec.title, spec.version, spec.status, spec.note, whereOf(by, all)])
  return (
    `# What is implemented\n\n${MADE}\n## Specifications\n\n` +
    table(['Specification', 'Title', 'Version', 'State', 'Remark', 'Where'], rows) +
    '\n## Extensions\n\n' +
    all.map(({ folder, title, summary }) => `- [${title}](../src/xep/${folder}/README.md): ${summary}\n`).join('')
  )
}

// docs/configuration.md

interface Option {
  readonly name: string
  readonly byDefault: unknown
  readonly doc: string
  /** The allowed values, in words; empty if all values of the kind are allowed. */
  readonly range: string
}

/** What `base/settings.ts` makes of an option: a default around a pipe of a type and a description. */
interface Declared {
  readonly default: unknown
  readonly wrapped: v.GenericSchema & {
    readonly pipe: readonly { readonly type: string; readonly options?: readonly string[] }[]
  }
}

function optionsOf({ schema }: SectionOfFile): readonly Option[] {
  return Object.entries(schema.entries).map(([name, entry]) => {
    const { default: byDefault, wrapped } = entry as unknown as Declared
    return {
      name,
      byDefault,
      doc: v.getDescription(wrapped) ?? '',
      range: rangeOf(entry, wrapped.pipe[0]?.type === 'picklist' ? wrapped.pipe[0].options! : []),
    }
  })
}

function rangeOf(option: object, choices: readonly string[]): string {
  if (choices.length > 0) return ` One of ${choices.map((choice) => `\`${toml(choice)}\``).join(', ')}.`
  const words = boundsOf(option)?.words
  return words === undefined ? '' : ` ${words.charAt(0).toUpperCase()}${words.slice(1)}.`
}

const toml = (value: unknown): string => (Array.isArray(value) ? `[${value.map(toml).join(', ')}]` : JSON.stringify(value))

function configurationPage(): string {
  const parts = sections
    .map((section) => ({ ...section, options: optionsOf(section) }))
    .filter(({ options }) => options.length > 0)
  const body = parts.map(({ name, doc, options, repeated }) => {
    const rows = options.map((option) => [`\`${option.name}\``, `\`${toml(option.byDefault)}\``, `${option.doc}${option.range}`])
    return `\n## ${repeated === true ? `[[${name}]]` : `[${name}]`}\n\n${doc}\n\n${table(['Option', 'Default', 'Meaning'], rows)}`
  })
  return (
    `# Configuration\n\n${MADE}\n` +
    'One file in TOML. Every option has a default, and an empty file gives a safe server; a name that is not listed\n' +
    'here is an error. Spans of time and sizes are texts with a unit ("10 minutes", "256 KiB"). A text of the form\n' +
    '"file:PATH" stands for the content of that file, so that secrets can be kept out of the configuration.\n' +
    body.join('') +
    profiles()
  )
}

function profiles(): string {
  const tables = PROFILES.filter((profile) => PRESETS[profile].length > 0).map((profile) => {
    const rows = PRESETS[profile].map(({ section, option, value, why }) => [
      `\`[${section}] ${option}\``,
      `\`${toml(value)}\``,
      why,
    ])
    return `\n\`profile = "${profile}"\`:\n\n${table(['Option', 'Value', 'Meaning'], rows)}`
  })
  return `\n## Profiles\n\nWhat \`[server] profile\` sets, unless the file says otherwise.\n${tables.join('')}`
}

// docs/metrics.md

/** Declarations in the code: a name, which can end in a variable, and a description. */
const DECLARATION = /\b(counter|gauge)\(\s*(['`])(porchlight_[^'`]+)\2,\s*(['`])([^'`]+)\4/g
const variable = (text: string): string => text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => name.toUpperCase())

function metricsPage(): string {
  const rows = sources('src')
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(DECLARATION)])
    .map(([, kind, , name, , help]) => [`\`${variable(name!)}\``, kind!, variable(help!)])
    .sort(([a], [b]) => (a! < b! ? -1 : 1))
  return (
    `# Metrics\n\n${MADE}\n` +
    'The metrics of `GET /metrics` on the `monitoring` port, in the text format of Prometheus. A counter only grows while the\n' +
    'server runs, a gauge goes up and down. In addition there are `process_*` and `nodejs_*`: CPU, memory, the lag of the\n' +
    'event loop. What to look at first: [operations.md](operations.md#watching).\n\n' +
    table(['Metric', 'Kind', 'Meaning'], rows)
  )
}

// docs/compliance.json, docs/compliance.md, doap.xml

const conformance = storedStatement()
const manifest = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as { readonly description: string }

const made: Readonly<Record<string, string>> = {
  'docs/xeps.md': xepsPage(),
  'docs/configuration.md': configurationPage(),
  'docs/metrics.md': metricsPage(),
  'docs/compliance.json': statementText(conformance),
  'docs/compliance.md': compliancePage(conformance, MADE),
  'doap.xml': doap(manifest),
}

function written(path: string): string | null {
  try {
    return readFileSync(new URL(path, ROOT), 'utf8')
  } catch {
    return null
  }
}

const stale = Object.keys(made).filter((path) => written(path) !== made[path])
if (process.argv[2] === '--check') {
  for (const path of stale) console.error(`${path} does not match the code: run "npm run docs"`)
  process.exitCode = stale.length === 0 ? 0 : 1
} else {
  for (const path of stale) writeFileSync(new URL(path, ROOT), made[path]!)
}
