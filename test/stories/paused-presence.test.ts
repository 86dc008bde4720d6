/** XEP-0310 4.2: sessions whose client is away for a moment, and those who have their presence. */
import assert from 'node:assert/strict'
import {
  answer,
  asking,
  ASKING,
  capabilities,
  comeBack,
  comingOnline,
  isQuestion,
  lose,
  loseAgain,
  PSA,
  says,
} from '../support/annotations.ts'
import { Elsewhere } from '../support/elsewhere.ts'
import { bareOf, DOMAIN, story, type Cast, type Transport } from '../support/story.ts'
import { delay, gone, here } from '../support/stanzas.ts'

const ROMEO = bareOf('romeo')
const MINUTE = 60_000
const SM = { 'ask-after': '1 day', 'ask-after-stanzas': 100_000, 'resume-time': '5 minutes' }
const at0 = { settings: { 'stream-management': SM, 'presence-annotations': { 'pause-grace': '0 s' } } }
const withGrace = { settings: { 'stream-management': SM }, on: ['memory'] as const satisfies readonly Transport[] }
const PAUSED = says(DOMAIN, 'connection-paused')
const BACK = says(DOMAIN, '')
const AWAY = '<show>away</show>'

story('T-PSA12: a connection that breaks is shown to those who ask, as it is', at0, async (cast) => {
  await cast.befriend('benvolio', 'romeo')
  const romeo1 = await asking(cast, 'romeo/1')
  const romeo2 = await cast.client('romeo', '2')
  const benvolio = await cast.client('benvolio', 'lane', { presence: `<presence id='b1'>${AWAY}</presence>` })
  await lose(cast, benvolio)
  await romeo1.expect(`<presence from='${benvolio.jid}' to='${romeo1.jid}' id='b1'>${AWAY}${PAUSED}</presence>`)
  romeo2.send(`<presence type='probe' to='${benvolio.bare}'/>`) // he still counts as available
  await romeo2.expect(here(benvolio.jid, AWAY, ROMEO))
  await romeo1.expect(here(benvolio.jid, AWAY + PAUSED))
})

story('T-PSA13: who comes back is shown as before', at0, async (cast) => {
  await cast.befriend('benvolio', 'rosaline', 'romeo')
  const [benvolio] = await cast.clients('benvolio/lane', 'rosaline/1')
  const romeo = await asking(cast, 'romeo/1')
  const id = await lose(cast, benvolio)
  await romeo.expect(here(benvolio.jid, PAUSED))
  await comeBack(cast, benvolio, id)
  await romeo.expect(here(benvolio.jid, BACK, romeo.jid))
})

story('T-PSA13: who comes back soon was never away', withGrace, async (cast) => {
  await cast.befriend('benvolio', 'romeo')
  const benvolio = await cast.client('benvolio', 'lane')
  const romeo = await asking(cast, 'romeo/1')
  const id = await lose(cast, benvolio)
  await cast.advance(2999)
  await cast.expectNothing()
  const again = await comeBack(cast, benvolio, id)
  await cast.advance(MINUTE)
  await cast.expectNothing()
  await loseAgain(cast, again)
  await cast.advance(2999)
  await cast.expectNothing()
  await cast.advance(1)
  await romeo.expect(here(benvolio.jid, PAUSED))
})
story('T-PSA14: nobody comes back: unavailable presence, and nothing besides', withGrace, async (cast) => {
  await cast.befriend('benvolio', 'rosaline', 'romeo')
  const [benvolio, rosaline] = await cast.clients('benvolio/lane', 'rosaline/1')
  const romeo = await asking(cast, 'romeo/1')
  await lose(cast, benvolio)
  await cast.advance(3000)
  await romeo.expect(here(benvolio.jid, PAUSED))
  await cast.advance(5 * MINUTE)
  for (const client of [romeo, rosaline]) await client.expect(gone(benvolio.jid))
})

