/** The program as it is started and used: real processes, real ports, a real directory. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { SystemClock } from '../base/clock.ts'
import { portsOf } from '../config/listening.ts'
import { inspect } from '../process/inspection.ts'
import { readSetup } from '../process/setup.ts'
import type { RosterStore } from '../server/ports.ts'
import { SqlRosters } from '../storage/rosters.ts'
import { openSqlite } from '../storage/sqlite.ts'
import { itemOf, setting } from '../storage/testing.ts'

const LAUNCHER = fileURLToPath(new URL('../../bin/porchlight.js', import.meta.url))
/** No port of a server that runs on this machine is touched. @param others than the usual ones, as they stand in the file */
const freePorts = (others: Readonly<Record<string, string>> = {}): string => {
  const free = '["127.0.0.1:0"]'
  const listen = {
    'c2s': free,
    'c2s-direct-tls': free,
    's2s': '[]',
    's2s-direct-tls': '[]',
    'bytestreams': '[]',
    'http': free,
    'https': '[]',
    'monitoring': free,
  }
  const lines = Object.entries({ ...listen, ...others }).map(([option, addresses]) => `${option} = ${addresses}\n`)
  return `[listen]\n${lines.join('')}`
}
const FREE_PORTS = `${freePorts()}[sasl]\niterations = 4096\n`
const CLOSED = { 'c2s': '[]', 'c2s-direct-tls': '[]', 'http': '[]', 'monitoring': '[]' }

const ROMEO = 'romeo@localhost'
const JULIET = 'juliet@localhost'

interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

class Place {
  readonly directory: string
  readonly #children: ChildProcess[] = []

  constructor(t: TestContext, config: string) {
    this.directory = mkdtempSync(join(tmpdir(), 'porchlight-'))
    writeFileSync(join(this.directory, 'porchlight.toml'), config)
    t.after(() => {
      for (const child of this.#children) child.kill('SIGKILL')
      rmSync(this.directory, { recursive: true })
    })
  }
  spawn(...args: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, [LAUNCHER, ...args], { cwd: this.directory })
    this.#children.push(child)
    return child
  }
  /** Runs a command to its end. */
  async run(args: string, input = ''): Promise<Outcome> {
    const child = this.spawn(...args.split(' '))
    child.stdin!.end(input)
    const code = new Promise<number | null>((resolve) => child.on('exit', resolve))
    const [out, err] = await Promise.all([text(child.stdout!), text(child.stderr!)])
    return { code: await code, out, err }
  }
  /** The rosters in the database, while no server uses it. */
  async withRosters(use: (rosters: RosterStore) => Promise<void>): Promise<void> {
    const clock = new SystemClock()
    const database = await openSqlite(join(this.directory, 'data', 'porchlight.db'), { clock })
    await use(new SqlRosters(database, clock, 'test'))
    await database.close()
  }
  /** Starts the server and waits until it says that it is there. */
  async start(...options: readonly string[]): Promise<Started> {
    const child = this.spawn('start', ...options)
    const exited = new Promise<number | null>((resolve) => child.on('exit', resolve))
    const err = text(child.stderr!)
    let out = ''
    for await (const chunk of child.stdout!.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      out += chunk as string
      if (out.split('\n').length > 5) break
    }
    if (out === '') throw new Error(`the server did not start: ${await err}`)
    return { child, exited, banner: out.trimEnd().split('\n'), err }
  }
}

interface Started {
  readonly child: ChildProcess
  readonly exited: Promise<number | null>
  readonly banner: readonly string[]
  readonly err: Promise<string>
}
const portOf = (banner: readonly string[]): number => Number(/server 127\.0\.0\.1 port (\d+)/.exec(banner.join('\n'))![1])

const EMPTY = "<query xmlns='jabber:iq:roster'/>"
const exportOf = (...users: readonly string[]): string =>
  `<?xml version='1.0' encoding='UTF-8'?>\n<server-data xmlns='urn:xmpp:pie:0'>\n<host jid='localhost'>\n${users
    .map((name) => `<user name='${name}'>\n${EMPTY}\n</user>\n`)
    .join('')}</host>\n</server-data>\n`

