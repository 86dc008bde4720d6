/** Accounts with keys of SHA-1 alone, as other servers have made them: what is offered, and how they get the others (XEP-0480). */
import assert from 'node:assert/strict'
import { pbkdf2Sync } from 'node:crypto'
import { seededEntropy } from '../../src/base/entropy.ts'
import { deriveCredentials } from '../../src/sasl/credentials.ts'
import { authenticate, BIND2, featuresAfter, identifierOf, logIn, SASL2 } from '../support/sasl2.ts'
import { ScramClient } from '../support/sasl.ts'
import { bareOf, PASSWORD, story, type Cast } from '../support/story.ts'
import { base64, type WireClient } from '../support/wire-client.ts'
import type { Xml } from '../support/xml-reader.ts'

const SECURE = { on: ['memory tls', 'direct tls'] } as const
const PLAIN = { on: ['memory tls'], sasl: { plain: true } } as const
const UPGRADE = 'urn:xmpp:sasl:upgrade:0'
const SCRAM_UPGRADE = 'urn:xmpp:scram-upgrade:0'
const ALICE = bareOf('alice')
const OLD = { 'sha-1': (await deriveCredentials(PASSWORD, 1, seededEntropy('another server')))['sha-1'] }
const upgrade = (...hashes: string[]): string =>
  hashes.map((h) => `<upgrade xmlns='${UPGRADE}'>UPGR-SCRAM-${h}</upgrade>`).join('')

/** Makes alice's account as it came from elsewhere. */
const moveIn = (cast: Cast, bare = ALICE): Promise<boolean> =>
  cast.server.stores.accounts.create(bare, OLD, cast.server.clock.now())

interface Offered {
  readonly wire: WireClient
  readonly mechanisms: readonly string[]
  readonly upgrades: readonly string[]
}
/** What a stream over TLS is offered, as SASL2 has it. */
async function offered(cast: Cast): Promise<Offered> {
  const wire = await cast.wire()
  await wire.open()
  let features = await wire.features()
  if (cast.transport === 'memory tls') {
    await wire.startTls()
    await wire.open()
    features = await wire.features()
  }
  const { elements } = features.child('authentication')!
  const names = (name: string): readonly string[] => elements.filter((e) => e.name === name).map((e) => e.text)
  return { wire, mechanisms: names('mechanism'), upgrades: names('upgrade') }
}

/** By SCRAM-SHA-1, up to what the server says when the password is proved. */
async function proveBy(wire: WireClient, inline: string): Promise<Xml> {
  const scram = new ScramClient('sha-1', PASSWORD, { username: 'alice' })
  wire.write(authenticate('SCRAM-SHA-1', scram.first, { inline }))
  const challenge = await wire.element('a challenge')
  const final = scram.final(Buffer.from(challenge.text, 'base64').toString())
  wire.write(`<response xmlns='${SASL2}'>${base64(final)}</response>`)
  const outcome = await wire.element('an outcome')
  const said = outcome.child('additional-data')
  if (said !== undefined) assert.equal(Buffer.from(said.text, 'base64').toString(), scram.serverSignature)
  return outcome
}
const taskIn = (outcome: Xml): string => outcome.child('tasks')!.child('task')!.text

/** One task, as section 3 has it. What comes after it. */
async function perform(wire: WireClient, hash: '256' | '512', octets: number): Promise<Xml> {
  wire.write(`<next xmlns='${SASL2}' task='UPGR-SCRAM-SHA-${hash}'/>`)
  const salt = (await wire.element('a salt')).child('salt')!
  const salted = pbkdf2Sync(PASSWORD, Buffer.from(salt.text, 'base64'), Number(salt.attr('iterations')), octets, `sha${hash}`)
  wire.write(`<task-data xmlns='${SASL2}'><hash xmlns='${SCRAM_UPGRADE}'>\n ${salted.toString('base64')}\n</hash></task-data>`)
  return wire.element('what comes after a task')
}

