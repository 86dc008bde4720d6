/** What is wrong with a configuration, said so that whoever reads it knows which line to change, and how. */

export interface Problem {
  /** Of the configuration; null: there is none, and the built-in values are to blame. */
  readonly file: string | null
  /** From 1; null: not at any one line. */
  readonly line: number | null
  /** Such as `[streams] stanza-size`; null: the file as a whole. */
  readonly option: string | null
  readonly what: string
  readonly remedy: string
}

/** The configuration cannot be used. All its problems, not just the first, in the order of their lines. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const inOrder = problems.toSorted((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity) || 0)
    super(inOrder.map(sentence).join('\n'))
    this.problems = inOrder
  }
}

/** `porchlight.toml:12: [streams] stanza-size: must be ... Write ...` */
export function sentence({ file, line, option, what, remedy }: Problem): string {
  const where = file === null ? 'configuration' : line === null ? file : `${file}:${line}`
  return [where, ...(option === null ? [] : [option]), `${what}${/[.!?]$/.test(what) ? '' : '.'} ${remedy}`].join(': ')
}