async function carriesOutListsAndBackups(place: Place): Promise<void> {
  assert.equal((await place.run('export')).out, exportOf('juliet', 'romeo'))
  const missing = await place.run('export nobody@localhost')
  assert.deepEqual([missing.code, missing.out], [1, ''])
  assert.match(missing.err, /nobody@localhost/)
  assert.deepEqual(await place.run('session list'), { code: 0, out: '', err: '' })
  assert.match((await place.run(`session end ${ROMEO}`)).err, /There is no session romeo@localhost/)
  assert.match(
    (await place.run('backup copy')).out,
    /copy holds porchlight\.db, server-secret, self-signed\.crt, self-signed\.key\. To restore: stop the server, .+ remove porchlight\.db-wal and porchlight\.db-shm, start\.\n/,
  )
  const copy = new DatabaseSync(join(place.directory, 'copy', 'porchlight.db'), { readOnly: true })
  assert.equal(copy.prepare('SELECT count(*) AS n FROM account').get()!['n'], 2)
  copy.close()
  const again = await place.run('backup copy')
  assert.deepEqual([again.code, again.out], [1, ''])
}

test('accounts are made from a CSV file, and a line that cannot be carried out hinders no other', async (t) => {
  const place = new Place(t, '')
  const romeo = 'romeo@localhost,"but, ""soft"""'
  const lines = [romeo, 'juliet@localhost', '', 'romeo@localhost,again', 'not an address,x', ' nurse@localhost , x ']
  writeFileSync(join(place.directory, 'all.csv'), `\uFEFF${lines.join('\r\n')}`)
  const { code, out, err } = await place.run('user add-all all.csv')
  assert.equal(code, 1)
  assert.match(out, /^juliet@localhost,[\w-]{20}\n$/)
  assert.match(
    err,
    /^3 of 5 accounts were created\.\nline 4: There is an account romeo@localhost already.*\nline 5: .*not an address/,
  )
  assert.equal((await place.run('user list')).out, 'juliet@localhost\nnurse@localhost\nromeo@localhost\n')
  writeFileSync(join(place.directory, 'bad.csv'), 'a@localhost,"x\nb@localhost')
  assert.match((await place.run('user add-all bad.csv')).err, /bad\.csv is no CSV file: .+ Nothing was done\./)
  writeFileSync(join(place.directory, 'bad.csv'), Buffer.from('a@localhost,p\xe4ss', 'latin1'))
  assert.match((await place.run('user add-all bad.csv')).err, /bad\.csv is not UTF-8\. .+ Nothing was done\./)
  writeFileSync(join(place.directory, 'bad.csv'), 'a@localhost,but, soft\nb@localhost;but soft\n')
  assert.equal(
    (await place.run('user add-all bad.csv')).err,
    '0 of 2 accounts were created.\nline 1: There are more than two fields. Put a password with a comma in quotes.\nline 2: The fields are not separated by a comma. Save the file with commas.\n',
  )
})

