import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer } from '../../test/support/memory-server.ts'
import { adHocCommands } from '../xep/0050-ad-hoc-commands/index.ts'
import { registration } from '../xep/0077-registration/index.ts'
import { invitations, invitationsOf } from '../xep/0401-invitations/index.ts'
import { commandsOf, runCommand } from './command.ts'
import { inviteCommands, type InvitationLinks, type InvitationRow } from './invite-commands.ts'

const NEW = { domain: null, inviter: null, name: '', account: true, uses: 1, lifetime: null, note: '' }

async function operator(settings: object = {}) {
  const server = await memoryServer({ features: [adHocCommands, registration, invitations], settings: { invitations: settings } })
  await server.account('romeo@example.net')
  const commands = commandsOf(...inviteCommands(server.host, invitationsOf(server.host)))
  return (name: string, args: object): Promise<unknown> => runCommand(commands, name, args)
}

test('INV-6: the operator makes, lists and revokes invitations; the list has no tokens', async () => {
  const ask = await operator({ url: 'https://chat.example' })
  const made = (await ask('invite.create', { ...NEW, uses: 10, lifetime: 60_000, note: 'the club' })) as InvitationLinks
  assert.match(made.uri, /^xmpp:example\.net\?register;preauth=[0-9a-f]{24}$/)
  assert.match(made.page!, /^https:\/\/chat\.example\/invite#[0-9a-f]{24}$/)
  const contact = (await ask('invite.create', { ...NEW, inviter: 'romeo@example.net', account: false })) as InvitationLinks
  assert.match(contact.uri, /^xmpp:romeo@example\.net\?roster;preauth=[0-9a-f]{24}$/)
  const list = (await ask('invite.list', {})) as readonly InvitationRow[]
  assert.deepEqual(list.map(({ note }) => note).sort(), ['', 'the club'])
  assert.ok(!JSON.stringify(list).includes(made.uri.slice(-24)))
  assert.deepEqual(await ask('invite.revoke', { id: made.id }), { id: made.id })
  await assert.rejects(ask('invite.revoke', { id: made.id }), /There is no invitation/)
})

test('INV-6: what cannot be is refused in words', async () => {
  const ask = await operator()
  const create = (change: object): Promise<unknown> => ask('invite.create', { ...NEW, ...change })
  await assert.rejects(create({ account: false }), /--from JID/)
  await assert.rejects(create({ name: 'romeo' }), /The name romeo is taken/)
  await assert.rejects(create({ name: 'newt', uses: 2 }), /Only one person/)
  await assert.rejects(create({ domain: 'elsewhere.example' }), /not a domain of this server/)
  await assert.rejects(create({ inviter: 'nobody@example.net' }), /There is no account/)
  const closed = await operator({ accounts: 'nobody' })
  await assert.rejects(closed('invite.create', NEW), /does not allow accounts by invitation/)
})
