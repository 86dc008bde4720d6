/** XEP-0030, 0191, 0199 and 0280 as client libraries implement them: not every client can be driven through these. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DOMAIN } from '../support/server-process.ts'
import { OrderRefused } from './driven.ts'
import { slixmpp, xmppJs } from './makes.ts'
import { becomeContacts, skipped, Theatre } from './stories.ts'

for (const make of [slixmpp, xmppJs]) {
  test(make.name, { skip: skipped(make) }, async (t) => {
    const theatre = await Theatre.open(t)

    await t.test('XEP-0030: finds what the server can do', async (t) => {
      const romeo = await theatre.person(t, make, 'romeo')
      await romeo.logIn()
      const features = (await romeo.order({ do: 'disco', jid: DOMAIN })) as readonly string[]
      const wanted = ['http://jabber.org/protocol/disco#info', 'urn:xmpp:blocking', 'urn:xmpp:carbons:2', 'urn:xmpp:ping']
      assert.deepEqual(
        wanted.filter((feature) => !features.includes(feature)),
        [],
      )
    })

    await t.test('XEP-0199 4.2: pings the server and itself, and learns nothing of strangers', async (t) => {
      const [romeo, juliet] = [await theatre.person(t, make, 'romeo'), await theatre.person(t, make, 'juliet')]
      await romeo.logIn()
      await juliet.logIn()
      await romeo.order({ do: 'ping', jid: DOMAIN })
      await romeo.order({ do: 'ping', jid: romeo.jid })
      for (const jid of [juliet.jid, juliet.fullJid]) {
        await assert.rejects(
          romeo.order({ do: 'ping', jid }),
          (error) => error instanceof OrderRefused && error.message === 'service-unavailable',
        )
      }
    })

    await t.test('XEP-0191 3.2: blocks a contact, and unblocks', async (t) => {
      const [romeo, juliet] = [await theatre.person(t, make, 'romeo'), await theatre.person(t, make, 'juliet')]
      await becomeContacts(romeo, juliet)
      await romeo.order({ do: 'block', jid: juliet.jid })
      await juliet.seesOffline(romeo.jid)
      await juliet.say(romeo.jid, 'never read')
      await juliet.settle()
      await romeo.order({ do: 'unblock', jid: juliet.jid })
      await juliet.sees(romeo.jid, 'online', '')
      await juliet.say(romeo.jid, 'read')
      await romeo.reads(juliet.jid, 'read')
    })

    await t.test('XEP-0280: another client of the account gets copies', async (t) => {
      const [account, juliet] = [await theatre.account('romeo'), await theatre.person(t, make, 'juliet')]
      const [phone, desk] = [await make.come(theatre.server, account), await make.come(theatre.server, account)]
      t.after(() => Promise.all([phone.close(), desk.close()]))
      for (const one of [phone, desk, juliet]) await one.logIn()
      await desk.order({ do: 'carbons' })
      await juliet.say(phone.fullJid, 'to the phone')
      await phone.reads(juliet.jid, 'to the phone')
      assert.deepEqual(await desk.next('message', juliet.jid), {
        shown: 'message',
        from: juliet.fullJid,
        body: 'to the phone',
        carbon: true,
        delayed: false,
      })
      await phone.say(juliet.jid, 'from the phone')
      assert.deepEqual(await desk.next('message', phone.jid), {
        shown: 'message',
        from: phone.fullJid,
        body: 'from the phone',
        carbon: true,
        delayed: false,
      })
    })

    await t.test('XEP-0203: what was kept is marked as late', async (t) => {
      const [romeo, juliet] = [await theatre.person(t, make, 'romeo'), await theatre.person(t, make, 'juliet')]
      await romeo.logIn()
      await romeo.say(juliet.jid, 'for later')
      await romeo.settle()
      await juliet.logIn()
      const { body, delayed } = await juliet.next('message', romeo.jid)
      assert.deepEqual({ body, delayed }, { body: 'for later', delayed: true })
    })
  })
}

test('DEVIATES(22): slixmpp 1.8.3 keeps to TLS 1.2 if it is told to', { skip: skipped(slixmpp) }, async (t) => {
  const theatre = await Theatre.open(t)
  const romeo = await theatre.person(t, slixmpp, 'romeo')
  romeo.tls = 'TLSv1_2'
  await romeo.logIn()
  assert.equal(await romeo.mechanism(), 'SCRAM-SHA-512-PLUS')
})
