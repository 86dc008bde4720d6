/** What a part of the server knows of an account, over a restart of the server and a crash. */
import assert from 'node:assert/strict'
import { section } from '../../src/base/settings.ts'
import { defineFeature, type Feature } from '../../src/server/feature.ts'
import { LOGOUT } from '../../src/server/account/endings.ts'
import type { LocalAccount } from '../../src/server/account/session.ts'
import { Cast, storyOn } from '../support/story.ts'
import { enable, UNASKED } from '../support/stream-management.ts'

const story = storyOn('memory')

/** Knows of each account the resources that were bound, the first first. */
class Visits {
  readonly feature: Feature
  of: (account: LocalAccount) => readonly string[] = () => []

  constructor() {
    this.feature = defineFeature({
      name: 'visits',
      specs: [],
      settings: section({}),
      install: (host) => {
        const slot = host.accountSlot<readonly string[]>('visits', 'kept', () => [])
        this.of = (account) => account.get(slot)
        const changed = host.keep.account<readonly string[]>({
          name: 'visits',
          version: 1,
          save: (account) => account.get(slot),
          load: (account, kept) => account.set(slot, kept),
        })
        host.on('session-bound', ({ session: { account, jid } }) => {
          account.set(slot, [...account.get(slot), jid.resource])
          changed(account)
        })
      },
    })
  }
}
const settingOf = ({ feature }: Visits): typeof UNASKED & { readonly beside: readonly Feature[] } => ({
  ...UNASKED,
  beside: [feature],
})
function visitsIn(cast: Cast, visits: Visits): readonly string[] {
  return visits.of(cast.server.host.accounts.get('alice@a.example')!)
}

{
  const before = new Visits()
  story('a restart: what is known of an account is there before its sessions are', settingOf(before), async (cast) => {
    const [first, second] = await cast.clients('alice/1', 'alice/2')
    await enable(first)
    assert.deepEqual(visitsIn(cast, before), ['1', '2'])
    const after = new Visits()
    const next = new Cast(await cast.server.restart(settingOf(after), 1000))
    cast.atEnd(() => next.end())
    assert.deepEqual(visitsIn(next, after), ['1', '2', '1'])
    await second.wire.expectStreamError('system-shutdown')
  })
}

/** Accounts in the store of kept states, which other parts of the server use too. */
const accountsKept = async (cast: Cast): Promise<readonly string[]> =>
  (await cast.server.stores.keptStates.all()).map(({ key }) => key).filter((key) => key.includes('@'))

{
  const before = new Visits()
  story('a crash: an account is kept with its sessions, and no longer', settingOf(before), async (cast) => {
    const [alice] = await cast.clients('alice/1', 'bob/1')
    await enable(alice)
    await cast.server.server.checkpoints.write()
    assert.deepEqual(await accountsKept(cast), ['alice@a.example'])
    const after = new Visits()
    const next = new Cast(await cast.server.crash(settingOf(after)))
    cast.cut()
    cast.atEnd(() => next.end())
    assert.deepEqual(visitsIn(next, after), ['1', '1'])
    const { sessions, checkpoints } = next.server.server
    for (const session of [...sessions.all()]) sessions.end(session, LOGOUT)
    await checkpoints.write()
    assert.deepEqual(await accountsKept(next), [])
  })
}
