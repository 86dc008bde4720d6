/** RFC 6121 for an endpoint that is no session of XMPP: the rules of the account hold for it too. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ended } from '../../im/presence.ts'
import { jid, type Jid } from '../../xmpp/jid.ts'
import { Packet } from '../../xmpp/packet.ts'
import { memoryServer, settled, type MemoryServer } from '../../../test/support/memory-server.ts'
import { carbons } from '../../xep/0280-carbons/index.ts'
import { Endpoint } from './endpoint.ts'
import { accountDisabled, SHUTDOWN, type Ending } from './endings.ts'
import type { Capacity } from './room.ts'
import type { LocalAccount } from './session.ts'

/** Keeps what it is given. It has no connection, no lane and no slots. */
class Notebook extends Endpoint<LocalAccount> {
  readonly account: LocalAccount
  readonly room: Capacity = {
    isOpen: true,
    isAjar: true,
    isFilledBy: () => false,
    pour(source) {
      while (source.next().done !== true);
    },
  }
  readonly ended = false
  readonly boundAt = 0
  readonly device = null
  readonly heardAt = 0
  readonly sign = 'stanza'
  readonly signAt = 0
  readonly isAway = false
  readonly actedAt = 0
  readonly #lines: string[] = []

  constructor(account: LocalAccount, address: Jid) {
    super(address)
    this.account = account
  }
  take({ kind, type, from }: Packet): void {
    this.#lines.push(`${kind} ${type} ${from.full}`)
  }
  end({ name }: Ending): void {
    this.#lines.push(name)
  }
  /** The lines since the last time. */
  read(): string[] {
    return this.#lines.splice(0)
  }
}

/** Juliet has a notebook that is available, and Romeo is her contact with one client. */
async function scene(): Promise<{ server: MemoryServer; notebook: Notebook }> {
  const server = await memoryServer({ features: [carbons] })
  await server.friends('juliet@example.net', 'romeo@example.net')
  const juliet = (await server.host.accounts.load('juliet@example.net'))!
  const notebook = new Notebook(juliet, jid('juliet@example.net/notebook'))
  juliet.bind(notebook)
  server.host.accounts.keep(juliet)
  notebook.presence = Packet.of({ kind: 'presence', from: notebook.jid })
  return { server, notebook }
}

test('RFC 6121 4.4.3, 8.5.2.1.1: an endpoint that is no session is given presence and messages', async () => {
  const { server, notebook } = await scene()
  const romeo = await server.bind('romeo@example.net', 'orchard')
  await romeo.send('<presence/>')
  assert.deepEqual(notebook.read(), ['presence  romeo@example.net/orchard'])
  assert.deepEqual(
    romeo.sent().map((e) => `${e.name} ${e.attr('from')}`),
    ['presence romeo@example.net/orchard', 'presence juliet@example.net/notebook'],
    'and its own presence is seen',
  )
  await romeo.send("<message type='chat' to='juliet@example.net'><body>hello</body></message>")
  await romeo.send("<message type='chat' to='juliet@example.net/notebook'><body>hello</body></message>")
  assert.deepEqual(notebook.read(), ['message chat romeo@example.net/orchard', 'message chat romeo@example.net/orchard'])
})

test('An endpoint that is no session stands beside sessions, and is none of them', async () => {
  const { server, notebook } = await scene()
  const { account } = notebook
  const phone = await server.bind('juliet@example.net', 'phone')
  assert.deepEqual([account.resources.length, account.sessions], [2, [phone.session]])
  await phone.send('<presence/>')
  assert.deepEqual(
    notebook.read(),
    ['presence  juliet@example.net/phone'],
    "RFC 6121 4.2.2: the account's own resources are told",
  )
  server.host.sessions.end(phone.session, SHUTDOWN)
  await settled()
  assert.deepEqual([account.resources, account.sessions], [[notebook], []])
  assert.equal(server.host.accounts.get('juliet@example.net'), account, 'the account stays in memory for it')
})

test('RFC 6121 4.5.2: an endpoint that is no session leaves as a resource does', async () => {
  const { server, notebook } = await scene()
  const romeo = await server.bind('romeo@example.net', 'orchard')
  await romeo.send('<presence/>')
  romeo.sent()
  const { account } = notebook
  const { router } = server.host
  ended(account, notebook, server.clock.now(), {
    routeAll: (packet, to) => router.routeAll(packet, to),
    toResource: (packet, endpoint) => endpoint.take(packet),
  })
  account.unbind(notebook)
  account.unbind(notebook)
  await settled()
  assert.deepEqual(
    romeo.sent().map((e) => `${e.attr('type')} ${e.attr('from')}`),
    ['unavailable juliet@example.net/notebook'],
  )
  assert.deepEqual(account.resources, [])
})

test('What ends the sessions of an account ends its other endpoints too', async () => {
  const { server, notebook } = await scene()
  server.host.router.homeOf(notebook.jid)!.end(notebook.account.bare, accountDisabled({ at: 0, reason: '' }))
  assert.deepEqual(notebook.read(), ['account-disabled'])
})
