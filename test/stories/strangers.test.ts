/** Who may write to a user: `strangers` of the account, and of the server. */
import assert from 'node:assert/strict'
import { addressed, ATTEMPTS } from '../support/attempts.ts'
import { Elsewhere } from '../support/elsewhere.ts'
import { bareOf, DOMAIN, story, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'

const ALICE = bareOf('alice')
const IN_MEMORY = ['memory'] as const
const chat = (to: string, body: string, attrs = ''): string =>
  `<message type='chat' to='${to}'${attrs}><body>${body}</body></message>`
const heard = (from: string, to: string, body: string): string =>
  `<message type='chat' from='${from}' to='${to}'><body>${body}</body></message>`
const subscribe = (to: string): string => `<presence type='subscribe' to='${to}'/>`
const asked = (from: string): string => `<presence type='subscribe' from='${from}' to='${ALICE}'/>`

/** The user chooses, as a client does it (XEP-0050). */
async function choose(client: StoryClient, strangers: string): Promise<void> {
  const form = `<x xmlns='jabber:x:data' type='submit'><field var='strangers'><value>${strangers}</value></field></x>`
  const command = `<command xmlns='http://jabber.org/protocol/commands' node='strangers' action='complete'>${form}</command>`
  const answer = await client.ask(`<iq type='set' id='c' to='${DOMAIN}'>${command}</iq>`)
  assert.equal(answer.child('command')?.attr('status'), 'completed', answer.show())
}

story('STR-1, STR-2: a stranger is refused, a contact is not, and somebody the user has written to may answer', async (cast) => {
  await cast.rosters(['alice', bareOf('bob'), 'none'])
  const [alice, bob, dave] = await cast.clients('alice/1', 'bob/1', 'dave/1')
  await choose(alice, 'none')
  bob.send(chat(ALICE, 'from the roster'))
  await alice.expect(heard(bob.jid, ALICE, 'from the roster'))
  dave.send(chat(ALICE, 'lost'))
  dave.send(`<presence to='${ALICE}'><status>buy</status></presence>`)
  dave.send(`<presence type='error' to='${alice.jid}'><status>buy</status></presence>`)
  dave.send(subscribe(ALICE))
  dave.send(`<presence type='unavailable' to='${ALICE}'><status>buy</status></presence>`)
  await cast.settle()
  dave.take()
  // Whoever was shown before is shown no more, and without a word.
  await alice.expect(`<presence type='unavailable' from='${dave.jid}' to='${ALICE}'/>`)

  alice.send(chat(bareOf('dave'), 'hello'))
  await dave.expect(heard(alice.jid, bareOf('dave'), 'hello'))
  dave.send(chat(ALICE, 'one'))
  dave.send(chat(ALICE, 'two'))
  await alice.expect(heard(dave.jid, ALICE, 'one'), heard(dave.jid, ALICE, 'two'))
  await choose(alice, 'all')
})

story('STR-3: with "requests", a request arrives, and does not open the door to messages', { on: IN_MEMORY }, async (cast) => {
  const [alice, dave] = await cast.clients('alice/1', 'dave/1')
  await choose(alice, 'requests')
  dave.send(`${subscribe(ALICE)}${chat(ALICE, 'now I am known')}`)
  await alice.expect(asked(bareOf('dave')))
  await cast.settle()
  alice.send(`<presence type='subscribed' to='${bareOf('dave')}'/>`)
  await cast.settle()
  dave.send(chat(ALICE, 'now I am'))
  await cast.settle()
  const bodies = alice.take().flatMap((e) => e.child('body')?.text ?? [])
  assert.deepEqual(bodies, ['now I am'])
  dave.take()
})

story('STR-2: whom the user has written to is known after a restart of the session', { on: IN_MEMORY }, async (cast) => {
  const [alice, dave] = await cast.clients('alice/1', 'dave/1')
  await choose(alice, 'none')
  alice.send(chat(bareOf('dave'), 'hello'))
  await dave.expect(heard(alice.jid, bareOf('dave'), 'hello'))
  await alice.close()
  await cast.forget()
  dave.send(chat(ALICE, 'an answer'))
  await cast.settle()
  const again = await cast.client('alice', '2', { presence: null })
  again.send('<presence/>')
  await cast.settle()
  assert.deepEqual(
    again.take().flatMap((e) => e.child('body')?.text ?? []),
    ['an answer'],
  )
})

story('STR-4: a room invites only in the name of somebody whom the user knows', { on: IN_MEMORY }, async (cast) => {
  const elsewhere = new Elsewhere(cast, 'rooms.example')
  const [alice] = await cast.friends('alice/1', 'bob/1')
  await choose(alice, 'none')
  const invitation = (from: string, room = 'den@rooms.example', more = ''): string =>
    `<message from='${room}' to='${ALICE}'>${more}<x xmlns='http://jabber.org/protocol/muc#user'><invite from='${from}'/></x></message>`
  const bob = bareOf('bob')
  await elsewhere.send(invitation('dave@rooms.example'), invitation(bob))
  await alice.expect(invitation(bob))
  // Nobody but a room, in nobody's name but another's, and without words of its own
  await elsewhere.send(invitation(ALICE), invitation(bob, 'den@rooms.example/x'), invitation(bob, 'rooms.example'))
  await elsewhere.send(invitation(bob, 'den@rooms.example', '<body>Buy this</body><subject>Now</subject>'))
  await alice.expect(invitation(bob))
})

const TRIED = /^a chat|^a groupchat|^a headline|^an error|^presence(?! unavailable)|^subscribe, unsubscribe$/
const WRITING = ATTEMPTS.filter(([what]) => TRIED.test(what))
for (const strangers of ['requests', 'none'] as const) {
  story(
    `STR-1, T-X01: with "${strangers}" a stranger cannot tell who is there`,
    { on: IN_MEMORY, presence: { strangers } },
    async (cast) => {
      const [alice] = await cast.clients('alice/1')
      await cast.server.account('carol')
      const victims = [ALICE, bareOf('carol'), bareOf('nobody')]
      for (const [n, [what, xml]] of WRITING.entries()) {
        const seen = await told(cast, n, xml, victims)
        assert.deepEqual(seen, [seen[0], seen[0], seen[0]], `${what}: online, offline, missing`)
      }
      const got = alice.take().map((e) => `${e.name} ${e.attr('type')}`)
      assert.deepEqual([...new Set(got)].sort(), strangers === 'none' ? [] : ['presence subscribe', 'presence unsubscribe'])
    },
  )
}

/** What comes back to strangers each of whom tries one of the accounts and its resource, with the names taken out. */
async function told(cast: Cast, n: number, xml: string, victims: readonly string[]): Promise<readonly string[]> {
  const strangers: StoryClient[] = []
  for (const i of victims.keys()) strangers.push(await cast.client(`dave${n}x${i}`, 'x', { roster: false, presence: null }))
  for (const [i, dave] of strangers.entries())
    for (const resource of ['', '/1', '/guess']) dave.send(addressed(xml, `id='q' to='${victims[i]}${resource}'`))
  await cast.settle()
  return strangers.map((dave, i) => {
    const back = dave.take().map((e) => e.show())
    return back.join('').replaceAll(victims[i]!, 'VICTIM').replaceAll(`dave${n}x${i}`, 'DAVE')
  })
}

story('STR-5: rosters with a request that was refused agree', { on: IN_MEMORY }, async (cast) => {
  const [alice, dave] = await cast.clients('alice/1', 'dave/1')
  await choose(alice, 'none')
  dave.send(subscribe(ALICE))
  await cast.settle()
  dave.take()
  const range = { domain: DOMAIN, from: { owner: '', contact: '' }, accountsMax: 10, mend: false }
  assert.deepEqual((await cast.server.server.rosterAudit.page(range)).findings, [])
  await alice.expect()
})
