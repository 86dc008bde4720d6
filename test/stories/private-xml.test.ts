/** XEP-0049: what a user's clients keep with the account. */
import { bareOf, DOMAIN, story } from '../support/story.ts'
import { refusal } from '../support/xml-pattern.ts'

const query = (inside: string): string => `<query xmlns='jabber:iq:private'>${inside}</query>`
const ask = (type: 'get' | 'set', inside: string, to: string | null = null): string =>
  `<iq type='${type}' id='p'${to === null ? '' : ` to='${to}'`}>${query(inside)}</iq>`
const kept = (inside: string): string => `<iq type='result' id='p'>${query(inside)}</iq>`
const DONE = `<iq type='result' id='p'/>`
const refused = (type: string, condition: string, more = ''): string => refusal('iq', `id='p'${more}`, type, condition)

const NOTES = `<storage xmlns='storage:rosternotes'><note jid='b@x.example'>né &lt;3</note></storage>`
const DELIMITER = `<roster xmlns='roster:delimiter'>::</roster>`

story('PRIV-20, PRIV-21: what one client keeps, another one reads; each element stands for itself', async (cast) => {
  const [phone, desk] = await cast.friends('alice/phone', 'alice/desk')
  phone.send(ask('get', `<storage xmlns='storage:rosternotes'/>`))
  await phone.expect(kept(`<storage xmlns='storage:rosternotes'/>`))
  phone.send(ask('set', NOTES + DELIMITER))
  await phone.expect(DONE)
  desk.send(
    ask('get', `<storage xmlns='storage:rosternotes'/>`),
    ask('get', `<roster xmlns='roster:delimiter'/>`, bareOf('alice')),
  )
  await desk.expect(kept(NOTES), kept(DELIMITER))
  desk.send(ask('set', `<storage xmlns='storage:rosternotes'/>`))
  await desk.expect(DONE)
  phone.send(ask('get', `<storage xmlns='storage:rosternotes'/>`), ask('get', `<roster xmlns='roster:delimiter'/>`))
  await phone.expect(kept(`<storage xmlns='storage:rosternotes'/>`), kept(DELIMITER))
})

story('PRIV-21: a request that names nothing, too much, or an element without a namespace', async (cast) => {
  const alice = await cast.client('alice', '1')
  for (const type of ['get', 'set'] as const) {
    alice.send(ask(type, ''), ask(type, '<x/>'), ask(type, `<x xmlns=''/>`), ask(type, `<x xmlns='jabber:client'/>`))
    await alice.expect(
      refused('modify', 'bad-request'),
      refused('modify', 'not-acceptable'),
      refused('modify', 'not-acceptable'),
      refused('modify', 'not-acceptable'),
    )
  }
  alice.send(ask('get', `<a xmlns='urn:1'/><b xmlns='urn:2'/>`))
  await alice.expect(refused('modify', 'bad-request'))
})

story('PRIV-22: nobody reads what another user keeps, and the answer does not tell whether there is one', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const eve = await cast.client('eve', '1')
  alice.send(ask('set', NOTES))
  await alice.expect(DONE)
  for (const type of ['get', 'set'] as const)
    for (const asker of [bob, eve])
      for (const to of [bareOf('alice'), bareOf('missing')]) {
        asker.send(ask(type, `<storage xmlns='storage:rosternotes'/>`, to))
        await asker.expect(refused('auth', 'forbidden', ` from='${to}'`))
      }
  alice.send(ask('get', `<storage xmlns='storage:rosternotes'/>`, DOMAIN))
  await alice.expect(refused('cancel', 'service-unavailable', ` from='${DOMAIN}'`))
  alice.send(ask('get', `<storage xmlns='storage:rosternotes'/>`))
  await alice.expect(kept(NOTES))
})

const limits = { settings: { 'private-xml': { 'elements': 2, 'element-size': '1 KB', 'size': '1500 B' } } }

story('PRIV-20: what is too much is refused as a whole, and what was there stays', limits, async (cast) => {
  const alice = await cast.client('alice', '1')
  const element = (n: number, octets: number): string => `<x xmlns='urn:${n}'>${'x'.repeat(octets)}</x>`
  const tooMuch = refused('modify', 'not-acceptable')
  alice.send(ask('set', element(1, 900)), ask('set', element(1, 10) + element(2, 1100)), ask('set', element(2, 900)))
  await alice.expect(DONE, tooMuch, tooMuch)
  alice.send(ask('set', element(1, 900)), ask('set', element(2, 100)), ask('set', element(3, 1)))
  await alice.expect(DONE, DONE, tooMuch)
  alice.send(ask('get', `<x xmlns='urn:1'/>`), ask('get', `<x xmlns='urn:3'/>`))
  await alice.expect(kept(element(1, 900)), kept(`<x xmlns='urn:3'/>`))
})
