/**
 * Reads a configuration: TOML, checked against the sections that the parts of the server declare. All problems
 * are reported together. An unknown name is a problem, so that a misspelt limit does not silently mean "no limit".
 *
 * A text of the form "file:PATH" is replaced by the content of that file, so that secrets can be kept out of
 * the configuration.
 */
import { parse, TomlError } from 'smol-toml'
import * as v from 'valibot'
import { isPathOption } from '../base/settings.ts'
import type { Complaint } from './complaint.ts'
import { linesOf, nthSection, type Lines } from './lines.ts'
import { withPreset } from './presets.ts'
import { ConfigError, type Problem } from './problem.ts'
import type { SectionOfFile } from './sections.ts'
import { remedyFor } from './suggestion.ts'

export interface Source {
  /** The name for messages; null if there is no file; `toml` is empty then. */
  readonly file: string | null
  readonly toml: string
  /** Reads a file that a value refers to; relative paths are relative to the configuration. */
  readonly readFile: (path: string) => string
}

const FILE_PREFIX = 'file:'

export type Table = Readonly<Record<string, unknown>>
const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

const isTables = (value: unknown): value is readonly Table[] => Array.isArray(value) && value.every(isTable)

/** A repeated section is an array of tables; `configOf` knows which sections are repeated. */
export type Values = Readonly<Record<string, Table>>

/**
 * The checked values of every section, with defaults filled in.
 * @param check finds mistakes in values that are each of the right kind
 * @throws ConfigError with all problems
 */
export function load(
  source: Source,
  sections: readonly SectionOfFile[],
  check: (values: Values) => readonly Complaint[],
): Values {
  return checked(parsed(source), source, sections, check)
}

/** Checks tables that a program has made. @param source where relative paths start, and the name for messages */
export function checked(
  tables: Table,
  source: Source,
  sections: readonly SectionOfFile[],
  check: (values: Values) => readonly Complaint[],
): Values {
  const filled = withPreset(tables)
  const reader = new Reader(source)
  const names = sections.map((s) => s.name)
  for (const [name, value] of Object.entries(tables)) {
    if (!names.includes(name)) reader.unknownSection(name, value, sections)
    else if (sections.find((s) => s.name === name)!.repeated === true) {
      if (!isTables(value))
        reader.problem(
          name,
          null,
          'must be a section that may be repeated',
          `Write [[${name}]] on a line of its own, and its options below.`,
        )
    } else if (!isTable(value))
      reader.problem(name, null, 'must be a section', `Write [${name}] on a line of its own, and its options below.`)
  }
  const values: Record<string, Table> = {}
  for (const section of sections) {
    const table = filled[section.name]
    if (section.repeated !== true) values[section.name] = reader.section(section, isTable(table) ? table : {})
    else values[section.name] = reader.sections(section, isTables(table) ? table : []) as unknown as Table
  }
  for (const complaint of check(values)) if (!reader.isBad(complaint)) reader.complain(complaint)
  if (reader.problems.length > 0) throw new ConfigError(reader.problems)
  return values
}

function parsed({ file, toml }: Source): Table {
  try {
    return parse(toml)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const what = error.message.split('\n', 1)[0]!.replace(/^Invalid TOML document: /, 'this is not TOML: ')
    throw new ConfigError([
      {
        file,
        line: error.line,
        option: null,
        ...(/redefine/.test(what)
          ? { what: 'this option or section appears a second time', remedy: 'Combine the two into one.' }
          : { what, remedy: 'A line is a [section], or option = value with texts in quotes; # begins a comment.' }),
      },
    ])
  }
}

/** The value as TOML writes it. JSON has no infinity and no dates. */
function shown(value: unknown): string {
  if (typeof value === 'number') return String(value).replace('Infinity', 'inf').replace('NaN', 'nan')
  return value instanceof Date ? value.toISOString() : JSON.stringify(value)
}

/** Finds the line in the file that a complaint is about. */
export function placing({ file, toml }: Pick<Source, 'file' | 'toml'>): (complaint: Complaint) => Problem {
  const lines = linesOf(toml)
  return ({ section, option, what, remedy }) => ({
    file,
    line: lines.option(section, option),
    option: `[${section}] ${option}`,
    what,
    remedy,
  })
}

/** Reads the tables and collects the problems. */
class Reader {
  readonly problems: Problem[] = []
  readonly #source: Source
  readonly #lines: Lines
  readonly #place: (complaint: Complaint) => Problem
  /** Options whose values have the wrong kind. Their defaults are used meanwhile. */
  readonly #bad = new Set<string>()

  constructor(source: Source) {
    this.#source = source
    this.#lines = linesOf(source.toml)
    this.#place = placing(source)
  }

  complain(complaint: Complaint): void {
    this.problems.push(this.#place(complaint))
  }
  isBad({ section, option }: Complaint): boolean {
    return this.#bad.has(`${section}\n${option}`)
  }

  /** @param option null for the section itself */
  problem(section: string, option: string | null, what: string, remedy: string): void {
    if (option !== null) return this.complain({ section, option, what, remedy })
    this.problems.push({ file: this.#source.file, line: this.#lines.section(section), option: `[${section}]`, what, remedy })
  }

  unknownSection(name: string, value: unknown, sections: readonly SectionOfFile[]): void {
    const home = sections.find((s) => name in s.schema.entries)
    if (isTable(value))
      this.problem(
        name,
        null,
        'there is no such section',
        remedyFor(
          name,
          sections.map((s) => s.name),
        ),
      )
    else if (home !== undefined) this.problem(name, null, `${name} is outside its section`, `Put it below a line [${home.name}].`)
    else
      this.problem(
        name,
        null,
        'an option must be in a section',
        remedyFor(
          name,
          sections.map((s) => s.name),
        ),
      )
  }

  sections(section: SectionOfFile, tables: readonly Table[]): readonly Table[] {
    return tables.map((table, i) => this.section({ ...section, name: nthSection(section.name, i + 1) }, table))
  }
  section({ name, schema }: SectionOfFile, table: Table): Table {
    const known: Record<string, unknown> = {}
    for (const [option, value] of Object.entries(table)) {
      if (!(option in schema.entries))
        this.problem(name, option, 'there is no such option', remedyFor(option, Object.keys(schema.entries)))
      else known[option] = isPathOption(schema.entries[option]) ? value : this.#resolved(name, option, value)
    }
    const checked = v.safeParse(schema, known)
    if (checked.success) return checked.output as Table
    for (const issue of checked.issues) {
      const option = String(issue.path?.[0]?.key)
      this.problem(name, option, issue.message, this.#remedy(schema.entries[option], table[option]))
      this.#bad.add(`${name}\n${option}`)
      delete known[option]
    }
    return v.parse(schema, known) as Table
  }

  #remedy(entry: unknown, value: unknown): string {
    const byDefault = (entry as { default?: unknown } | undefined)?.default
    return `It is ${shown(value)}; the default is ${JSON.stringify(byDefault)}.`
  }

  #resolved(section: string, option: string, value: unknown): unknown {
    if (typeof value !== 'string' || !value.startsWith(FILE_PREFIX)) return value
    const path = value.slice(FILE_PREFIX.length)
    try {
      return this.#source.readFile(path).replace(/\r?\n$/, '')
    } catch (error) {
      this.problem(
        section,
        option,
        `the file ${path} cannot be read (${error instanceof Error ? error.message : String(error)})`,
        "Correct the path, or make the file readable for the server's user.",
      )
      this.#bad.add(`${section}\n${option}`)
      return undefined
    }
  }
}
