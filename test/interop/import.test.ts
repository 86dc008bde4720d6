/** `porchlight import`: people move from Debian's Prosody, with what they had there, and log in as they did. */
import assert from 'node:assert/strict'
import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Authority } from '../support/authority.ts'
import { DOMAIN, startServer } from '../support/server-process.ts'
import type { DrivenPerson } from './driven.ts'
import { xmppJs } from './makes.ts'
import type { Account, Endpoints } from './person.ts'
import { NameServer } from './servers/name-server.ts'
import { OtherServer, type OtherMake } from './servers/other-server.ts'
import { prosody } from './servers/prosody.ts'

/** It keeps keys in place of passwords, from the first login on, and messages. */
const keeping: OtherMake = {
  ...prosody,
  async prepare(server) {
    const program = await prosody.prepare(server)
    await appendFile(server.file('prosody.cfg.lua'), 'authentication = "internal_hashed"\nmodules_enabled = { "offline" }\n')
    return program
  },
}

async function openProsody(t: TestContext): Promise<OtherServer> {
  const directory = await mkdtemp(join(tmpdir(), 'from-prosody-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const authority = await Authority.found(directory)
  const certified = await authority.certify(DOMAIN, { dns: [DOMAIN] })
  const { port: namePort } = await NameServer.open(t)
  return OtherServer.open(t, keeping, { domain: DOMAIN, certified, certifiedBy: authority.file, authority: null, namePort })
}

type Cast = Readonly<Record<'romeo' | 'juliet' | 'tybalt' | 'nurse', Account>>

async function person(t: TestContext, server: Endpoints, account: Account): Promise<DrivenPerson> {
  const one = await xmppJs.come(server, account)
  t.after(() => one.close())
  return one
}

/** The nurse has an account and never comes. */
async function liveThere(t: TestContext, server: OtherServer, cast: Cast): Promise<void> {
  const [romeo, juliet, tybalt] = await Promise.all([cast.romeo, cast.juliet, cast.tybalt].map((one) => person(t, server, one)))
  await romeo!.logIn()
  await juliet!.logIn()
  await romeo!.add(juliet!.jid)
  await juliet!.seesRequest(romeo!.jid)
  await juliet!.approve(romeo!.jid)
  await juliet!.add(romeo!.jid)
  await romeo!.seesRequest(juliet!.jid)
  await romeo!.approve(juliet!.jid)
  await Promise.all([romeo!.hasContact(juliet!.jid, 'both'), juliet!.hasContact(romeo!.jid, 'both')])
  await juliet!.order({ do: 'block', jid: tybalt!.jid })
  await tybalt!.logIn()
  await tybalt!.add(romeo!.jid)
  await romeo!.seesRequest(tybalt!.jid)
  await juliet!.logOut()
  await romeo!.say(juliet!.jid, 'Good night, größer als 你好 & <3')
  await Promise.all([romeo!.settle(), tybalt!.settle()])
}

test('from Prosody', { skip: prosody.missing }, async (t) => {
  const there = await openProsody(t)
  const [romeo, juliet, tybalt, nurse] = await Promise.all(
    ['romeo', 'juliet', 'tybalt', 'nurse'].map((one) => there.account(one)),
  )
  const cast = { romeo, juliet, tybalt, nurse } as Cast
  await liveThere(t, there, cast)
  await there.kill()

  const here = await startServer(t)
  const running = await here.command(['import', there.file('data')])
  assert.match(running.stderr, /The server is running\. Stop it first/)
  await here.stop()
  const dry = await here.command(['import', '--dry-run', there.file('data')])
  assert.match(dry.stdout, /^juliet@localhost: 1 contact, 1 blocked, 1 stored message; old keys\.$/m)
  assert.match(dry.stdout, /^romeo@localhost: 1 contact, 1 request to answer; old keys\.$/m)
  assert.match(dry.stdout, /^nurse@localhost: 0 contacts\.$/m)
  assert.match(dry.stdout, /^4 accounts would be imported; nothing was changed\.$/m)
  assert.match(dry.stdout, /^3 accounts of localhost with old keys\. .* offers SCRAM-SHA-1 only/m)
  assert.equal(dry.code, 0, dry.stderr)
  const done = await here.command(['import', there.file('data')])
  assert.match(done.stdout, /^4 accounts imported\.$/m)
  assert.match((await here.command(['import', there.file('data')])).stdout, /^0 accounts imported\.\n4 accounts here already\.$/m)
  assert.match((await here.command(['roster', 'check'])).stdout, /: all agree\.$/m)
  await here.start()

  const [one, other] = [await person(t, here, cast.romeo), await person(t, here, cast.juliet)]
  await one.logIn()
  await one.seesRequest(cast.tybalt.jid)
  await one.hasContact(cast.juliet.jid, 'both')
  await one.seesOffline(cast.juliet.jid)
  await other.logIn()
  const { body, delayed } = await other.next('message', cast.romeo.jid)
  assert.deepEqual({ body, delayed }, { body: 'Good night, größer als 你好 & <3', delayed: true })
  await one.sees(cast.juliet.jid, 'online', '')
  await other.hasContact(cast.romeo.jid, 'both')
  const blocked = await person(t, here, cast.tybalt)
  await blocked.logIn()
  await blocked.say(cast.juliet.jid, 'never read')
  await blocked.settle()
  await other.settle()
  assert.deepEqual(other.unread('message'), [])
  await (await person(t, here, cast.nurse)).logIn()
})
