/** Commands for the operator's groups: their members see each other without asking. */
import * as v from 'valibot'
import type { Groups } from '../server/contacts/groups.ts'
import type { Host } from '../server/feature.ts'
import { CommandError, defineCommand, type Command } from './command.ts'
import { existingAccount } from './user-commands.ts'

export interface GroupRow {
  readonly name: string
  readonly members: number
}
export interface GroupReport {
  readonly name: string
  /** Bare JIDs. */
  readonly members: readonly string[]
}
/** The answer of orders about members. */
export interface GroupChange {
  readonly name: string
  readonly members: number
  /** Accounts whose rosters are full, and so lack some of the members. */
  readonly full: readonly string[]
}
export interface GroupLimits {
  readonly 'groups': number
  readonly 'group-members': number
}
const NAME_MAX = 100
const MEMBERS = { name: v.string(), jids: v.array(v.string()) }

export function groupCommands(host: Pick<Host, 'domains' | 'stores'>, groups: Groups, limits: GroupLimits): readonly Command[] {
  const accountsOf = async (jids: readonly string[]): Promise<readonly string[]> =>
    Promise.all(jids.map(async (jid) => (await existingAccount(host, jid)).bare))
  const membersOf = (name: string): ReadonlySet<string> => {
    const members = groups.members(name)
    if (members === undefined) throw new CommandError(`There is no group "${name}". \`group list\` shows those that there are.`)
    return members
  }
  const changed = (name: string, full: readonly string[] = []): GroupChange => ({ name, members: membersOf(name).size, full })
  const join = async (name: string, accounts: readonly string[]): Promise<GroupChange> => {
    const size = new Set([...membersOf(name), ...accounts]).size
    if (size > limits['group-members'])
      throw new CommandError(`A group has ${limits['group-members']} members at most: [limits] group-members.`)
    return changed(name, await groups.join(name, accounts))
  }
  return [
    defineCommand('group.list', {}, (): readonly GroupRow[] =>
      groups.all.map(([name, { length }]) => ({ name, members: length })),
    ),
    defineCommand('group.show', { name: v.string() }, ({ name }): GroupReport => ({
      name,
      members: [...membersOf(name)].sort(),
    })),
    defineCommand('group.create', MEMBERS, async ({ name: given, jids }) => {
      const name = given.normalize('NFC').trim()
      if (name === '' || name.length > NAME_MAX) throw new CommandError(`A group needs a name of at most ${NAME_MAX} characters.`)
      if (groups.all.length >= limits.groups)
        throw new CommandError(`There are ${limits.groups} groups already: [limits] groups.`)
      const accounts = await accountsOf(jids)
      if (!(await groups.create(name))) throw new CommandError(`There is a group "${name}" already.`)
      return join(name, accounts)
    }),
    defineCommand('group.add', MEMBERS, async ({ name, jids }) => join(name, await accountsOf(jids))),
    defineCommand('group.remove', MEMBERS, async ({ name, jids }) => {
      const members = membersOf(name)
      const accounts = await accountsOf(jids)
      const stranger = accounts.find((account) => !members.has(account))
      if (stranger !== undefined) throw new CommandError(`${stranger} is not in the group "${name}".`)
      await groups.leave(name, accounts)
      return changed(name)
    }),
    defineCommand('group.delete', { name: v.string() }, async ({ name }) => {
      membersOf(name)
      await groups.delete(name)
      return { name }
    }),
  ]
}