story('T-PSA15: presence that was sent directly is annotated as well', at0, async (cast) => {
  const romeo = await asking(cast, 'romeo/1')
  const rosaline = await cast.client('rosaline', '1')
  const benvolio = await cast.client('benvolio', 'lane')
  benvolio.send(`<presence to='${romeo.jid}'>${AWAY}</presence>`, `<presence to='${rosaline.bare}'>${AWAY}</presence>`)
  for (const client of [romeo, rosaline]) await client.expect(here(benvolio.jid, AWAY))
  const id = await lose(cast, benvolio)
  await romeo.expect(here(benvolio.jid, AWAY + PAUSED))
  await comeBack(cast, benvolio, id)
  await romeo.expect(here(benvolio.jid, AWAY + BACK))
})

story('PSA-28: a sibling sees it too, and the session that pauses does not', at0, async (cast) => {
  const romeo1 = await asking(cast, 'romeo/1')
  const romeo2 = await asking(cast, 'romeo/2')
  const id = await lose(cast, romeo2)
  await romeo1.expect(here(romeo2.jid, ASKING.c + PAUSED, romeo1.jid))
  await comeBack(cast, romeo2, id)
  await romeo1.expect(here(romeo2.jid, ASKING.c + BACK, romeo1.jid))
})

story('PSA-24: who comes online meanwhile sees it from the beginning, if he asks', at0, async (cast) => {
  await cast.befriend('benvolio', 'romeo')
  const benvolio = await cast.client('benvolio', 'lane')
  const romeo1 = await asking(cast, 'romeo/1') // the server knows these capabilities
  const id = await lose(cast, benvolio)
  await romeo1.expect(here(benvolio.jid, PAUSED))
  const romeo2 = await comingOnline(cast, 'romeo/2')
  await romeo2.expect(here(romeo2.jid, ASKING.c), here(romeo1.jid, ASKING.c), here(benvolio.jid, PAUSED, romeo2.jid))
  await romeo1.expect(here(romeo2.jid, ASKING.c))
  await cast.client('romeo', '3')
  const again = await comeBack(cast, benvolio, id)
  await romeo1.expect(here(benvolio.jid, BACK, romeo1.jid))
  await romeo2.expect(here(benvolio.jid, BACK, romeo2.jid))
  await again.expect(here(romeo2.jid, ASKING.c), here(`${ROMEO}/3`))
})

story('T-PSA10: what a client can do becomes known when its contact is away already', at0, async (cast) => {
  await cast.befriend('benvolio', 'romeo')
  const benvolio = await cast.client('benvolio', 'lane')
  const romeo = await cast.client('romeo', '1', { presence: null })
  await lose(cast, benvolio)
  await cast.settle()
  romeo.send(`<presence>${ASKING.c}</presence>`)
  const question = await romeo.expect(`<iq type='get' from='${DOMAIN}'>*</iq>`)
  await romeo.expect(here(romeo.jid, ASKING.c), here(benvolio.jid))
  await cast.expectNothing()
  answer(romeo, question, ASKING.query)
  await romeo.expect(here(benvolio.jid, PAUSED, romeo.jid))
})

story('T-PSA11: capabilities whose hash is not theirs are none', at0, async (cast) => {
  await cast.befriend('benvolio', 'romeo')
  const benvolio = await cast.client('benvolio', 'lane')
  const romeo = await cast.client('romeo', '1', { presence: null })
  const other = capabilities('urn:xmpp:ping')
  romeo.send(`<presence>${other.c}</presence>`)
  const question = await romeo.expect(`<iq type='get' from='${DOMAIN}'>*</iq>`)
  answer(romeo, question, ASKING.query)
  await cast.settle()
  for (const client of [romeo, benvolio]) client.take()
  await lose(cast, benvolio)
})

