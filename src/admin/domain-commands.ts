/** Commands for the operator's lists of other domains: those that are blocked, and those that alone are allowed. */
import * as v from 'valibot'
import type { DomainLists } from '../server/links/domain-lists.ts'
import type { Host } from '../server/feature.ts'
import type { DomainList } from '../server/ports.ts'
import { domainPattern } from '../xmpp/domain-pattern.ts'
import { JidError } from '../xmpp/jid.ts'
import { CommandError, defineCommand, type Command } from './command.ts'

export type DomainListReport = Readonly<Record<DomainList, readonly string[]>>

/** The most entries of a list. */
const ENTRIES_MAX = 10_000
const CHANGE = { list: v.picklist(['blocked', 'allowed']), add: v.array(v.string()), remove: v.array(v.string()) }

/** @param enforce acts on streams that exist; null if this server talks to no other server */
export function domainCommands(
  { router }: Pick<Host, 'router'>,
  lists: DomainLists,
  enforce: (() => void) | null,
): readonly Command[] {
  const report = (): DomainListReport => ({ blocked: lists.of('blocked'), allowed: lists.of('allowed') })
  return [
    defineCommand('domain.list', {}, report),
    defineCommand('domain.change', CHANGE, async ({ list, add, remove }) => {
      const [added, removed] = [new Set(add.map(pattern)), new Set(remove.map(pattern))]
      const own = [...added].find((one) => router.serves(one))
      if (own !== undefined) throw new CommandError(`${own} is served here: name a domain of another server.`)
      const known = lists.of(list)
      const missing = [...removed].find((one) => !known.includes(one))
      if (missing !== undefined)
        throw new CommandError(`${missing} is not in the list. \`domain list\` shows what is.`, 'missing')
      if (new Set([...known, ...added]).size > ENTRIES_MAX) throw new CommandError(`A list has ${ENTRIES_MAX} domains at most.`)
      await lists.change(list, [...added], [...removed])
      enforce?.()
      return report()
    }),
  ]
}

function pattern(text: string): string {
  try {
    return domainPattern(text)
  } catch (error) {
    if (!(error instanceof JidError)) throw error
    throw new CommandError(
      `"${text}" is not a domain (${error.message}). Write "example.org", or "*.example.org" for all domains below it.`,
    )
  }
}
