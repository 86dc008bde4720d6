/** What operators count (XEP-0133): users with Matrix devices alone are there too. */
import assert from 'node:assert/strict'
import { commandsOf, runCommand } from '../../src/admin/command.ts'
import { sessionCommands } from '../../src/admin/session-commands.ts'
import { userReports, type UserFigures, type UserReport, type UsersOfKind } from '../../src/admin/user-reports.ts'
import { matrixOf } from '../../src/matrix/index.ts'
import { jid } from '../../src/xmpp/jid.ts'
import { matrixIn } from '../support/matrix-client.ts'
import { bareOf, DOMAIN, storyOn } from '../support/story.ts'

const story = storyOn('memory')
const ALICE = bareOf('alice')

story(
  'ADM-3: users with a Matrix device alone were neither counted nor shown',
  { settings: { matrix: { enabled: true } } },
  async (cast) => {
    const { host } = cast.server
    await cast.clients('bob/1')
    await cast.server.account('alice')
    const alice = await matrixIn(cast.server)().login('alice')
    const commands = commandsOf(...userReports(host, () => false), ...sessionCommands(host, 100))
    const order = async <T>(name: string, args: object): Promise<T> => (await runCommand(commands, name, args)) as T
    const figures = async (): Promise<string> => {
      const { online, active, idle, paused } = await order<UserFigures>('user.figures', { domain: DOMAIN })
      return `${online}: ${active} ${idle} ${paused}`
    }
    assert.equal(await figures(), '1: 1 0 0', 'logging in is not being there')
    const over = await matrixOf(host)!.presence.asked(jid(ALICE), alice.device, 'online')
    await cast.settle()
    assert.equal(await figures(), '2: 2 0 0')
    assert.deepEqual((await order<UsersOfKind>('user.kind', { domain: DOMAIN, kind: 'online', limit: 9 })).jids, [
      ALICE,
      bareOf('bob'),
    ])
    const { sessions } = await order<UserReport>('user.show', { jid: ALICE })
    assert.deepEqual(
      sessions.map(({ remote, activity }) => [remote, activity]),
      [[null, 'active']],
    )
    over()
    await cast.settle()
    assert.equal(await figures(), '2: 2 0 0', 'between two requests')
    cast.pass(30_000)
    assert.equal(await figures(), '2: 1 0 1')
    assert.deepEqual(await order('session.kick', { jid: ALICE, reason: '' }), { jid: ALICE, ended: 1 })
    await cast.settle()
    assert.equal(await figures(), '1: 1 0 0')
    await cast.forget()
  },
)
