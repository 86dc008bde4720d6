import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer, settled } from '../../test/support/memory-server.ts'
import { defineFeature } from '../server/feature.ts'
import { section } from '../base/settings.ts'
import { jid } from '../xmpp/jid.ts'
import { LIMITS } from './machine/commands.ts'
import { openRooms, type OpenRooms } from './open.ts'
import { HOLDING } from './rooms.ts'
import { TENDING } from './tending.ts'
import { affiliating, ROOM, sessionOf, shows } from './testing.ts'

test('ROOM-7: rooms of a server forget a person whose account is removed', async () => {
  let opened: OpenRooms | null = null
  const face = defineFeature({
    name: 'test-rooms',
    specs: [],
    settings: section({}),
    async install(host) {
      opened = await openRooms(host, { ...LIMITS, ...HOLDING }, TENDING)
    },
  })
  const { host } = await memoryServer({ features: [face] })
  const { rooms } = opened!
  const owner = sessionOf('owner@example.net')
  const actor = { jid: owner.bare, session: owner, transaction: null }
  const enter = {
    do: 'enter',
    as: owner,
    face: 'xmpp',
    nick: 'Owner',
    password: null,
    presence: shows(''),
    wantsDoubts: false,
    history: null,
    byStanding: false,
  } as const
  const create = { do: 'create', locked: false, config: { persistent: true } } as const
  assert.equal(await rooms.perform({ address: ROOM, actor, command: enter, create, answered: null }), null)
  const items = [affiliating('admin@example.net', 'admin')]
  assert.equal(
    await rooms.perform({ address: ROOM, actor, command: { do: 'change', items }, create: null, answered: null }),
    null,
  )
  host.tell('account-deleted', { jid: jid('owner@example.net') })
  await settled()
  await settled()
  const room = (await rooms.find(ROOM))!
  assert.deepEqual(
    [...room.members.values()].map((m) => [m.jid, m.affiliation]),
    [['admin@example.net', 'owner']],
  )
  assert.equal(room.occupants.size, 0)
})