test('a server from start to stop: five lines, accounts, status, health, SIGTERM', async (t) => {
  const place = new Place(t, FREE_PORTS)
  const { child, exited, banner, err } = await place.start()
  assert.equal(banner.length, 5)
  assert.match(banner[0]!, /serves localhost/)

  assert.deepEqual(await place.run('user add romeo@localhost', 'secret\n'), {
    code: 0,
    out: 'romeo@localhost can log in now.\n',
    err: '',
  })
  const again = await place.run('user add romeo@localhost', 'secret\n')
  assert.deepEqual([again.code, again.out], [1, ''])
  assert.match(again.err, /There is an account romeo@localhost already/)
  const generated = await place.run('user add juliet@localhost --generate')
  assert.match(generated.out, /^juliet@localhost can log in now\. Its password: [\w-]{20}\n$/)
  assert.equal((await place.run('user list')).out, 'juliet@localhost\nromeo@localhost\n')

  await carriesOutListsAndBackups(place)

  const status = JSON.parse((await place.run('status --json')).out) as Record<string, unknown>
  assert.equal(status['pid'], child.pid)
  assert.deepEqual(status['domains'], [{ domain: 'localhost', accounts: 2, oldKeys: 0 }])
  assert.match((await place.run('status')).out, /^Online +0 accounts with 0 sessions$/m)

  const http = /http:\/\/(127\.0\.0\.1:\d+)$/m.exec(banner.join('\n'))![0]
  assert.deepEqual(await (await fetch(`${http}/health`)).json(), { status: 'ok', sessions: 0 })

  child.kill('SIGTERM')
  assert.equal(await exited, 0)
  const log = (await err)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string })
  assert.equal(log.at(-1)!.msg, 'Stopped')
  assert.equal((await place.run('status')).code, 1)
})

test('accounts are made, changed and removed without a server too, and a server finds them', async (t) => {
  const place = new Place(t, FREE_PORTS)
  writeFileSync(join(place.directory, 'password'), 'secret\nnot this\n')
  assert.equal((await place.run('user add romeo@localhost --password-file password')).code, 0)
  assert.equal((await place.run('user add juliet@localhost --generate')).code, 0)
  await place.withRosters(async (rosters) => {
    for (const [owner, contact] of [
      [ROMEO, JULIET],
      [JULIET, ROMEO],
    ] as const) {
      const { version } = await rosters.load(owner)
      await rosters.save(owner, setting(itemOf(contact, { subscription: 'both' }), version + 1))
    }
  })
  assert.match((await place.run('user disable juliet@localhost --reason banished')).out, /^juliet@localhost is disabled/)
  assert.match((await place.run('user list')).out, /^juliet@localhost {2}disabled since \S+Z: banished\nromeo@localhost\n$/)
  const exported = (await place.run('export romeo@localhost --keys')).out
  assert.match(exported, /<item jid='juliet@localhost' subscription='both'\/>/)
  assert.match(exported, /<scram-credentials xmlns='urn:xmpp:pie:0#scram' mechanism='SCRAM-SHA-1'>/)
  assert.equal((await place.run('user enable juliet@localhost')).out, 'juliet@localhost can log in again.\n')
  assert.equal((await place.run('user delete juliet@localhost')).out, 'juliet@localhost is deleted.\n')
  await place.withRosters(async (rosters) => {
    const { items } = await rosters.load(ROMEO)
    assert.deepEqual(items, [itemOf(JULIET)], 'she sees nobody and is seen by nobody any more')
  })
  assert.match((await place.run('user passwd romeo@localhost', 'another')).out, /^romeo@localhost has another password/)
  await place.start()
  assert.equal((await place.run('user list')).out, 'romeo@localhost\n')
})

test('roster check explains what two rosters disagree about, sets it right when asked to, and is content then', async (t) => {
  const place = new Place(t, FREE_PORTS)
  for (const name of ['romeo', 'juliet']) assert.equal((await place.run(`user add ${name}@localhost --generate`)).code, 0)
  const database = new DatabaseSync(join(place.directory, 'data', 'porchlight.db'))
  database.exec(
    `insert into roster_item (owner, contact, name, groups, subscription, ask, approved, version)
     values ('romeo@localhost', 'juliet@localhost', '', '', 'both', 0, 0, (select version from roster where owner = 'romeo@localhost')),
            ('juliet@localhost', 'romeo@localhost', '', '', 'to', 0, 0, (select version from roster where owner = 'juliet@localhost'))`,
  )
  database.close()

  const dry = await place.run('roster check')
  assert.equal(dry.code, 1)
  assert.equal(
    dry.out,
    [
      'romeo@localhost and juliet@localhost disagree about whether romeo@localhost may see juliet@localhost:',
      '  romeo@localhost: the roster says that it sees the presence of juliet@localhost',
      '  juliet@localhost: the roster says that romeo@localhost does not see the presence, and there is no request',
      '  --fix: send "unsubscribed" to romeo@localhost, as after a probe',
      '',
      '2 rosters with 2 contacts: 1 to set right. Nothing was changed; with --fix it is.',
      '',
    ].join('\n'),
  )
  await place.start()
  const { code, out } = await place.run('roster check --fix --json')
  assert.equal(code, 0)
  assert.deepEqual(JSON.parse(out), {
    what: 'unshown',
    watcher: 'romeo@localhost',
    shower: 'juliet@localhost',
    watching: 'sees',
    showing: 'nothing',
    mended: true,
  })
  assert.deepEqual(await place.run('roster check --fix'), { code: 0, out: '2 rosters with 2 contacts: all agree.\n', err: '' })
})