story('EXT-2, XEP-0480: a client makes the keys that are lacking, and then everything is offered again', SECURE, async (cast) => {
  await moveIn(cast)
  const { wire, mechanisms, upgrades } = await offered(cast)
  assert.deepEqual([...new Set(mechanisms.map((name) => name.replace('-PLUS', '')))], ['SCRAM-SHA-1'])
  assert.deepEqual(upgrades, ['UPGR-SCRAM-SHA-512', 'UPGR-SCRAM-SHA-256'])
  const bind = `<bind xmlns='${BIND2}'><tag>Story</tag></bind>`
  const first = await proveBy(wire, `${bind}${upgrade('SHA-256', 'SHA-512')}`)
  assert.deepEqual([first.name, taskIn(first)], ['continue', 'UPGR-SCRAM-SHA-512'])
  const second = await perform(wire, '512', 64)
  assert.deepEqual([second.name, taskIn(second), second.child('additional-data')], ['continue', 'UPGR-SCRAM-SHA-256', undefined])
  const success = await perform(wire, '256', 32)
  assert.equal(success.name, 'success', success.show())
  assert.ok(identifierOf(success).startsWith(`${ALICE}/Story`), 'what was asked for along with it is done')
  await featuresAfter(wire)
  await cast.adopt(wire, identifierOf(success)).close()

  const next = await offered(cast)
  assert.deepEqual(next.upgrades, [])
  assert.ok(next.mechanisms.includes('SCRAM-SHA-512'))
  assert.equal((await logIn(next.wire, 'alice', PASSWORD, { hash: 'sha-512' })).name, 'success')
  const again = await offered(cast)
  assert.equal((await logIn(again.wire, 'alice', PASSWORD, { hash: 'sha-256' })).name, 'success')
})

story('XEP-0480: what is no answer to the task ends the attempt, and nothing is stored', SECURE, async (cast) => {
  await moveIn(cast)
  const hash = (text: string): string => `<task-data xmlns='${SASL2}'><hash xmlns='${SCRAM_UPGRADE}'>${text}</hash></task-data>`
  const next = (task: string): string => `<next xmlns='${SASL2}' task='${task}'/>`
  for (const wrong of ['', 'AAAA', '!', Buffer.alloc(33).toString('base64')]) {
    const { wire } = await offered(cast)
    assert.equal((await proveBy(wire, upgrade('SHA-256'))).name, 'continue')
    wire.write(next('UPGR-SCRAM-SHA-256'))
    await wire.element('a salt')
    wire.write(hash(wrong))
    assert.equal((await wire.element('a failure')).elements[0]!.name, 'malformed-request')
  }
  for (const out of [
    next('UPGR-SCRAM-SHA-512'),
    next(''),
    hash(Buffer.alloc(32).toString('base64')),
    `<response xmlns='${SASL2}'>AAAA</response>`,
    `<abort xmlns='${SASL2}'/>`,
  ]) {
    const { wire } = await offered(cast)
    assert.equal((await proveBy(wire, upgrade('SHA-256'))).name, 'continue')
    wire.write(out)
    assert.equal((await wire.element('a failure')).name, 'failure')
    assert.equal((await proveBy(wire, '')).name, 'success', 'and the stream goes on')
  }
  const { wire } = await offered(cast)
  wire.write(next('UPGR-SCRAM-SHA-256'))
  assert.equal((await wire.element('a failure')).name, 'failure', 'nobody has proved anything')
  assert.deepEqual(await cast.server.stores.accounts.credentials(ALICE), OLD)
})

story('XEP-0480: who asks for what the account has, or for nothing that is known, just logs in', SECURE, async (cast) => {
  await moveIn(cast)
  await moveIn(cast, bareOf('bob'))
  const { wire } = await offered(cast)
  assert.equal((await proveBy(wire, upgrade('SHA-1', 'SHA-3'))).name, 'success')
})

story('PLAIN: an account gets the keys that it lacks when its password is shown', PLAIN, async (cast) => {
  await moveIn(cast)
  const { wire, mechanisms } = await offered(cast)
  assert.ok(!mechanisms.includes('SCRAM-SHA-256'))
  wire.write(authenticate('PLAIN', `\0alice\0${PASSWORD}`))
  assert.equal((await wire.element('success')).name, 'success')
  const again = await offered(cast)
  assert.ok(again.mechanisms.includes('SCRAM-SHA-256'))
  assert.equal((await logIn(again.wire, 'alice', PASSWORD)).name, 'success')
})
