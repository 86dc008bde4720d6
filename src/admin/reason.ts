/** Why the operator shuts somebody out, as he is told it: a line of text that fits into XML. */
import { CommandError } from './command.ts'

const CHARACTERS_MAX = 200
/** Control characters, halves of a character, and what XML 1.0 2.2 leaves out beside them. */
const NOT_FOR_XML = /[\p{Cc}\p{Cs}\uFFFE\uFFFF]/u

/** @returns '' for none @throws CommandError */
export function reasonFrom(text: string): string {
  const reason = text.trim()
  if (reason.length > CHARACTERS_MAX || NOT_FOR_XML.test(reason))
    throw new CommandError(`This cannot be a reason. Write one line of at most ${CHARACTERS_MAX} characters.`)
  return reason
}
