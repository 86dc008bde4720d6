/** XEP-0317: hats, the titles of people in a room. */
import assert from 'node:assert/strict'
import { codes, enter, error, field, ID, jidOf, join, open, ROOM, told, USER } from '../support/rooms.ts'
import { Cast, story, storyOn } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import { comeBack, enable, UNASKED } from '../support/stream-management.ts'
import type { Pattern } from '../support/xml-pattern.ts'
import type { Xml } from '../support/xml-reader.ts'

const HATS = 'urn:xmpp:hats:0'
const COMMANDS = 'http://jabber.org/protocol/commands'
const FORM = 'urn:xmpp:hats:commands'
const SPEAKER = 'http://a.example/hats#speaker'
const STAYS = field('muc#roomconfig_persistentroom', '1')

const execute = (name: string, inside = ''): string =>
  `<iq type='set' id='h' to='${ROOM}'><command xmlns='${COMMANDS}' node='${FORM}:${name}' action='execute'>${inside}</command></iq>`
const submit = (name: string, ...fields: readonly string[]): string =>
  execute(name, `<x xmlns='jabber:x:data' type='submit'>${field('FORM_TYPE', FORM)}${fields.join('')}</x>`)
const make = (title: string, hue = '', uri = SPEAKER): string =>
  submit('create', field('hats#title', title), field('hats#uri', uri), field('hats#hue', hue))
const give = (jid: string, name = 'assign'): string => submit(name, field('hats#jid', jid), field('hats#uri', SPEAKER))
const completed = (name: string): Pattern =>
  `<iq type='result' id='h' from='${ROOM}'><command xmlns='${COMMANDS}' node='${FORM}:${name}' sessionid='*' status='completed'><note type='info'>Done.</note></command></iq>`
const hat = (title: string, more = ''): string => `<hats xmlns='${HATS}'><hat title='${title}' uri='${SPEAKER}'${more}/></hats>`
const worn = (nick: string, more: string, hats: string, rest = ''): Pattern =>
  `<presence from='${ROOM}/${nick}'${rest}><x xmlns='${USER}'><item affiliation='none' role='participant'${more}</x>${hats}${ID}</presence>`
const valuesIn = (answer: Xml): readonly string[] =>
  [...answer.show().matchAll(/<value>([^<]*)<\/value>/g)].map(([, value]) => value!)
async function ask(client: StoryClient, order: string): Promise<Xml> {
  return client.ask(order)
}

