/** XEP-0186: who is there without being seen. */
import assert from 'node:assert/strict'
import { answer, ASKING, asking, comeBack, isQuestion, lose, says } from '../support/annotations.ts'
import { Elsewhere } from '../support/elsewhere.ts'
import { delay, done, gone, here } from '../support/stanzas.ts'
import { bareOf, DOMAIN, story, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import { refusal } from '../support/xml-pattern.ts'

const BILBO = bareOf('bilbo')
const NS = 'urn:xmpp:invisible:1'
const DISCO = 'http://jabber.org/protocol/disco#info'
const MINUTE = 60_000
const inMemory = { on: ['memory'] as const }
const LAST = 'jabber:iq:last'
const SM = { 'ask-after': '1 day', 'ask-after-stanzas': 100_000, 'resume-time': '5 minutes' }
const strict = { settings: { 'stream-management': SM, 'presence-annotations': { 'pause-grace': '0 s' } } }

const hide = (id: string, probe?: boolean, ns = NS): string =>
  `<iq type='set' id='${id}'><invisible xmlns='${ns}'${probe === undefined ? '' : ` probe='${probe}'`}/></iq>`
const show = (id: string): string => `<iq type='set' id='${id}'><visible xmlns='${NS}'/></iq>`
const message = (to: string, words: string): string => `<message type='chat' to='${to}'><body>${words}</body></message>`
const heard = (from: string, words: string): string =>
  `<message type='chat' from='${from}' to='*'><body>${words}</body></message>`
/** What the server, asked by a contact, says of the account. */
async function probed(client: StoryClient): Promise<void> {
  client.send(`<presence type='probe' to='${BILBO}'/>`)
}

story('0186 3.1: whoever saw the client sees it go; what it broadcasts then nobody sees', async (cast) => {
  const [bilbo, sibling, frodo] = await cast.friends('bilbo/shire', 'bilbo/bag-end', 'frodo/1')
  const stranger = await cast.client('stranger', '1')
  bilbo.send(`<presence to='${stranger.jid}'/>`)
  await stranger.expect(here(bilbo.jid))
  await bilbo.ask(hide('h1', false), done('h1'))
  for (const watcher of [sibling, frodo, stranger]) await watcher.expect(gone(bilbo.jid))
  bilbo.send('<presence><show>away</show></presence>')
  await cast.expectNothing()
})

story('0186 3.1.1 rules 4 to 7: it gets what is sent to the account, and sends as ever', async (cast) => {
  const [bilbo, frodo] = await cast.friends('bilbo/shire', 'frodo/1')
  await bilbo.ask(hide('h1', false), done('h1'))
  await frodo.expect(gone(bilbo.jid))
  frodo.send('<presence><show>dnd</show></presence>')
  await frodo.expect(here(frodo.jid, '<show>dnd</show>'))
  await bilbo.expect(here(frodo.jid, '<show>dnd</show>'))
  frodo.send(message(BILBO, 'to the account'), message(bilbo.jid, 'to the resource'))
  await bilbo.expect(heard(frodo.jid, 'to the account'), heard(frodo.jid, 'to the resource'))
  frodo.send(`<iq type='get' id='q' to='${bilbo.jid}'><query xmlns='urn:example'/></iq>`)
  const asked = await bilbo.expect(`<iq type='get' id='q' from='${frodo.jid}' to='*'><query xmlns='urn:example'/></iq>`)
  bilbo.send(`<iq type='result' id='${asked.attr('id')!}' to='${frodo.jid}'/>`)
  await frodo.expect(`<iq type='result' id='q' from='${bilbo.jid}' to='*'/>`)
  bilbo.send(message(frodo.bare, 'an answer'))
  await frodo.expect(heard(bilbo.jid, 'an answer'))
})

story('0186 3.1.1 rule 3: it finds out about its contacts if it wants to', async (cast) => {
  await cast.befriend('bilbo', 'frodo')
  const frodo = await cast.client('frodo', '1')
  const sibling = await cast.client('bilbo', 'bag-end')
  await cast.forget()
  const bilbo = await cast.client('bilbo', 'shire', { presence: null })
  bilbo.send(hide('h1', false))
  await bilbo.expect(done('h1'))
  await cast.expectNothing()
  bilbo.send(hide('h2', true))
  await bilbo.expectAll(done('h2'), here(sibling.jid), here(frodo.jid))
})

story('0186 3.1.1 rule 8: to a probe and to XEP-0012 it is as if it had gone when it hid', inMemory, async (cast) => {
  const [bilbo, frodo] = await cast.friends('bilbo/shire', 'frodo/1')
  await cast.advance(10 * MINUTE)
  await bilbo.ask(hide('h1', false), done('h1'))
  await frodo.expect(gone(bilbo.jid))
  const hidAt = new Date(cast.server.clock.now()).toISOString().replace('.000', '')
  await cast.advance(5 * MINUTE)
  await probed(frodo)
  await frodo.expect(gone(BILBO, delay(hidAt), frodo.bare))
  const last = `<iq type='get' id='l' to='${BILBO}'><query xmlns='${LAST}'/></iq>`
  await frodo.ask(last, `<iq type='result' id='l' from='${BILBO}'><query xmlns='${LAST}' seconds='300'/></iq>`)
  await bilbo.close()
  await cast.advance(MINUTE)
  await frodo.ask(last, `<iq type='result' id='l' from='${BILBO}'><query xmlns='${LAST}' seconds='360'/></iq>`)
})

story('0186: an invisible login does not show that somebody has come', inMemory, async (cast) => {
  const [before, frodo] = await cast.friends('bilbo/before', 'frodo/1')
  await before.close()
  await frodo.expect(gone(before.jid))
  const wentAt = new Date(cast.server.clock.now()).toISOString().replace('.000', '')
  await cast.advance(10 * MINUTE)
  const bilbo = await cast.client('bilbo', 'shire', { presence: null })
  await bilbo.ask(hide('h1', false), done('h1'))
  await cast.advance(10 * MINUTE)
  await probed(frodo)
  await frodo.expect(gone(BILBO, delay(wentAt), frodo.bare))
  const last = `<iq type='get' id='l' to='${BILBO}'><query xmlns='${LAST}'/></iq>`
  await frodo.ask(last, `<iq type='result' id='l' from='${BILBO}'><query xmlns='${LAST}' seconds='1200'/></iq>`)
})

story('0186: with another resource that is seen, the account is there', async (cast) => {
  const [bilbo, sibling, frodo] = await cast.friends('bilbo/shire', 'bilbo/bag-end', 'frodo/1')
  await bilbo.ask(hide('h1', false), done('h1'))
  for (const watcher of [sibling, frodo]) await watcher.expect(gone(bilbo.jid))
  await probed(frodo)
  await frodo.expect(here(sibling.jid))
})

story('0186 3.1.1 rules 2 and 9: whom it sends presence sees it, is told when it goes, and nobody else', async (cast) => {
  const [bilbo, frodo, sam] = await cast.friends('bilbo/shire', 'frodo/1', 'sam/1')
  await bilbo.ask(hide('h1', false), done('h1'))
  for (const watcher of [frodo, sam]) await watcher.expect(gone(bilbo.jid))
  bilbo.send(`<presence to='${frodo.bare}'><status>only you</status></presence>`)
  await frodo.expect(here(bilbo.jid, '<status>only you</status>'))
  await bilbo.ask(hide('h2', false), done('h2'))
  await cast.expectNothing()
  bilbo.send(`<presence type='unavailable'/>`)
  await frodo.expect(gone(bilbo.jid))
  bilbo.send(`<presence to='${frodo.bare}'/>`)
  await frodo.expect(here(bilbo.jid))
  bilbo.drop()
  await frodo.expect(gone(bilbo.jid))
})

story('0186 3.2: visible again it begins anew, and whom it told is told when it goes', async (cast) => {
  const [bilbo, frodo] = await cast.friends('bilbo/shire', 'frodo/1')
  const stranger = await cast.client('stranger', '1')
  await bilbo.ask(hide('h1', false), done('h1'))
  await frodo.expect(gone(bilbo.jid))
  bilbo.send(`<presence to='${stranger.jid}'/>`)
  await stranger.expect(here(bilbo.jid))
  await bilbo.ask(show('v1'), done('v1'))
  await cast.expectNothing()
  bilbo.send('<presence/>')
  await frodo.expect(here(bilbo.jid))
  await bilbo.expectAll(here(bilbo.jid), here(frodo.jid))
  bilbo.send(`<presence type='unavailable'/>`)
  await bilbo.expect(gone(bilbo.jid))
  for (const watcher of [frodo, stranger]) await watcher.expect(gone(bilbo.jid))
  await bilbo.ask(show('v2'), done('v2'))
})

story('0186, RFC 6121 4.7.2.3: its priority counts, and stored messages come to it', async (cast) => {
  await cast.befriend('bilbo', 'frodo')
  const frodo = await cast.client('frodo', '1')
  frodo.send(message(BILBO, 'while you were away'))
  await cast.settle()
  const bilbo = await cast.client('bilbo', 'shire', { presence: null })
  bilbo.send(hide('h1', false))
  await bilbo.expectAll(
    done('h1'),
    `<message type='chat' from='${frodo.jid}' to='*'><body>while you were away</body>${delay()}</message>`,
  )
  bilbo.send('<presence><priority>-1</priority></presence>')
  await cast.settle()
  frodo.send(message(BILBO, 'not for it'))
  await cast.settle()
  await cast.expectNothing()
})

story('0186: requests come to it, and the blocked do not', async (cast) => {
  const [bilbo, frodo] = await cast.friends('bilbo/shire', 'frodo/1')
  await bilbo.ask(hide('h1', false), done('h1'))
  await frodo.expect(gone(bilbo.jid))
  const gollum = await cast.client('gollum', '1')
  gollum.send(`<presence type='subscribe' to='${BILBO}'/>`)
  await bilbo.expect(`<presence type='subscribe' from='${gollum.bare}' to='*'/>`)
  await cast.forget()
})

story('0186: it lasts over a lost connection, whose loss only those learn whom it told', strict, async (cast) => {
  await cast.befriend('bilbo', 'frodo', 'sam')
  const [frodo, sam] = [await asking(cast, 'frodo/1'), await asking(cast, 'sam/1')]
  const bilbo = await cast.client('bilbo', 'shire')
  await bilbo.ask(hide('h1', false), done('h1'))
  await cast.forget()
  bilbo.send(`<presence to='${frodo.jid}'/>`)
  await frodo.expect(here(bilbo.jid))
  const id = await lose(cast, bilbo)
  await frodo.expect(here(bilbo.jid, says(DOMAIN, 'connection-paused')))
  const again = await comeBack(cast, bilbo, id)
  await frodo.expect(here(bilbo.jid, says(DOMAIN, '')))
  again.send('<presence><show>away</show></presence>')
  await probed(sam)
  await sam.expect(gone(BILBO, delay(), sam.bare))
})

story('0186: contacts on other servers: it is shown to nobody, and hears of them', inMemory, async (cast) => {
  await cast.rosters(['bilbo', 'gandalf@b.example', 'both'])
  const b = new Elsewhere(cast)
  const bilbo = await asking(cast, 'bilbo/shire')
  await b.take()
  await bilbo.ask(hide('h1', false), done('h1'))
  await b.expect(gone(bilbo.jid))
  await b.send(`<presence from='gandalf@b.example/x' to='${BILBO}'/>`)
  await bilbo.expect(here('gandalf@b.example/x'))
  await b.lose()
  await bilbo.expect(here('gandalf@b.example/x', says(DOMAIN, 'server-unavailable')))
  b.restore()
  await cast.advance(2000)
  await b.expect(`<presence type='probe' from='${BILBO}' to='gandalf@b.example'/>`)
  await b.send(`<presence from='gandalf@b.example/x' to='${BILBO}'/>`)
  await bilbo.expect(here('gandalf@b.example/x', says(DOMAIN, '')))
  await cast.forget()
})

story('0186: the server says that it can; who writes something else is refused', async (cast) => {
  const bilbo = await cast.client('bilbo', 'shire')
  const info = await bilbo.ask(`<iq type='get' id='d' to='${DOMAIN}'><query xmlns='${DISCO}'/></iq>`)
  const features = info.child('query')!.elements.map((e) => e.attr('var'))
  for (const ns of [NS, 'urn:xmpp:invisible:0']) assert.ok(features.includes(ns))
  await bilbo.ask(hide('o', true, 'urn:xmpp:invisible:0'), done('o'))
  const maybe = `<iq type='set' id='m'><invisible xmlns='${NS}' probe='maybe'/></iq>`
  await bilbo.ask(maybe, refusal('iq', `id='m'`, 'modify', 'bad-request'))
  const frodo = await cast.client('frodo', '1')
  frodo.send(`<iq type='set' id='f' to='${BILBO}'><invisible xmlns='${NS}'/></iq>`)
  await frodo.expect(refusal('iq', `id='f'`, 'cancel', 'service-unavailable'))
})

story(
  '0186: who hides, looks around and shows itself is told again what it has asked for, which is no fault',
  inMemory,
  async (cast) => {
    await cast.befriend('bilbo', 'frodo')
    const frodo = await cast.client('frodo', '1', { presence: '<presence><show>dnd</show></presence>' })
    const bilbo = await asking(cast, 'bilbo/shire')
    for (const [command, id] of [
      [hide('h1', true), 'h1'],
      [hide('h2', true), 'h2'],
      [show('v1'), 'v1'],
    ] as const) {
      await cast.advance(100)
      bilbo.send(command)
      if (id === 'v1') bilbo.send('<presence/>')
      const told = here(frodo.jid, '<show>dnd</show>')
      await bilbo.expectAll(done(id), told, ...(id === 'v1' ? [here(bilbo.jid)] : []))
      await cast.forget()
    }
    assert.deepEqual(cast.server.errors, [])
  },
)

story('0186 3.1.1 rule 4: an invisible client hears of the other clients of its own account', async (cast) => {
  const frodo = await cast.client('frodo', '1')
  const [phone, bilbo] = await cast.clients('bilbo/phone', 'bilbo/shire')
  await cast.forget()
  await bilbo.ask(hide('h1'), done('h1'))
  await phone.expect(gone(bilbo.jid))
  phone.send('<presence><show>away</show></presence>')
  for (const client of [phone, bilbo]) await client.expect(here(phone.jid, '<show>away</show>'))
  phone.send(`<presence to='${bilbo.jid}'/>`)
  await bilbo.expect(here(phone.jid))
  phone.send(`<presence type='unavailable'/>`)
  for (const client of [phone, bilbo]) await client.expect(gone(phone.jid)) // once, though it was also told directly
  const desk = await cast.client('bilbo', 'desk', { presence: null })
  desk.send('<presence/>')
  for (const client of [desk, bilbo]) await client.expect(here(desk.jid))
  await desk.ask(hide('h2'), done('h2'))
  await bilbo.expect(gone(desk.jid))
  desk.send(`<presence to='${frodo.jid}'/>`)
  await frodo.expect(here(desk.jid))
  desk.drop()
  await frodo.expect(gone(desk.jid))
})

const GANDALF = 'gandalf@b.example/x'
/** Bilbo has a client that is seen and knows of Gandalf, who is elsewhere. */
async function besideAnother(cast: Cast): Promise<Elsewhere> {
  await cast.rosters(['bilbo', 'gandalf@b.example', 'both'])
  const b = new Elsewhere(cast)
  await cast.client('bilbo', 'desk')
  await b.send(`<presence from='${GANDALF}' to='${BILBO}'/>`)
  await b.take()
  await cast.forget()
  return b
}
/** The server of Gandalf has been asked, and answers. */
async function answered(b: Elsewhere): Promise<void> {
  const asked = (await b.take()).filter((xml) => xml.attr('type') === 'probe')
  assert.equal(asked.length, 1)
  await b.send(`<presence from='${GANDALF}' to='${BILBO}'/>`)
}

/** The server learns what an invisible client can do. */
async function showCapabilities(cast: Cast, client: StoryClient): Promise<void> {
  client.send(hide('c'), `<presence>${ASKING.c}</presence>`)
  await cast.settle()
  answer(client, client.take().find(isQuestion)!, ASKING.query)
  await cast.forget()
}

for (const asks of [false, true]) {
  const kind = asks ? 'a client that asks for annotations' : 'a client'
  story(
    `0186 3.1.1 rule 3: beside a visible client, ${kind} that hides is shown its contacts elsewhere`,
    inMemory,
    async (cast) => {
      const b = await besideAnother(cast)
      const bilbo = await cast.client('bilbo', 'shire', { presence: null })
      if (asks) await showCapabilities(cast, bilbo)
      bilbo.send(hide('h1', true))
      await answered(b)
      await bilbo.expectAll(done('h1'), here(`${BILBO}/desk`), here(GANDALF))
    },
  )

  story(
    `0186 3.1.1 rule 3: ${kind} that has been seen, and asks when it hides, is shown them once more`,
    inMemory,
    async (cast) => {
      const b = await besideAnother(cast)
      const bilbo = asks ? await asking(cast, 'bilbo/shire') : await cast.client('bilbo', 'shire')
      await answered(b)
      await cast.forget()
      for (const id of ['h1', 'h2']) {
        await cast.advance(100)
        bilbo.send(hide(id, true))
        await answered(b)
        await bilbo.expectAll(done(id), here(`${BILBO}/desk`), here(GANDALF))
        await b.take()
        cast.known(`${BILBO}/desk`).take()
      }
    },
  )
}
