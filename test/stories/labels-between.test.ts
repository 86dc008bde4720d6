/** XEP-0258 at the border: what waits for another server, and what components say and hear (LAB-24). */
import assert from 'node:assert/strict'
import { componentsOf } from '../support/component.ts'
import { cleared, label, labelling } from '../support/labels.ts'
import { cut, goDead, local, recover } from '../support/lossy.ts'
import { bareOf, story } from '../support/story.ts'
import { federation } from '../support/two-servers.ts'
import { refusal } from '../support/xml-pattern.ts'

const LABELS = { labelling: labelling() }
const message = (to: string, id: string, inside: string): string =>
  `<message type='chat' id='${id}' to='${to}'>${inside}</message>`
const marked = (to: string, id: string, of: string): string => message(to, id, `<body>${id}</body>${label(of)}`)
const MANAGED = { ...LABELS, federation: { 'stream-management': true, 'retry': 1000 } }

for (const isLowered of [true, false])
  federation(
    `LAB-24: what waits for a domain is judged again when its clearance changes (${isLowered ? 'lowered' : 'raised'})`,
    { a: MANAGED, b: MANAGED },
    async (realm) => {
      const [alice, dave] = await realm.friends('alice@a.example/1', 'dave@b.example/1')
      await cleared(realm.a.story, { 'alice@a.example': 'secret', 'b.example': 'restricted' })
      await cleared(realm.b.story, { 'dave@b.example': 'secret' })
      goDead(realm)
      await cut(realm)
      alice.send(marked(dave.jid, '1', 'restricted'), marked(dave.jid, '2', 'unclassified'))
      await local(alice)
      await cleared(realm.a.story, { 'b.example': isLowered ? 'public' : 'secret' })
      await recover(realm)
      const came = dave.take().filter(({ name }) => name === 'message')
      assert.deepEqual(
        came.map((xml) => xml.attr('id')),
        isLowered ? ['2'] : ['1', '2'],
      )
      if (isLowered) await alice.expect(refusal('message', `id='1' from='${dave.jid}'`, 'auth', 'forbidden'))
    },
  )

story(
  'LAB-24: a component hears what its domain is cleared for, and its messages are judged by the receiver',
  LABELS,
  async (cast) => {
    const [ALICE, BOB, BOT] = [bareOf('alice'), bareOf('bob'), 'bot.a.example']
    await cleared(cast.server, { [ALICE]: 'secret', [BOB]: 'public', [BOT]: 'restricted' })
    const [alice, bob] = await cast.clients('alice/1', 'bob/1')
    const bot = await (await componentsOf(cast, BOT)).connected()
    alice.send(marked(`x@${BOT}`, '1', 'secret'), marked(`x@${BOT}`, '2', 'restricted'))
    await alice.expect(refusal('message', `id='1' from='x@${BOT}'`, 'auth', 'forbidden'))
    await bot.expect(`<message type='chat' id='2' from='${alice.jid}' to='x@${BOT}'>*</message>`)
    const from = (xml: string): string => xml.replace('<message', `<message from='x@${BOT}'`)
    bot.send(
      from(marked(ALICE, '3', 'restricted')),
      from(marked(BOB, '4', 'restricted')),
      from(message(BOB, '5', '<body>5</body>')),
    )
    await alice.expect(`<message type='chat' id='3' from='x@${BOT}'>*</message>`)
    await bob.expect(`<message type='chat' id='5' from='x@${BOT}'>*</message>`)
  },
)
