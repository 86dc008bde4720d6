/** A problem in a configuration, worded so that the reader knows which line to change, and how. */

export interface Problem {
  /** The configuration file; null if there is none and the problem is in the built-in values. */
  readonly file: string | null
  /** The line, from 1; null if the problem is not in one line. */
  readonly line: number | null
  /** For example `[streams] stanza-size`; null for the file as a whole. */
  readonly option: string | null
  readonly what: string
  readonly remedy: string
}

/** The configuration cannot be used. It has all problems, not just the first, in the order of their lines. */
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
