/** `porchlight import`: people move from Debian's Prosody and ejabberd, with what they had there, and log in as they did. */
import assert from 'node:assert/strict'
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Authority } from '../support/authority.ts'
import { DOMAIN, startServer } from '../support/server-process.ts'
import type { DrivenPerson } from './driven.ts'
import { slixmpp, xmppJs } from './makes.ts'
import type { Account, Endpoints } from './person.ts'
import { ejabberd } from './servers/ejabberd.ts'
import { NameServer } from './servers/name-server.ts'
import { OtherServer, type OtherMake } from './servers/other-server.ts'
import { prosody } from './servers/prosody.ts'

interface Source {
  readonly make: OtherMake
  /** Stops it, and says where its data is. */
  leave(there: OtherServer): Promise<string>
  /** How many accounts have old keys, and what the report says of the nurse's. */
  readonly old: readonly [count: number, nurse: string]
}

/** It keeps keys in place of passwords, from the first login on, and messages. */
const keepingProsody: OtherMake = {
  ...prosody,
  async prepare(server) {
    const program = await prosody.prepare(server)
    const file = server.file('prosody.cfg.lua')
    const plain = await readFile(file, 'utf8')
    const keeping = plain.replace('"internal_plain"', '"internal_hashed"').replace('"disco";', '"disco"; "offline";')
    await writeFile(file, keeping)
    return program
  },
}

const fromProsody: Source = {
  make: keepingProsody,
  async leave(there) {
    await there.kill()
    return there.file('data')
  },
  old: [3, ''],
}

/** It keeps keys in place of passwords, and writes them in base64 twice; who is blocked stands in a privacy list. */
const keepingEjabberd: OtherMake = {
  ...ejabberd,
  async prepare(server) {
    const program = await ejabberd.prepare(server)
    await appendFile(server.file('ejabberd.yml'), 'auth_password_format: scram\n')
    return program
  },
}
const fromEjabberd: Source = {
  make: keepingEjabberd,
  async leave(there) {
    const folder = there.file('export')
    await mkdir(folder)
    const body = JSON.stringify({ dir: folder })
    const answer = await fetch(`http://${there.host}:${there.otherPort}/api/export_piefxis`, { method: 'POST', body })
    assert.ok(answer.ok, await answer.text())
    await there.kill()
    // The file with everything includes one for each domain
    const files = await readdir(folder)
    return join(
      folder,
      files.find((file) => !file.includes('localhost'))!,
    )
  },
  old: [4, '; old keys'],
}

async function open(t: TestContext, make: OtherMake): Promise<OtherServer> {
  const directory = await mkdtemp(join(tmpdir(), 'moving-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const authority = await Authority.found(directory)
  const certified = await authority.certify(DOMAIN, { dns: [DOMAIN] })
  const { port: namePort } = await NameServer.open(t)
  return OtherServer.open(t, make, { domain: DOMAIN, certified, certifiedBy: authority.file, authority: null, namePort })
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

async function move(t: TestContext, { make, leave, old }: Source): Promise<void> {
  const there = await open(t, make)
  const [romeo, juliet, tybalt, nurse] = await Promise.all(
    ['romeo', 'juliet', 'tybalt', 'nurse'].map((one) => there.account(one)),
  )
  const cast = { romeo, juliet, tybalt, nurse } as Cast
  await liveThere(t, there, cast)
  const place = await leave(there)

  const here = await startServer(t)
  const running = await here.command(['import', place])
  assert.match(running.stderr, /The server is running\. Stop it first/)
  await here.stop()
  const dry = await here.command(['import', '--dry-run', place])
  assert.match(dry.stdout, /^juliet@localhost: 1 contact, 1 blocked, 1 stored message; old keys\.$/m)
  assert.match(dry.stdout, /^romeo@localhost: 1 contact, 1 request to answer; old keys\.$/m)
  assert.ok(dry.stdout.includes(`nurse@localhost: 0 contacts${old[1]}.\n`), dry.stdout)
  assert.match(dry.stdout, /^4 accounts would be imported; nothing was changed\.$/m)
  assert.ok(dry.stdout.includes(`\n${old[0]} accounts of localhost with old keys. Until they have new ones`), dry.stdout)
  assert.equal(dry.code, 0, dry.stderr)
  const done = await here.command(['import', place])
  assert.match(done.stdout, /^4 accounts imported\.$/m)
  assert.match((await here.command(['import', place])).stdout, /^0 accounts imported\.\n4 accounts existed already\.$/m)
  assert.match((await here.command(['roster', 'check'])).stdout, /: all agree\.$/m)
  await here.start()
  assert.ok((await here.command(['status'])).stdout.includes(`localhost with 4 accounts, ${old[0]} of them with old keys`))

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
  if (slixmpp.missing !== false) return
  const choosy = await slixmpp.come(here, cast.romeo) // takes the best mechanism that is offered
  t.after(() => choosy.close())
  await choosy.logIn()
}

test('from Prosody', { skip: prosody.missing }, (t) => move(t, fromProsody))
test('from ejabberd', { skip: ejabberd.missing }, (t) => move(t, fromEjabberd))