story('PSA-21: who no longer asks is told nothing more, who asks anew is told from then on', at0, async (cast) => {
  await cast.befriend('benvolio', 'romeo')
  const benvolio = await cast.client('benvolio', 'lane')
  const romeo = await asking(cast, 'romeo/1')
  const id = await lose(cast, benvolio)
  await romeo.expect(here(benvolio.jid, PAUSED))
  const other = capabilities('urn:xmpp:ping')
  romeo.send(`<presence>${other.c}</presence>`)
  answer(romeo, await romeo.expect(`<iq type='get' from='${DOMAIN}'>*</iq>`), other.query)
  await cast.forget()
  const again = await comeBack(cast, benvolio, id)
  await again.expect(here(romeo.jid, other.c))
})

story('PSA-25: what changes while its client is away is shown as it is, with the doubt', at0, async (cast) => {
  await cast.befriend('benvolio', 'romeo')
  const benvolio = await cast.client('benvolio', 'lane')
  const romeo = await asking(cast, 'romeo/1')
  benvolio.send(`<presence>${AWAY}</presence>`)
  for (const client of [benvolio, romeo]) await client.expect(here(benvolio.jid, AWAY))
  const id = await lose(cast, benvolio)
  await romeo.expect(here(benvolio.jid, AWAY + PAUSED))
  const again = await comeBack(cast, benvolio, id)
  await romeo.expect(here(benvolio.jid, AWAY + BACK))
  again.send('<presence/>')
  for (const client of [again, romeo]) await client.expect(here(benvolio.jid))
})

story('T-PSA27: nobody is told of whom he has blocked', at0, async (cast) => {
  await cast.befriend('benvolio', 'romeo')
  const benvolio = await cast.client('benvolio', 'lane')
  const romeo = await asking(cast, 'romeo/1')
  await romeo.ask(
    `<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='${benvolio.bare}'/></block></iq>`,
    `<iq type='result' id='b'/>`,
  )
  await benvolio.expect(gone(romeo.jid))
  await comeBack(cast, benvolio, await lose(cast, benvolio))
})

story('T-PSA21: what clients annotate themselves is taken out', async (cast) => {
  await cast.befriend('benvolio', 'rosaline', 'romeo')
  const [benvolio, rosaline] = await cast.clients('benvolio/lane', 'rosaline/1')
  const romeo = await asking(cast, 'romeo/1')
  const forged = `<state-annotation xmlns='${PSA}' from='${DOMAIN}'><connection-paused/></state-annotation>`
  benvolio.send(`<presence>${AWAY}${forged}</presence>`, `<presence to='${romeo.jid}'>${forged}</presence>`)
  for (const client of [benvolio, rosaline, romeo]) await client.expect(here(benvolio.jid, AWAY))
  await romeo.expect(here(benvolio.jid, '', romeo.jid))
})

for (const [lang, description] of [
  ['de', 'de'],
  ['de-AT', 'de'],
  ['tlh', 'en'],
] as const) {
  story(`T-PSA28: the language of the stream is ${lang}`, at0, async (cast) => {
    await cast.befriend('benvolio', 'romeo')
    const benvolio = await cast.client('benvolio', 'lane')
    const romeo = await asking(cast, 'romeo/1', { lang })
    benvolio.take()
    await lose(cast, benvolio)
    await romeo.expect(here(benvolio.jid, says(DOMAIN, 'connection-paused', description)))
  })
}

story('T-PSA23: what comes to nothing while a client is inactive is nothing', at0, async (cast) => {
  await cast.befriend('benvolio', 'romeo')
  const benvolio = await cast.client('benvolio', 'lane')
  const romeo = await asking(cast, 'romeo/1')
  benvolio.send(`<presence>${AWAY}</presence>`)
  for (const client of [benvolio, romeo]) await client.expect(here(benvolio.jid, AWAY))
  romeo.send(`<inactive xmlns='urn:xmpp:csi:0'/>`)
  await cast.settle()
  const id = await lose(cast, benvolio)
  await cast.settle()
  const again = await comeBack(cast, benvolio, id)
  await cast.settle()
  romeo.send(`<active xmlns='urn:xmpp:csi:0'/>`)
  await cast.expectNothing()
  romeo.send(`<inactive xmlns='urn:xmpp:csi:0'/>`)
  await loseAgain(cast, again)
  await cast.expectNothing()
  romeo.send(`<active xmlns='urn:xmpp:csi:0'/>`)
  await romeo.expect(here(benvolio.jid, AWAY + PAUSED))
})

