/** The reason for shutting a user out, as the user receives it: one line of text that XML can carry. */
import { CommandError } from './command.ts'

const CHARACTERS_MAX = 200
/** Control characters, single surrogates, and what XML 1.0 2.2 forbids in addition. */
const NOT_FOR_XML = /[\p{Cc}\p{Cs}\uFFFE\uFFFF]/u

/** @returns '' if there is no reason @throws CommandError */
export function reasonFrom(text: string): string {
  const reason = text.trim()
  if (reason.length > CHARACTERS_MAX || NOT_FOR_XML.test(reason))
    throw new CommandError(`This cannot be a reason. Write one line of at most ${CHARACTERS_MAX} characters.`)
  return reason
}