story(
  'ROOM-116, XEP-0317 3.2, 3.5: a hat is made, given, changed, taken and destroyed, and presence says who wears it',
  async (cast) => {
    const alice = await open(cast, STAYS)
    const bob = await enter(cast, 'bob', 'Bob')
    alice.take()
    const form = await ask(alice, execute('create'))
    assert.match(form.show(), /status=['"]executing['"].*hats#title.*hats#uri.*hats#hue/s)
    alice.send(make('Speaker', '327.255249'))
    await alice.expect(told(104))
    await alice.expect(completed('create'))
    await bob.expect(told(104))
    alice.send(give('bob@a.example'))
    const shown = hat('Speaker', ` hue='327.255249'`)
    await alice.expect(worn('Bob', jidOf(bob), shown))
    await alice.expect(completed('assign'))
    await bob.expect(worn('Bob', jidOf(bob) + codes(110), shown))

    const carol = await enter(cast, 'carol', 'Carol')
    for (const one of [alice, bob]) one.take()
    const older = hat('Queen').replace(HATS, 'xmpp:prosody.im/protocol/hats:1')
    carol.send(`<presence to='${ROOM}/Carol'>${hat('Queen')}${older}<show>away</show></presence>`)
    const away = `<show>away</show>`
    const plain = (more: string): Pattern =>
      `<presence from='${ROOM}/Carol'>${away}<x xmlns='${USER}'><item affiliation='none' role='participant'${more}</x>${ID}</presence>`
    await alice.expect(plain(jidOf(carol)))
    await bob.expect(plain('/>'))
    await carol.expect(plain(jidOf(carol) + codes(110)))

    alice.send(make('Orator'))
    await alice.expect(told(104))
    await alice.expect(worn('Bob', jidOf(bob), hat('Orator')))
    await alice.expect(completed('create'))
    await bob.expect(told(104))
    await bob.expect(worn('Bob', jidOf(bob) + codes(110), hat('Orator')))
    await carol.expect(told(104))
    await carol.expect(worn('Bob', '/>', hat('Orator')))

    alice.send(give('bob@a.example', 'unassign'))
    await alice.expect(worn('Bob', jidOf(bob), ''))
    await alice.expect(completed('unassign'))
    await bob.expect(worn('Bob', jidOf(bob) + codes(110), ''))
    await carol.expect(worn('Bob', '/>', ''))
    alice.send(submit('destroy', field('hats#uri', SPEAKER)))
    await alice.expect(told(104))
    await alice.expect(completed('destroy'))
    for (const one of [bob, carol]) await one.expect(told(104))
  },
)

story('XEP-0317 2, 3.4, 3.7: a room tells of its hats, and lists them for those who may see the list', async (cast) => {
  const alice = await open(cast, STAYS)
  const eve = await cast.client('eve', '1')
  const info = `<iq type='get' id='i' to='${ROOM}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`
  const before = (await ask(eve, info)).show()
  assert.ok(before.includes(HATS) && !before.includes('hats#hash'))
  alice.send(make('Speaker'), give('bob@a.example'))
  await cast.forget()
  const hash = (text: string): string | undefined => /hats#hash.*?<value>([^<]+)/s.exec(text)?.[1]
  const first = hash((await ask(eve, info)).show())
  assert.ok(first !== undefined)
  alice.send(make('Orator'))
  await cast.forget()
  assert.notEqual(hash((await ask(eve, info)).show()), first)
  assert.deepEqual(valuesIn(await ask(eve, execute('list'))), [FORM, 'Orator', SPEAKER])
  eve.send(execute('list-assigned'))
  await eve.expect(error('iq', `id='h' from='${ROOM}'`, 'auth', 'forbidden'))
  assert.deepEqual(valuesIn(await ask(alice, execute('list-assigned'))), [FORM, 'bob@a.example', 'Orator', SPEAKER])
  const items = `<iq type='get' id='i' to='${ROOM}'><query xmlns='http://jabber.org/protocol/disco#items' node='${COMMANDS}'/></iq>`
  const nodesFor = async (one: StoryClient) =>
    (await ask(one, items)).child('query')!.elements.map((e) => e.attr('node')!.split(':').at(-1))
  assert.deepEqual(await nodesFor(eve), ['list'])
  assert.deepEqual(await nodesFor(alice), ['create', 'destroy', 'list', 'assign', 'unassign', 'list-assigned'])
})

story('XEP-0317: what cannot be is refused, and nothing changes', async (cast) => {
  const alice = await open(cast, STAYS)
  const bob = await enter(cast, 'bob', 'Bob')
  alice.take()
  const refusal = async (one: StoryClient, order: string, type: string, condition: string): Promise<void> => {
    one.send(order)
    await one.expect(error('iq', `id='h' from='${ROOM}'`, type, condition))
  }
  for (const name of ['create', 'destroy', 'assign', 'unassign']) await refusal(bob, execute(name), 'auth', 'forbidden')
  await refusal(bob, make('Speaker'), 'auth', 'forbidden')
  await refusal(alice, execute('dance'), 'cancel', 'item-not-found')
  await refusal(alice, give('bob@a.example'), 'cancel', 'item-not-found')
  for (const order of [
    make(''),
    make('x'.repeat(101)),
    make('x', '361'),
    make('x', 'red'),
    make('x', '', 'no uri'),
    make('x', '', 'a:b c'),
  ])
    await refusal(alice, order, 'modify', 'bad-request')
  await refusal(alice, give('a.example'), 'modify', 'bad-request')
})

storyOn('memory')(
  'XEP-0317, ROOM-84: a hat that was given holds after a crash, and those are told who had not seen it',
  UNASKED,
  async (cast) => {
    const alice = await open(cast, STAYS)
    const bob = await enter(cast, 'bob', 'Bob')
    const id = await enable(bob)
    bob.drop()
    cast.pass(5000)
    await cast.settle()
    await cast.server.server.checkpoints.write()
    alice.send(make('Speaker'), give('bob@a.example'))
    await cast.forget()
    const next = new Cast(await cast.server.crash(UNASKED))
    cast.cut()
    cast.atEnd(() => next.end())
    await next.settle()
    const again = await comeBack(next, bob, id, 0, 0)
    await again.expect(worn('Bob', jidOf(again) + codes(110), hat('Speaker')))
    const carol = await next.client('carol', '1')
    carol.send(join('Carol'))
    await next.settle()
    const seen = carol.take().map((xml) => xml.show())
    assert.ok(
      seen.some((text) => text.includes(`${ROOM}/Bob`) && text.includes('Speaker')),
      seen.join('\n'),
    )
  },
)
