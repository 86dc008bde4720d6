/** Settings on the command line. */
import { CommandError } from '../admin/command.ts'

/** @param settings each in the form `name=value` @throws CommandError */
export function pairsFrom(settings: readonly string[], example: string): Readonly<Record<string, string>> {
  const pairs = settings.map((text) => {
    const at = text.indexOf('=')
    if (at < 0) throw new CommandError(`"${text}" is not a setting. Write it like ${example}.`)
    return [text.slice(0, at), text.slice(at + 1)] as const
  })
  return Object.fromEntries(pairs)
}
