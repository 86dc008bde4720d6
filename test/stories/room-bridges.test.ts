/** Programs with users of their own in rooms (XEP-0114 and XEP-0045): bridges to other networks, and rooms that they serve. */
import assert from 'node:assert/strict'
import { ASKING, answer, isQuestion } from '../support/annotations.ts'
import { componentsOf, type Backstage, type ComponentClient } from '../support/component.ts'
import { story, type Cast, type Transport } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import type { Xml } from '../support/xml-reader.ts'

const GATEWAY = 'irc.a.example'
const SERVICE = 'conference.a.example'
const ROOM = `den@${SERVICE}`
const MUC = 'http://jabber.org/protocol/muc'
const PUPPETS = ['one', 'two', 'three']
const inMemory = { on: ['memory'] as const satisfies readonly Transport[] }
const UNLOCK = `<iq type='set' id='u' to='${ROOM}'><query xmlns='${MUC}#owner'><x xmlns='jabber:x:data' type='submit'/></query></iq>`

const puppetOf = (name: string): string => `${name}@${GATEWAY}/irc`
const join = (name: string): string =>
  `<presence from='${puppetOf(name)}' to='${ROOM}/${name}'><x xmlns='${MUC}'><history maxstanzas='0'/></x></presence>`
const line = (xml: Xml): string =>
  [xml.name, xml.attr('type') ?? '', (xml.attr('from') ?? '').replace(ROOM, ''), doubtIn(xml)].join(' ').trim()
function doubtIn(xml: Xml): string {
  const annotation = xml.child('state-annotation')
  if (annotation === undefined) return ''
  assert.equal(annotation.attr('from'), SERVICE)
  return annotation.elements.map(({ name }) => name).join() || 'certain'
}

interface Scene {
  readonly backstage: Backstage
  readonly bridge: ComponentClient
  readonly alice: StoryClient
}
/** Alice, who asks for annotations, has a room, and a bridge brings three people into it. */
async function open(cast: Cast): Promise<Scene> {
  const backstage = await componentsOf(cast, GATEWAY)
  const bridge = await backstage.connected()
  const alice = await cast.client('alice', '1')
  alice.send(`<presence to='${ROOM}/Alice'>${ASKING.c}<x xmlns='${MUC}'/></presence>`, UNLOCK)
  await cast.settle()
  const question = alice.take().find(isQuestion)
  answer(alice, question!, ASKING.query)
  for (const name of PUPPETS) bridge.send(join(name))
  await cast.settle()
  assert.deepEqual(
    alice.take().map(line),
    PUPPETS.map((name) => `presence  /${name}`),
  )
  await heardBy(bridge, cast)
  return { backstage, bridge, alice }
}
/** What the bridge has received. */
async function heardBy({ wire }: ComponentClient, cast: Cast): Promise<readonly Xml[]> {
  await cast.settle()
  const all: Xml[] = []
  for (;;) {
    const next = wire.arrived.shift()
    if (next === undefined) return all
    if (next.kind === 'element') all.push(next.xml)
  }
}

story(
  'a bridge with puppets: each is an occupant, is sent everything for itself, and hears no real address',
  inMemory,
  async (cast) => {
    const { bridge, alice } = await open(cast)
    bridge.send(`<message from='${puppetOf('one')}' to='${ROOM}' type='groupchat' id='m1'><body>hello</body></message>`)
    const heard = await heardBy(bridge, cast)
    assert.deepEqual(
      heard.map((xml) => `${xml.attr('to')} ${line(xml)}`).toSorted(),
      PUPPETS.map((name) => `${puppetOf(name)} message groupchat /one`).toSorted(),
    )
    assert.deepEqual(alice.take().map(line), ['message groupchat /one'])
    alice.send(`<message to='${ROOM}/two' type='chat' id='p'><body>psst</body></message>`)
    const [whisper, ...more] = await heardBy(bridge, cast)
    assert.deepEqual([whisper!.attr('to'), line(whisper!), more], [puppetOf('two'), 'message chat /Alice', []])
    assert(!heard.concat(whisper!).some((xml) => xml.show().includes(alice.bare)))
    bridge.send(`<presence type='unavailable' from='${puppetOf('one')}' to='${ROOM}/one'/>`)
    await cast.settle()
    assert.deepEqual(alice.take().map(line), ['presence unavailable /one'])
    bridge.send(`<iq type='get' id='i' from='${puppetOf('one')}' to='${ROOM}/two'><ping xmlns='urn:xmpp:ping'/></iq>`)
    const refusal = (await heardBy(bridge, cast)).find((xml) => xml.name === 'iq')!
    assert.notEqual(refusal.child('error')?.child('not-acceptable'), undefined)
  },
)

story(
  'ROOM-130, ROOM-137: a bridge that is lost leaves its people in doubt; who is there when it is back stays',
  inMemory,
  async (cast) => {
    const { backstage, bridge, alice } = await open(cast)
    bridge.wire.link.drop()
    await cast.advance(40_000)
    assert.deepEqual(alice.take().map(line).toSorted(), PUPPETS.map((name) => `presence  /${name} server-unavailable`).toSorted())
    const again = await backstage.connected()
    await cast.advance(3000)
    const asked = (await heardBy(again, cast)).filter((xml) => xml.child('ping') !== undefined && xml.attr('to')!.includes('@'))
    assert.deepEqual(asked.map((xml) => xml.attr('to')).toSorted(), PUPPETS.map(puppetOf).toSorted())
    for (const xml of asked) {
      const isThere = xml.attr('to') !== puppetOf('three')
      const inside = isThere ? '' : `<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`
      const type = isThere ? 'result' : 'error'
      again.send(`<iq type='${type}' id='${xml.attr('id')!}' from='${xml.attr('to')!}' to='${xml.attr('from')!}'>${inside}</iq>`)
    }
    await cast.settle()
    assert.deepEqual(alice.take().map(line).toSorted(), [
      'presence  /one certain',
      'presence  /two certain',
      'presence unavailable /three',
    ])
  },
)

story('ROOM-138: a bridge that does not come back: its people have left after a while', inMemory, async (cast) => {
  const { bridge, alice } = await open(cast)
  bridge.wire.link.drop()
  await cast.advance(40_000 + 5 * 60_000)
  const gone = alice.take().filter((xml) => xml.attr('type') === 'unavailable')
  assert.deepEqual(gone.map(line).toSorted(), PUPPETS.map((name) => `presence unavailable /${name}`).toSorted())
  assert(gone.every((xml) => xml.child('x')!.elements.some((e) => e.attr('code') === '333')))
})

story('rooms of a program, at conference. and a domain that is not ours', inMemory, async (cast) => {
  const domain = 'conference.b.example'
  const rooms = await (await componentsOf(cast, domain)).connected()
  const alice = await cast.client('alice', '1')
  alice.send(`<presence to='den@${domain}/Alice'><x xmlns='${MUC}'/></presence>`)
  await cast.settle()
  assert.deepEqual(
    (await heardBy(rooms, cast)).map((xml) => [xml.attr('from'), xml.attr('to')]),
    [[alice.jid, `den@${domain}/Alice`]],
  )
  const own = `<x xmlns='${MUC}#user'><item affiliation='owner' role='moderator'/><status code='110'/></x>`
  rooms.send(`<presence from='den@${domain}/Alice' to='${alice.jid}'>${own}</presence>`)
  await alice.expect(`<presence from='den@${domain}/Alice'>${own}</presence>`)
})
