import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeptMessage } from '../../server/account-archive.ts'
import { wire } from '../../xml/wire.ts'
import { jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { Positions } from '../sync/positions.ts'
import { TalksOf, type TalksParts } from './talks-of.ts'

const EVE = jid('eve@a.example')
const GUS = jid('gus@b.example/1')

const message = (stream: number): KeptMessage => ({
  packet: Packet.of({
    kind: 'message',
    type: 'chat',
    from: GUS,
    to: EVE,
    id: null,
    payload: Payload.ofText(wire('<body>hi</body>')),
  }),
  id: `id${stream}`,
  at: 0,
  seq: stream,
  stream,
  isSent: false,
  isRetracted: false,
  about: null,
})

test('MXR-121: everybody else is told what is stored while the conversations of one user are still being looked at', async () => {
  let last = 0
  const positions = new Positions(
    {
      nextStream: () => (last += 1),
      get lastStream() {
        return last
      },
    },
    () => Infinity,
  )
  let answer = (): void => {}
  const read = new Promise<null>((resolve) => (answer = () => resolve(null)))
  const woken: string[] = []
  const parts = {
    positions,
    accounts: { load: () => read },
    isPerson: () => false,
    wake: (bare: string) => void woken.push(bare),
  } as Partial<TalksParts> as TalksParts
  const talks = new TalksOf(parts, EVE)
  const stream = (last += 1)
  talks.follower.storing(stream)
  assert.equal(positions.applied, stream - 1, 'it is not on disk')
  talks.follower.stored(stream, message(stream))
  assert.equal(positions.applied, stream, 'it is on disk')
  assert.deepEqual(woken, [])
  answer()
  await talks.caughtUp
  assert.deepEqual(woken, ['eve@a.example'], 'the user is told when it can be shown')
})
