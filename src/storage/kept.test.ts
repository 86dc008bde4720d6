/** The stores of what is kept over a restart: sessions, states, peers, decisions. */
import assert from 'node:assert/strict'
import { contract } from '../../test/support/contract.ts'
import type { Decision } from '../server/ports.ts'
import { jid } from '../xmpp/jid.ts'
import { Packet } from '../xmpp/packet.ts'
import { SqlDecisions } from './decisions.ts'
import { KEPT_SESSIONS, keptSessionMigrations, SqlKeptSessions } from './kept-sessions.ts'
import { KEPT_STATES, keptStateMigrations, SqlKeptStates } from './kept-states.ts'
import { LINKED_PEERS, linkedPeerMigrations, SqlLinkedPeers } from './linked-peers.ts'

const ROMEO = 'romeo@example.net'
const JULIET = 'juliet@example.net'
const session = (owner: string, resource: string, until = 0, state = '{}') => ({ owner, resource, until, state })
const piece = (n: number) => ({ n, state: `["${n} 🌹"]` })

contract('kept sessions: all are replaced, one is changed, one is dropped; pieces come in their order', async (open) => {
  const { database } = await open(ROMEO, JULIET)
  await database.migrate(KEPT_SESSIONS, keptSessionMigrations)
  const kept = new SqlKeptSessions(database)
  const all = async () =>
    (await kept.all())
      .map(({ owner, resource, until, state, pieces }) => [
        owner,
        resource,
        until,
        state,
        pieces.map(({ n, state: s }) => [n, s]),
      ])
      .toSorted((a, b) => (String(a) < String(b) ? -1 : 1))
  await kept.replaceAll([{ ...session(ROMEO, 'old'), pieces: [piece(1)] }])
  await kept.replaceAll([
    { ...session(ROMEO, 'phone'), pieces: [piece(10), piece(9), piece(2 ** 40)] },
    { ...session(JULIET, 'phone', 5), pieces: [] },
  ])
  await kept.update([
    { session: session(ROMEO, 'phone', 7, '{"a":1}'), added: [piece(11)], gone: [9] },
    { session: session(ROMEO, 'desk'), added: [piece(1)], gone: [] },
  ])
  assert.deepEqual(await all(), [
    [JULIET, 'phone', 5, '{}', []],
    [ROMEO, 'desk', 0, '{}', [[1, '["1 🌹"]']]],
    [ROMEO, 'phone', 7, '{"a":1}', [10, 11, 2 ** 40].map((n) => [n, `["${n} 🌹"]`])],
  ])
  await kept.drop(ROMEO, 'phone')
  assert.deepEqual(
    (await all()).map(([owner, resource]) => [owner, resource]),
    [
      [JULIET, 'phone'],
      [ROMEO, 'desk'],
    ],
  )
})

contract('kept sessions go with their account', async (open) => {
  const { database, accounts } = await open(ROMEO)
  await database.migrate(KEPT_SESSIONS, keptSessionMigrations)
  const kept = new SqlKeptSessions(database)
  await kept.replaceAll([{ ...session(ROMEO, 'phone'), pieces: [piece(1)] }])
  await accounts.delete(ROMEO)
  assert.deepEqual(await kept.all(), [])
})

contract('kept states: all are replaced, some are put, some dropped', async (open) => {
  const { database } = await open()
  await database.migrate(KEPT_STATES, keptStateMigrations)
  const kept = new SqlKeptStates(database)
  await kept.replaceAll([{ holder: 'account', key: 'old', state: '0' }])
  await kept.replaceAll(['b', 'a', 'B'].map((key) => ({ holder: 'account', key, state: '1' })))
  await kept.update(
    [
      { holder: 'account', key: 'a', state: '2' },
      { holder: 'service', key: 'a', state: '3' },
    ],
    [{ holder: 'account', key: 'b' }],
  )
  assert.deepEqual(await kept.all(), [
    { holder: 'account', key: 'B', state: '1' },
    { holder: 'account', key: 'a', state: '2' },
    { holder: 'service', key: 'a', state: '3' },
  ])
})

contract('linked peers: a pair is there once, until it is dropped', async (open) => {
  const { database } = await open()
  await database.migrate(LINKED_PEERS, linkedPeerMigrations)
  const peers = new SqlLinkedPeers(database)
  await Promise.all(['a.example', 'b.example', 'a.example'].map((remote) => peers.put('example.net', remote)))
  await peers.drop('example.net', 'b.example')
  assert.deepEqual(await peers.all(), [{ local: 'example.net', remote: 'a.example' }])
})

contract('decisions: of each matter the last word, the oldest first, until it is heard or too old', async (open) => {
  const { database, accounts } = await open(ROMEO, JULIET)
  const decisions = new SqlDecisions(database)
  const said = (type: string, at: number, from = ROMEO): Decision => ({
    packet: Packet.of({ kind: 'presence', type, from: jid(from), to: jid('nurse@example.com') }),
    at,
  })
  const all = async () => (await decisions.all()).map(({ packet, at }) => [packet.from.full, packet.type, at])
  await accounts.delete(ROMEO, [said('subscribe', 3), said('unsubscribed', 2), said('unavailable', 2)])
  await accounts.delete(JULIET, [said('unsubscribe', 5), said('subscribed', 4, JULIET)])
  assert.deepEqual(await all(), [
    [ROMEO, 'unavailable', 2],
    [ROMEO, 'unsubscribed', 2],
    [JULIET, 'subscribed', 4],
    [ROMEO, 'unsubscribe', 5],
  ])
  await decisions.drop(said('subscribe', 0).packet)
  await decisions.purge(3)
  assert.deepEqual(await all(), [[JULIET, 'subscribed', 4]])
})
