/** Commands for the outage that clients are told of (XEP-0455). */
import * as v from 'valibot'
import type { Clock, Millis } from '../base/clock.ts'
import { CommandError, defineCommand, type Command } from './command.ts'

export interface Outage {
  readonly planned: boolean
  readonly beginning: Millis
  /** Null if it is not known. */
  readonly end: Millis | null
  /** For people: the text in each language, by its tag (BCP 47), and under "default". Empty for none. */
  readonly message: Readonly<Record<string, string>>
}
export interface Outages {
  /** Null: there is none. */
  readonly current: Outage | null
  set(outage: Outage | null): Promise<void>
}

const TEXT_MAX = 2000
const LANGUAGES_MAX = 50
const OUTAGE = {
  planned: v.boolean(),
  beginning: v.nullable(v.number()),
  end: v.nullable(v.number()),
  message: v.record(
    v.pipe(v.string(), v.regex(/^(default|[a-z]{2,8}(-[a-z0-9]{1,8})*)$/i)),
    v.pipe(v.string(), v.maxLength(TEXT_MAX)),
  ),
}

export const outageCommands = (outages: Outages, clock: Clock): readonly Command[] => [
  defineCommand('outage.show', {}, () => outages.current),
  defineCommand('outage.set', OUTAGE, async ({ planned, beginning, end, message }) => {
    const outage = { planned, beginning: beginning ?? clock.now(), end, message }
    if (end !== null && end <= outage.beginning) throw new CommandError('The outage would end before it begins.')
    const languages = Object.keys(message)
    if (languages.length > LANGUAGES_MAX) throw new CommandError(`A message has ${LANGUAGES_MAX} languages at most.`)
    if (languages.length > 0 && message['default'] === undefined)
      throw new CommandError('A message needs a text for clients whose language is not among the others.')
    await outages.set(outage)
    return outage
  }),
  defineCommand('outage.clear', {}, async () => {
    if (outages.current === null) throw new CommandError('No outage is announced.', 'missing')
    await outages.set(null)
    return {}
  }),
]
