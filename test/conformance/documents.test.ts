/**
 * What the pages for people say of the repository is so: what they link to and name is there, commands and options are
 * as they say, and every dependency has its reason.
 */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'smol-toml'
import * as v from 'valibot'
import { runCli } from '../../src/cli/cli.ts'
import { sections } from '../../src/config/sections.ts'
import type { World } from '../../src/process/world.ts'
import { MAY_IMPORT } from '../../tools/layers.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')
const find = (...patterns: readonly string[]): readonly string[] =>
  patterns.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).sort()

const files = find('contrib/*', 'Containerfile')
const pages = find('*.md', 'docs/**/*.md', 'src/**/*.md', 'examples/*/*.md', 'test/**/*.md', 'bench/**/*.md').filter(
  (file) => !file.includes('node_modules'),
)
const sources = find('src/**/*.ts', 'tools/*.ts', 'bench/**/*.ts', 'web/**/*.{ts,tsx}', 'bin/*.js')
const manifest = JSON.parse(read('package.json')) as {
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}

/** The rows of the first table below `heading`, each as its cells. */
function tableBelow(file: string, heading: string): readonly (readonly string[])[] {
  const after = read(file).split(`${heading}\n`)[1]
  assert(after !== undefined, `${file} has no "${heading}"`)
  const lines = after.split('\n')
  const first = lines.findIndex((line) => line.startsWith('|'))
  const end = lines.findIndex((line, i) => i > first && !line.startsWith('|'))
  return lines.slice(first + 2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}
const quoted = (text: string): readonly string[] => [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!)
/** As GitHub makes it of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
const anchorsIn = (file: string): readonly string[] => [...read(file).matchAll(/^#+ (.+)$/gm)].map((match) => anchorOf(match[1]!))

test('what a page links to is there', () => {
  const broken: string[] = []
  for (const file of pages) {
    for (const [, target] of read(file).matchAll(/\]\((?!https?:|mailto:|xmpp:)([^)\s]+)\)/g)) {
      const [path, anchor] = target!.split('#', 2)
      const linked = path === '' ? file : join(dirname(file), path!)
      if (!existsSync(join(ROOT, linked))) broken.push(`${file}: ${target}`)
      else if (anchor !== undefined && !anchorsIn(linked).includes(anchor)) broken.push(`${file}: ${target}`)
    }
  }
  assert.deepEqual(broken, [])
})

test('a file or folder of the repository that a page or a comment names is there', () => {
  const missing: string[] = []
  const named = /(?<![\w/.-])(?:src|test|tools|docs|bench|config|contrib|bin|web|examples)\/[\w./-]*[\w/]/g
  const made = /^(?:web\/dist|bench\/(?:results|out))\b|NNNN/
  for (const file of [...pages, ...sources]) {
    const texts = file.endsWith('.md') ? quoted(read(file)) : read(file).match(/^\s*(?:\/\*\*|\*|\/\/).*$/gm)
    for (const path of (texts ?? []).flatMap((text) => text.match(named) ?? [])) {
      const from = file.startsWith('examples/') ? dirname(file) : '.'
      if (!made.test(path) && !existsSync(join(ROOT, path)) && !existsSync(join(ROOT, from, path)))
        missing.push(`${file}: ${path}`)
    }
  }
  assert.deepEqual(missing, [])
})

test('a command of npm that a page names is one of package.json', () => {
  const unknown: string[] = []
  for (const file of pages)
    for (const [, name] of read(file).matchAll(/npm run ([\w:]+)/g))
      if (!Object.hasOwn(manifest.scripts, name!)) unknown.push(`${file}: ${name}`)
  assert.deepEqual(unknown, [])
})

test('docs/architecture.md: who may import whom is what the check enforces', () => {
  const rows = tableBelow('docs/architecture.md', '## What stands where')
  const told = new Map(rows.map(([folder, , imports]) => [quoted(folder!)[0]!, quoted(imports!)]))
  told.delete('src/main.ts')
  const enforced = Object.entries(MAY_IMPORT).map(([folder, imports]) => [`src/${folder}/`, [...imports]] as const)
  assert.deepEqual(Object.fromEntries(told), Object.fromEntries(enforced))
})

test('docs/glossary.md: the types that it names are declared in the code', () => {
  const code = find('src/**/*.ts', 'test/{model,support}/*.ts').map(read).join('\n')
  const named = [...read('docs/glossary.md').matchAll(/^\|.*\| ([^|]*) \|$/gm)].flatMap(([, cell]) => quoted(cell!))
  const types = named.filter((name) => /^[A-Z]\w+$/.test(name))
  assert(types.length > 20)
  assert.deepEqual(
    types.filter((name) => !new RegExp(`\\b(class|interface|type) ${name}\\b`).test(code)),
    [],
  )
})

test('docs/decisions: every dependency of the server has its line, and there is no other', () => {
  const rows = tableBelow('docs/decisions/001-runtime-dependencies.md', '# 1: What the server depends on')
  const told = rows.flatMap(([packages]) => quoted(packages!))
  assert.deepEqual(told.toSorted(), Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }).sort())
})

/** The names of the commands that `porchlight ... --help` lists. */
async function commandsUnder(...path: readonly string[]): Promise<readonly string[]> {
  let help = ''
  const output = { isTTY: false, write: (text: string) => void (help += text) }
  const world = {
    args: [...path, '--help'],
    software: { name: '', version: '', system: '', uri: '' },
    stdout: output,
    stderr: output,
  } as Partial<World> as World
  await runCli(world)
  const list = help.split(/^Commands:$/m)[1] ?? ''
  return [...list.matchAll(/^ {2}(\w+)/gm)].map((match) => match[1]!).filter((name) => name !== 'help')
}

/** The blocks of that language in the pages. */
const blocks = (language: string): readonly (readonly [file: string, text: string])[] =>
  pages.flatMap((file) =>
    [...read(file).matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map((match) => [file, match[1]!] as const),
  )

test('a configuration that a page or contrib/ shows has only sections and options that there are', () => {
  const unknown: string[] = []
  const shown = [...blocks('toml'), ...find('contrib/*.toml').map((file) => [file, read(file)] as const)]
  assert(shown.length > 4)
  for (const [file, text] of shown) {
    for (const [name, given] of Object.entries(parse(text))) {
      const section = sections.find((s) => s.name === name)
      const tables = (section?.repeated === true ? given : [given]) as readonly Readonly<Record<string, unknown>>[]
      const options = tables.flatMap((table) => Object.keys(table))
      if (section === undefined) unknown.push(`${file}: [${name}]`)
      else unknown.push(...options.filter((o) => !(o in section.schema.entries)).map((o) => `${file}: [${name}] ${o}`))
    }
  }
  assert.deepEqual(unknown, [])
})

test('a command of the server that a page, the unit or the Containerfile uses is one that there is', async () => {
  const tree = new Map<string, readonly string[]>()
  for (const name of await commandsUnder()) tree.set(name, await commandsUnder(name))
  const unknown: string[] = []
  let seen = 0
  for (const file of [...pages, ...files]) {
    for (const [, first, second = ''] of read(file).matchAll(
      /(?:porchlight\.js|(?<=`|u porchlight )porchlight) ([a-z]+)(?: ([a-z]+))?/g,
    )) {
      const below = tree.get(first!)
      seen += 1
      if (below === undefined || (below.length > 0 && second !== '' && !below.includes(second)))
        unknown.push(`${file}: ${first} ${second}`)
    }
  }
  assert(seen > 20)
  assert.deepEqual(unknown, [])
})

test('Containerfile: what it copies is there, and is let into the build', () => {
  const ignored = read('.dockerignore').split('\n')
  const copied = [...read('Containerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) => match[1]!.split(' '))
  assert(copied.length > 5)
  for (const path of copied) {
    assert(existsSync(join(ROOT, path)), path)
    assert(ignored.includes(`!${path}`), `${path} is kept out by .dockerignore`)
  }
})

test('docs/operations.md: the commands are those of the command line', async () => {
  const real: string[] = []
  for (const name of await commandsUnder()) {
    const below = await commandsUnder(name)
    real.push(...(below.length === 0 ? [name] : below.map((one) => `${name} ${one}`)))
  }
  const told = tableBelow('docs/operations.md', '## Commands').map(([command]) => /^`([a-z ]+[a-z])/.exec(command!)![1]!)
  assert.deepEqual(told.toSorted(), real.toSorted())
})

/** Options with a number or a size that limit nothing that anybody can make grow. */
const NO_LIMITS: ReadonlySet<string> = new Set([
  '[admin] page',
  '[bosh] hold',
  '[bytestreams] port',
  '[presence] rush',
  '[rate] burst',
  '[registration] password-length',
  '[sasl] iterations',
  '[stream-management] ask-after-stanzas',
])

test('docs/operations.md: every option that is a number or a size is among the limits', () => {
  const told = new Set(
    tableBelow('docs/operations.md', '## Limits').flatMap(([options]) => {
      const [, name] = /^`\[([\w-]+)\]/.exec(options!) ?? []
      return name === undefined ? [] : quoted(options!).map((text) => `[${name}] ${text.replace(`[${name}] `, '')}`)
    }),
  )
  const missing: string[] = []
  for (const { name, schema } of sections)
    for (const [option, entry] of Object.entries(schema.entries)) {
      const { default: byDefault } = entry as v.OptionalSchema<v.GenericSchema, unknown>
      const isLimit =
        typeof byDefault === 'number' || (typeof byDefault === 'string' && /^\d+ (B|KB|KiB|MB|MiB|GiB)$/.test(byDefault))
      const full = `[${name}] ${option}`
      if (isLimit && !told.has(full) && !NO_LIMITS.has(full)) missing.push(full)
    }
  assert.deepEqual(missing, [])
})

test('docs/operations.md: the limits have the defaults that they have', () => {
  const wrong: string[] = []
  for (const [options, defaults] of tableBelow('docs/operations.md', '## Limits')) {
    const [, name] = /^`\[([\w-]+)\]/.exec(options!) ?? []
    if (name === undefined) continue
    const { entries } = sections.find((section) => section.name === name)!.schema
    const told = defaults!.split(', ')
    for (const [i, option] of quoted(options!)
      .map((text) => text.replace(`[${name}] `, ''))
      .entries()) {
      const entry = entries[option] as v.OptionalSchema<v.GenericSchema, unknown> | undefined
      if (entry === undefined || String(entry.default) !== told[i]) wrong.push(`[${name}] ${option}: ${told[i]}`)
    }
  }
  assert.deepEqual(wrong, [])
})