test('explain order prints the stages that are in force, with and without a server', async (t) => {
  const place = new Place(t, FREE_PORTS)
  const { code, out } = await place.run('explain order --json')
  assert.equal(code, 0)
  const order = JSON.parse(out) as Record<string, string[]>
  assert.deepEqual(Object.keys(order), ['fromClient', 'toAccount', 'toSession'])
  assert(order['fromClient']!.indexOf('presence') < order['fromClient']!.indexOf('route'))
  await place.start()
  assert.equal((await place.run('explain order --json')).out, out)
})

test('user set: what others may know of a user, with and without a server; what is no setting is refused', async (t) => {
  const place = new Place(t, FREE_PORTS)
  assert.equal((await place.run(`user add ${ROMEO} --generate`)).code, 0)
  const said = { code: 0, out: `${ROMEO} is set.\n`, err: '' }
  assert.deepEqual(await place.run(`user set ${ROMEO} last-seen=coarse share-paused=local`), said)
  await place.start()
  assert.deepEqual(await place.run(`user set ${ROMEO} last-seen=default`), said)
  for (const [setting, why] of [
    ['last-seen', /"last-seen" is not a setting\. Write it like last-seen=coarse/],
    ['last-seen=never', /last-seen cannot be "never"/],
  ] as const)
    assert.match((await place.run(`user set ${ROMEO} ${setting}`)).err, why)
})