story('T-PSA24: a client that is away itself is told when it is back, of what is so then', at0, async (cast) => {
  await cast.befriend('benvolio', 'mercutio', 'romeo')
  const [benvolio, mercutio] = await cast.clients('benvolio/lane', 'mercutio/1')
  const romeo = await asking(cast, 'romeo/1')
  const mine = await lose(cast, romeo)
  const his = await lose(cast, benvolio)
  await lose(cast, mercutio)
  await comeBack(cast, benvolio, his)
  await cast.settle()
  const again = await comeBack(cast, romeo, mine)
  await again.expect(here(mercutio.jid, PAUSED, romeo.jid))
  again.send(`<r xmlns='urn:xmpp:sm:3'/>`)
  await again.expect(`<a xmlns='urn:xmpp:sm:3' h='0'/>`)
})

story('a client that has not said what it can do is told of what came before', at0, async (cast) => {
  const benvolio = await cast.client('benvolio', 'lane')
  const romeo = await cast.client('romeo', '1', { presence: null })
  benvolio.send(`<presence to='${romeo.jid}'>${AWAY}</presence>`)
  await romeo.expect(here(benvolio.jid, AWAY))
  await lose(cast, benvolio)
  await cast.settle()
  romeo.send(`<presence>${ASKING.c}</presence>`)
  answer(romeo, await romeo.expect(`<iq type='get' from='${DOMAIN}'>*</iq>`), ASKING.query)
  await romeo.expect(here(romeo.jid, ASKING.c), here(benvolio.jid, AWAY + PAUSED))
})

story(
  'what is beyond the limit is shown and not annotated',
  {
    settings: { ...at0.settings, 'presence-annotations': { 'pause-grace': '0 s', 'noted-presences': 1 } },
  },
  async (cast) => {
    await cast.befriend('benvolio', 'mercutio', 'romeo')
    const [benvolio, mercutio] = await cast.clients('benvolio/lane', 'mercutio/1')
    const romeo = await asking(cast, 'romeo/1')
    await lose(cast, benvolio)
    await lose(cast, mercutio)
    await cast.settle()
    const told = romeo.take().map((xml) => xml.show())
    assert.equal(told.length, 1)
    assert.match(told[0]!, /connection-paused/)
  },
)

/** Bilbo is paused, and has told Gandalf, who is elsewhere and asks for annotations, something other than everybody. */
async function pausedWithOtherWords(cast: Cast, ...said: readonly string[]): Promise<Elsewhere> {
  await cast.rosters(['bilbo', 'gandalf@b.example', 'both'])
  const b = new Elsewhere(cast)
  const bilbo = await cast.client('bilbo', '1', { presence: '<presence><show>away</show></presence>' })
  await b.take()
  await b.send(`<presence from='gandalf@b.example/x' to='${bilbo.bare}'>${ASKING.c}</presence>`)
  bilbo.send(...said)
  await cast.forget()
  await lose(cast, bilbo)
  const question = (await b.take()).find(isQuestion)
  if (question === undefined) return b
  const [id, to] = [question.attr('id')!, question.attr('from')!]
  await b.send(`<iq type='result' from='gandalf@b.example/x' to='${to}' id='${id}'>${ASKING.query}</iq>`)
  return b
}
const inMemory = { ...at0, on: ['memory'] as const }
for (const to of ['gandalf@b.example', 'gandalf@b.example/x']) {
  story(`4.2: the doubt is added to what was said last, were it directly: to ${to}`, inMemory, async (cast) => {
    const b = await pausedWithOtherWords(cast, `<presence to='${to}'><show>chat</show></presence>`)
    await b.expect(here(`${bareOf('bilbo')}/1`, `<show>chat</show>${PAUSED}`, 'gandalf@b.example/x'))
  })
  story(`4.2: the doubt is added to what was said last, were it to everybody: after ${to}`, inMemory, async (cast) => {
    const said = [`<presence to='${to}'><show>chat</show></presence>`, '<presence><show>dnd</show></presence>']
    const b = await pausedWithOtherWords(cast, ...said)
    await b.expect(here(`${bareOf('bilbo')}/1`, `<show>dnd</show>${PAUSED}`, 'gandalf@b.example/x'))
  })
  story(`4.2: who was told directly that the client has gone is not told of its pause: ${to}`, inMemory, async (cast) => {
    const b = await pausedWithOtherWords(cast, `<presence to='${to}' type='unavailable'/>`)
    await b.expectNothing()
  })
}

