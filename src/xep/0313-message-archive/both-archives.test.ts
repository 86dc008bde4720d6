/** MAM-22: what one user of this server writes to another is issued for both archives together, so a crash finds it in both or in none. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer, settled } from '../../../test/support/memory-server.ts'
import { messageArchive } from './index.ts'

const ROMEO = 'romeo@example.net'
const JULIET = 'juliet@example.net'

for (const isFriend of [true, false])
  test(`MAM-22: the archives of ${isFriend ? 'contacts' : 'people who do not know each other'} are given a message in one tick`, async () => {
    const server = await memoryServer({ features: [messageArchive] })
    if (isFriend) await server.friends(ROMEO, JULIET)
    const [romeo, juliet] = [await server.bind(ROMEO, 'orchard'), await server.bind(JULIET, 'balcony')]
    for (const client of [romeo, juliet]) client.send('<presence/>')
    const say = (body: string): void => {
      void romeo.send(`<message type='chat' id='${body}' to='${JULIET}'><body>${body}</body></message>`)
    }
    say('first')
    await settled()
    const { accountArchive } = server.stores
    const append = accountArchive.append.bind(accountArchive)
    const given: string[] = []
    accountArchive.append = (owner, ...rest) => {
      given.push(owner)
      return append(owner, ...rest)
    }
    say('second')
    assert.deepEqual(given, [ROMEO, JULIET], 'before anything could be read from the database')
    await settled()
    const bodies = juliet.sent().flatMap((e) => e.child('body')?.text ?? [])
    assert.deepEqual(bodies, ['first', 'second'])
  })