test('rooms are made, shown, changed and destroyed, with and without a server', async (t) => {
  const place = new Place(t, FREE_PORTS)
  const den = 'den@conference.localhost'
  writeFileSync(join(place.directory, 'password'), 'friend\n')
  const made = await place.run(
    `room create ${den} --owner ${ROMEO} --owner ${JULIET} --password-file password name=Den public=yes`,
  )
  assert.deepEqual(made, { code: 0, out: `${den} is there now; clients open it by xmpp:${den}?join.\n`, err: '' })
  const { child, exited, err } = await place.start()
  assert.equal((await place.run('room list')).out, `${den}  "Den", 0 occupants, public\n`)
  assert.match((await place.run('status')).out, /^Rooms +1 room at conference\.localhost$/m)
  assert.equal((await place.run(`room set ${den} moderated=yes`)).out, `${den} is set.\n`)
  assert.match((await place.run(`room set ${den}`)).err, /Name the settings/)
  assert.equal((await place.run(`room affiliation ${den} tybalt@localhost outcast --reason rude`)).code, 0)
  const { out } = await place.run(`room show ${den}`)
  assert.match(out, /^moderated +yes$/m)
  assert.match(out, /^password-protected +yes$/m)
  assert.doesNotMatch(out, /friend/, 'the password is shown to nobody')
  assert.match(out, /^  juliet@localhost  owner\n  romeo@localhost  owner\n  tybalt@localhost  outcast: rude$/m)
  assert.match((await place.run(`explain room ${den} romeo`)).err, /Nobody with the nickname "romeo" is in den@/)
  assert.match(
    (await place.run(`export ${den}`)).out,
    /<host jid='conference\.localhost'>\n<room xmlns='urn:porchlight:room:0' name='den'>[^]*juliet@localhost/,
  )
  assert.match((await place.run('export')).out, /<host jid='localhost'>[^]*<room xmlns='urn:porchlight:room:0' name='den'>/)
  assert.match((await place.run(`room kick ${den} romeo`)).err, /Nobody with this nickname is in the room/)
  assert.match(
    (await place.run(`room ban ${den} paris@localhost`)).out,
    /^paris@localhost is banned from den@conference\.localhost\./,
  )
  assert.match((await place.run(`room role ${den} romeo king`)).err, /Allowed choices are moderator, participant, visitor/)
  assert.equal((await place.run(`room destroy ${den} --reason over`)).out, `${den} is destroyed.\n`)
  child.kill('SIGTERM')
  await exited
  const orders = (await err).match(/"order":"room[^\n]*/g)!
  assert.match(orders.join('\n'), /"order":"room\.affiliation".*"room":"den@conference\.localhost".*"affiliation":"outcast"/)
  assert.match(orders.at(-1)!, /"order":"room\.destroy".*"reason":"over"/)
})

test('import: what would be taken, what is, and what is no such thing', async (t) => {
  const place = new Place(t, FREE_PORTS)
  const users = `<user name='romeo' password='but soft'/><user name='juliet'/>`
  const file = `<server-data xmlns='urn:xmpp:pie:0'><host jid='localhost'>${users}</host></server-data>`
  writeFileSync(join(place.directory, 'all.xml'), file)
  const dry = await place.run('import --dry-run all.xml')
  assert.equal(dry.code, 1, 'juliet has no password')
  assert.match(
    dry.out,
    /^romeo@localhost: 0 contacts\.\njuliet@localhost: not imported: .*\n\n1 account would be imported; nothing was changed\.\n$/,
  )
  assert.equal((await place.run('user list')).out, '')
  assert.match((await place.run('import all.xml')).out, /^1 account imported\.$/m)
  assert.equal((await place.run('user list')).out, `${ROMEO}\n`)
  const folder = await place.run('import .')
  assert.equal(folder.code, 1)
  assert.match(folder.err, /is no data folder of Prosody: .* For XEP-0227, or a dump of ejabberd, name the file\.$/m)
  assert.match((await place.run('import absent.xml')).err, /absent\.xml cannot be used/)
})

test('--fresh keeps nothing, and says so', async (t) => {
  const place = new Place(t, FREE_PORTS)
  const first = await place.start('--fresh')
  assert.match(first.banner[0]!, /nothing is kept/)
  assert.equal((await place.run('user add romeo@localhost --generate')).code, 0)
  first.child.kill('SIGINT')
  assert.equal(await first.exited, 0)
  await place.start('--fresh')
  assert.equal((await place.run('user list')).out, '')
})

test('a component that is configured has a port, and status says how it is', async (t) => {
  const place = new Place(
    t,
    `${freePorts({ ...CLOSED, components: '["127.0.0.1:0"]' })}[[component]]\ndomain = "bot.localhost"\nsecret = "file:secret"\n`,
  )
  writeFileSync(join(place.directory, 'secret'), 'a secret that is long enough\n')
  const { banner } = await place.start()
  const port = Number(/components 127\.0\.0\.1:(\d+)/.exec(banner.join('\n'))![1])
  assert.match((await place.run('status')).out, /^Component +bot\.localhost not connected since the start$/m)
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  t.after(() => socket.destroy())
  socket.write(
    "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='bot.localhost'>",
  )
  const [header] = (await once(socket, 'data')) as [string]
  const proof = createHash('sha1')
    .update(`${/ id='([^']+)'/.exec(header)![1]}a secret that is long enough`)
    .digest('hex')
  socket.write(`<handshake>${proof}</handshake>`)
  assert.deepEqual(await once(socket, 'data'), ['<handshake/>'])
  assert.match((await place.run('status')).out, /^Component +bot\.localhost connected from 127\.0\.0\.1:\d+ for \d+ s$/m)
  assert.equal((await place.run('status --json')).out.includes('"connected":true'), true)
})

test('links are listed, taken down and let up again', async (t) => {
  const place = new Place(
    t,
    `[server]\ndomains = ["a.example"]\n${freePorts({ ...CLOSED, s2s: '["127.0.0.1:0"]' })}[[peer]]\ndomain = "b.example"\nroute = "127.0.0.1:1"\n`,
  )
  const { banner } = await place.start()
  assert.match(banner[1]!, /servers 127\.0\.0\.1:\d+/)
  assert.equal((await place.run('link list')).out, '')
  assert.match(
    (await place.run('link down B.example')).out,
    /^a\.example - b\.example down for \d+ s \(taken down by the operator/,
  )
  assert.match((await place.run('status')).out, /^Links +1: 1 down\nLink +a\.example - b\.example down for/m)
  assert.equal((await place.run('link list --json')).out.includes('"forced":true'), true)
  assert.match((await place.run('link up b.example')).out, /^a\.example - b\.example down for/)
  assert.match((await place.run('link up b.example')).err, /^Nobody has taken a link to b\.example down/)
  assert.match((await place.run('link down a.example')).err, /^a\.example is served here/)
  assert.match((await place.run('link down b.example --local c.example')).err, /^c\.example is not a domain of this server/)
})

test('a second server in the same place is refused, and the first one goes on', async (t) => {
  const place = new Place(t, FREE_PORTS)
  await place.start()
  const { code, err } = await place.run('start')
  assert.equal(code, 69)
  assert.match(err, /Another server is running here already/)
  assert.equal((await place.run('status')).code, 0)
})

test('a port that is taken is named with its option and the remedy', async (t) => {
  const first = new Place(t, FREE_PORTS)
  const port = portOf((await first.start()).banner)
  const { code, err } = await new Place(t, freePorts({ ...CLOSED, c2s: `["127.0.0.1:${port}"]` })).run('start')
  assert.equal(code, 69)
  assert.match(
    err,
    new RegExp(
      `Cannot listen on 127\\.0\\.0\\.1:${port} \\(\\[listen\\] c2s in porchlight\\.toml\\): another program uses this port`,
    ),
  )
})

test('a server that was killed leaves a place where the next one starts', async (t) => {
  const place = new Place(t, FREE_PORTS)
  const first = await place.start()
  first.child.kill('SIGKILL')
  await first.exited
  assert.equal((await place.run('user add romeo@localhost --generate')).code, 0)
  await place.start()
  assert.equal((await place.run('user list')).out, 'romeo@localhost\n')
})

test('a stop tells clients with system-shutdown or cuts them, and does not wait for those that say nothing', async (t) => {
  const place = new Place(t, FREE_PORTS)
  const { child, exited, banner } = await place.start()
  const silentClient = connect(portOf(banner), '127.0.0.1')
  silentClient.on('error', () => {})
  await new Promise((resolve) => silentClient.once('connect', resolve))
  const told = text(silentClient)
  await place.run('status') // by then the server has accepted the connection
  child.kill('SIGTERM')
  assert.match(await told, /<system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'\/><\/stream:error><\/stream:stream>$/)
  assert.equal(await exited, 0)
})

test('check: a wrong configuration is refused with file, line, option and remedy', async (t) => {
  const place = new Place(t, '[streams]\nrequire-tsl = true\n')
  const { code, err } = await place.run('check')
  assert.equal(code, 78)
  assert.equal(
    err,
    `${join(place.directory, 'porchlight.toml')}:2: [streams] require-tsl: there is no such option. Did you mean require-tls?\n`,
  )
  assert.equal((await place.run('start')).code, 78)
})

test('a damaged database: check and start say which file and what to do, without a trace of the stack', async (t) => {
  const place = new Place(t, FREE_PORTS)
  mkdirSync(join(place.directory, 'data'))
  writeFileSync(join(place.directory, 'data', 'porchlight.db'), 'Two households, both alike in dignity')
  const words = /database .+porchlight\.db is damaged or is not a database .+ restore a backup\.\n$/
  for (const [command, code] of [
    ['check', 78],
    ['start', 69],
  ] as const) {
    const outcome = await place.run(command)
    assert.equal(outcome.code, code)
    assert.match(outcome.err, words)
    assert.equal(outcome.err.trim().split('\n').length, 1)
  }
})

test('check: a certificate that cannot be read is named', async (t) => {
  const place = new Place(t, '[tls]\ncertificate = "a.pem"\nkey = "a.key"\n')
  const { code, err } = await place.run('check')
  assert.equal(code, 78)
  assert.match(err, /porchlight\.toml:2: \[tls\] certificate: .*a\.pem cannot be read: .+\. Name a PEM file/)
})

test('restart: a configuration with which the server could not start again is refused, and the server goes on', async (t) => {
  const place = new Place(t, FREE_PORTS)
  const { child } = await place.start()
  writeFileSync(join(place.directory, 'porchlight.toml'), `${FREE_PORTS}[tls]\ncertificate = "a.pem"\nkey = "a.key"\n`)
  const { code, err } = await place.run('restart')
  assert.equal(code, 1)
  assert.match(
    err,
    /keeps running, because it could not start again:\n.*porchlight\.toml:\d+: \[tls\] certificate: .*a\.pem cannot be/,
  )
  writeFileSync(join(place.directory, 'porchlight.toml'), `${FREE_PORTS}[streams]\ndepth = 1\n`)
  assert.match((await place.run('restart')).err, /porchlight\.toml/)
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const taken = `127.0.0.1:${(other.address() as AddressInfo).port}`
  writeFileSync(join(place.directory, 'porchlight.toml'), FREE_PORTS.replace(/^c2s = .*$/m, `c2s = ["${taken}"]`))
  assert.match(
    (await place.run('restart')).err,
    new RegExp(`keeps running.*\n.*\\[listen\\] c2s: "${taken}" cannot be opened: another`),
  )
  other.close()
  writeFileSync(join(place.directory, 'porchlight.toml'), FREE_PORTS)
  assert.equal((await place.run('status')).code, 0)
  assert.match((await place.run('check')).out, /is good/) // what the server itself listens on is not taken
  assert.equal(child.exitCode, null)
})

test('check: what is good is called good, with notes on what is dangerous', async (t) => {
  const place = new Place(t, `${FREE_PORTS}[streams]\nrequire-tls = false\n`)
  const { code, out } = await place.run('check')
  assert.equal(code, 0)
  assert.match(out, /^Note: .*\[streams\] require-tls: users may log in and write without encryption/)
  assert.match(out, /porchlight\.toml is good\.\n$/)
})

test('the test configuration is good', async () => {
  const configFile = fileURLToPath(new URL('../../config/test.toml', import.meta.url))
  const setup = readSetup({ configFile, fresh: false, directory: '/', platform: process.platform })
  const held = portsOf(setup.config).map(({ text }) => text) // another server may use its ports meanwhile
  await inspect(setup, { platform: process.platform, now: Date.now(), held })
})

test('a configuration that was asked for must be there', async (t) => {
  const { code, err } = await new Place(t, '').run('check --config gone.toml')
  assert.equal(code, 78)
  assert.match(err, /gone\.toml: the configuration cannot be read .* Name another file with --config/)
})

test('a wrong command line is refused with exit code 64, help and version are not', async (t) => {
  const place = new Place(t, '')
  assert.equal((await place.run('dance')).code, 64)
  assert.equal((await place.run('user add')).code, 64)
  assert.match((await place.run('strat')).err, /Did you mean start\?/)
  assert.deepEqual([(await place.run('--help')).code, (await place.run('user --help')).code], [0, 0])
  assert.match((await place.run('version')).out, /^porchlight \d+\.\d+\.\d+/)
})