const at = (cast: Cast, ago: number): string => new Date(cast.server.clock.now() - ago).toISOString().replace('.000', '')
const saidAt = (cast: Cast, ago: number): string => delay(at(cast, ago))

story(
  '0203: who asks and comes later sees when a presence was said; who does not ask sees it as it was',
  inMemory,
  async (cast) => {
    await cast.befriend('benvolio', 'romeo')
    const benvolio = await cast.client('benvolio', 'lane')
    await cast.advance(63_000)
    const plain = await cast.client('romeo', 'plain', { presence: null })
    plain.send('<presence/>')
    await plain.expectAll(here(plain.jid), here(benvolio.jid))
    const romeo = await comingOnline(cast, 'romeo/1')
    await romeo.expectAll(here(romeo.jid, ASKING.c), here(plain.jid), here(benvolio.jid, saidAt(cast, 63_000)))
    await cast.forget()
    benvolio.send(`<presence>${AWAY}</presence>`)
    for (const client of [plain, romeo, benvolio]) await client.expect(here(benvolio.jid, AWAY)) // new
  },
)

story('0203: the doubt of a presence that was said before comes with its age', inMemory, async (cast) => {
  await cast.befriend('benvolio', 'romeo')
  await asking(cast, 'romeo/0') // what such a client can do is known
  const benvolio = await cast.client('benvolio', 'lane', { presence: `<presence>${AWAY}</presence>` })
  await lose(cast, benvolio)
  await cast.advance(63_000)
  await cast.forget()
  const romeo = await comingOnline(cast, 'romeo/1')
  await romeo.expectAll(
    here(romeo.jid, ASKING.c),
    here(`${ROMEO}/0`, `${ASKING.c}${saidAt(cast, 63_000)}`),
    here(benvolio.jid, `${AWAY}${saidAt(cast, 63_000)}${PAUSED}`),
  )
  await cast.forget()
})

story('0203: a pause says since when the connection is lost, to who sees it and to who comes later', withGrace, async (cast) => {
  await cast.befriend('benvolio', 'romeo')
  const romeo = await asking(cast, 'romeo/1')
  const benvolio = await cast.client('benvolio', 'lane')
  await cast.forget()
  await lose(cast, benvolio)
  const began = at(cast, 0)
  await cast.advance(3000)
  await romeo.expect(here(benvolio.jid, says('a.example', 'connection-paused', 'en', began)))
  await cast.advance(MINUTE)
  const romeo2 = await comingOnline(cast, 'romeo/2')
  const shownLater = here(benvolio.jid, `${delay()}${says('a.example', 'connection-paused', 'en', began)}`)
  await romeo2.expectAll(here(romeo2.jid, ASKING.c), here(romeo.jid, ASKING.c + delay()), shownLater)
  await cast.forget()
})
