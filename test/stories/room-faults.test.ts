/** XEP-0045, 0424, 0425: what rooms got wrong when somebody looked for it. */
import assert from 'node:assert/strict'
import { answer, ASKING, asking, comeBack, isQuestion, lose, PSA } from '../support/annotations.ts'
import {
  ADMIN,
  configure,
  done,
  enter,
  error,
  exit,
  field,
  ID,
  join,
  MUC,
  open,
  OWNER,
  ROOM,
  said,
  say,
  SERVICE,
  told,
  USER,
} from '../support/rooms.ts'
import type { StoryClient } from '../support/story-client.ts'
import { story, type Cast } from '../support/story.ts'
import type { Pattern } from '../support/xml-pattern.ts'

const MAM = 'urn:xmpp:mam:2'
const RETRACT = 'urn:xmpp:message-retract:1'
const STANZA_ID = `<stanza-id xmlns='urn:xmpp:sid:0' id='*' by='${ROOM}'/>`
const groupchat = (inside: string, id = 'm'): string => `<message type='groupchat' id='${id}' to='${ROOM}'>${inside}</message>`
const reflected = (nick: string, inside: string, id = 'm'): Pattern =>
  `<message type='groupchat' id='${id}' from='${ROOM}/${nick}'>${inside}${ID}${STANZA_ID}</message>`
const retract = (id: string): string => `<retract xmlns='${RETRACT}' id='${id}'/>`
const retractOld = (id: string): string =>
  `<apply-to xmlns='urn:xmpp:fasten:0' id='${id}'><retract xmlns='urn:xmpp:message-retract:0'/></apply-to>`
const moderate = (id: string): string =>
  `<iq type='set' id='a' to='${ROOM}'><moderate xmlns='urn:xmpp:message-moderate:1' id='${id}'><retract xmlns='${RETRACT}'/></moderate></iq>`

/** What the archive of the room has. */
async function archived(cast: Cast, who: StoryClient) {
  who.send(`<iq type='set' id='q' to='${ROOM}'><query xmlns='${MAM}'/></iq>`)
  await cast.settle()
  return who.take().flatMap((xml) => xml.child('result')?.child('forwarded')?.child('message') ?? [])
}
/** Somebody says it, all hear it, and nobody remembers it. @returns its id in the archive */
async function speak(cast: Cast, who: StoryClient, inside: string): Promise<string> {
  who.send(groupchat(inside))
  await cast.settle()
  const live = who.take().find((xml) => xml.name === 'message')
  await cast.forget()
  return live!.child('stanza-id')!.attr('id')!
}

story('ROOM-63: an id is the same, live, in the history and in the archive, whatever signs are in it', async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  alice.take()
  const id = 'a&amp;b&lt;c&apos;d&quot;e&#10;f'
  alice.send(groupchat('<body>1</body>', id), groupchat('<subject>2</subject>', id))
  for (const who of [alice, bob]) {
    await who.expect(reflected('Alice', '<body>1</body>', id))
    await who.expect(reflected('Alice', '<subject>2</subject>', id))
  }
  const plain = `a&b<c'd"e\nf`
  const kept = await archived(cast, bob)
  assert.deepEqual(
    kept.map((xml) => xml.attr('id')),
    [plain, plain],
  )
  const carol = await cast.client('carol', '1')
  carol.send(join('Carol'))
  await cast.settle()
  const history = carol.take().find((xml) => xml.child('body') !== undefined)!
  assert.equal(history.attr('id'), plain)
  await cast.forget()
})

story('ROOM-114: a message takes back one message, in one form or the other', async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  const [hers, his, hisOther] = [
    await speak(cast, alice, '<body>hers</body>'),
    await speak(cast, bob, '<body>his</body>'),
    await speak(cast, bob, '<body>his other</body>'),
  ]
  for (const both of [
    retract(his) + retract(hers),
    retract(hers) + retract(his),
    retract(his) + retractOld(hers),
    '<retract xmlns="urn:xmpp:message-retract:1"/>',
  ]) {
    bob.send(groupchat(both))
    await bob.expect(error('message', `id='m' from='${ROOM}'`, 'modify', 'bad-request'))
  }
  bob.send(groupchat(retractOld(hers)))
  await bob.expect(error('message', `id='m' from='${ROOM}'`, 'auth', 'forbidden'))
  for (const own of [retract(his), retractOld(hisOther)]) {
    bob.send(groupchat(own))
    for (const who of [alice, bob]) await who.expect(reflected('Bob', own))
  }
  const left = (await archived(cast, alice)).map((xml) => xml.child('body')?.text ?? xml.elements[0]!.name)
  assert.deepEqual(left, ['hers', 'retracted', 'retracted', 'retract', 'apply-to'])
})

story('ROOM-67: a subject does not come in by a message that takes something back', async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  const his = await speak(cast, bob, '<body>his</body>')
  bob.send(groupchat(`<subject>mine</subject>${retract(his)}`))
  await bob.expect(error('message', `id='m' from='${ROOM}'`, 'modify', 'bad-request'))
  void alice
})

story('T-M29: a subject that is taken back is the subject no more', async (cast) => {
  const alice = await open(cast)
  const [bad, good] = [await speak(cast, alice, '<subject>bad</subject>'), await speak(cast, alice, '<subject>good</subject>')]
  const bob = await enter(cast, 'bob', 'Bob')
  alice.take()
  const gone = (id: string): Pattern =>
    `<message type='groupchat' id='*' from='${ROOM}'><retract xmlns='${RETRACT}' id='${id}'>*</retract>*</message>`
  alice.send(moderate(bad))
  for (const who of [alice, bob]) await who.expect(gone(bad))
  await alice.expect(done)
  alice.send(moderate(good))
  for (const who of [alice, bob]) {
    await who.expect(gone(good))
    await who.expect(`<message type='groupchat' id='*' from='${ROOM}'><subject/>${STANZA_ID}</message>`)
  }
  await alice.expect(done)
  const carol = await cast.client('carol', '1')
  carol.send(join('Carol', `<history maxstanzas='0'/>`))
  await cast.settle()
  const subject = carol.take().find((xml) => xml.name === 'message')
  assert.equal(subject!.child('subject')!.text, '')
  await cast.forget()
})

story('ROOM-114, ROOM-160: who is no moderator may not moderate, in the room or not', async (cast) => {
  const alice = await open(cast)
  const hers = await speak(cast, alice, '<body>hers</body>')
  const eve = await cast.client('eve', '1')
  eve.send(moderate(hers), moderate('nothing'))
  for (let i = 0; i < 2; i++) await eve.expect(error('iq', `id='a' from='${ROOM}'`, 'auth', 'forbidden'))
})

story('ROOM-44, ROOM-63: a room that nobody has configured yet is not there for others', async (cast) => {
  const alice = await cast.client('alice', '1')
  alice.send(join('Alice'))
  await cast.forget()
  const eve = await cast.client('eve', '1')
  const iq = (type: string, inside: string): string => `<iq type='${type}' id='a' to='${ROOM}'>${inside}</iq>`
  const asked = [
    iq('get', `<query xmlns='jabber:iq:register'/>`),
    iq('set', `<query xmlns='jabber:iq:register'><remove/></query>`),
    iq('get', `<query xmlns='${ADMIN}'><item affiliation='owner'/></query>`),
    iq('set', `<query xmlns='${ADMIN}'><item affiliation='none' nick='Alice'/></query>`),
    iq('get', `<query xmlns='${OWNER}'/>`),
    iq('set', `<query xmlns='${OWNER}'><destroy/></query>`),
    iq('set', `<query xmlns='${MAM}'/>`),
    iq('get', `<ping xmlns='urn:xmpp:ping'/>`),
    moderate('x'),
  ]
  for (const one of asked) {
    eve.send(one)
    await eve.expect(error('iq', `id='a' from='${ROOM}'`, 'cancel', 'item-not-found'))
  }
  const form = (type: string): string =>
    `<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>${MUC}#request</value></field><field var='muc#role'><value>${type}</value></field></x>`
  const messages = [say('hi'), groupchat(retract('x')), `<message id='m' to='${ROOM}'>${form('participant')}</message>`]
  for (const one of messages) {
    eve.send(one)
    await eve.expect(error('message', `id='m' from='${ROOM}'`, 'cancel', 'item-not-found'))
  }
  eve.send(`<message type='chat' id='m' to='${ROOM}/Alice'><body>hi</body></message>`)
  await eve.expect(error('message', `id='m' from='${ROOM}/Alice'`, 'cancel', 'item-not-found'))
  alice.send(say('me'))
  await alice.expect(said('Alice', 'me'))
  // But whoever its creator has invited can decline
  const about = (inside: string): string => `<message to='${ROOM}'><x xmlns='${USER}'>${inside}</x></message>`
  alice.send(about(`<invite to='eve@a.example'/>`))
  await eve.expect(`<message id='*' from='${ROOM}'><x xmlns='${USER}'>*</x>*</message>`)
  eve.send(about(`<decline to='alice@a.example'/>`))
  await alice.expect(`<message id='*' from='${ROOM}'><x xmlns='${USER}'><decline from='eve@a.example'/></x></message>`)
})

const PATIENT = {
  settings: { 'stream-management': { 'ask-after': '1 day', 'ask-after-stanzas': 100_000, 'resume-time': '5 minutes' } },
}
/** Somebody whose client asks for annotations is in the room. */
async function watching(cast: Cast, name: string, nick: string): Promise<StoryClient> {
  const client = await asking(cast, name)
  client.send(join(nick, '', ASKING.c))
  await cast.settle()
  const question = client.take().find(isQuestion)
  if (question !== undefined) answer(client, question, ASKING.query)
  await cast.forget()
  return client
}
const shown = (nick: string, attributes: string, more = ''): Pattern =>
  `<presence from='${ROOM}/${nick}'><x xmlns='${USER}'><item ${attributes}/></x>${ID}${more}</presence>`
const VISITING = `affiliation='none' role='participant'`
const annotated = (doubt: string): string =>
  `<state-annotation xmlns='${PSA}' from='${SERVICE}'>${doubt === '' ? '' : `<${doubt}/>`}</state-annotation>`

story(
  'no flap: a client that enters again asks for what it has, and nobody calls that a fault',
  { on: ['memory'] },
  async (cast) => {
    await open(cast)
    await enter(cast, 'bob', 'Bob')
    const carol = await watching(cast, 'carol/1', 'Carol')
    await cast.advance(1000)
    carol.send(join('Carol', '', ASKING.c))
    await cast.settle()
    assert.equal(carol.take().filter((xml) => xml.name === 'presence').length, 3)
    // The log of the server is looked at when the story ends
  },
)

story('no flap: moderators have seen the addresses that a room now shows to all', async (cast) => {
  const alice = await watching(cast, 'alice/1', 'Alice')
  alice.send(configure())
  await cast.forget()
  const bob = await enter(cast, 'bob', 'Bob')
  alice.take()
  alice.send(configure(field('muc#roomconfig_whois', 'anyone'), 'a'))
  await alice.expect(done)
  for (const who of [alice, bob]) await who.expect(told(172))
  await bob.expect(shown('Alice', `affiliation='owner' role='moderator' jid='${alice.jid}'`, ASKING.c))
})

story(
  'ROOM-131, ROOM-135: a change and the doubt that comes with it are one presence',
  { ...PATIENT, on: ['memory'] },
  async (cast) => {
    await open(cast)
    const [carol, dave] = [await watching(cast, 'carol/1', 'Carol'), await enter(cast, 'dave', 'Dave')]
    const bob = await enter(cast, 'bob', 'Bob')
    const id = await lose(cast, bob)
    await cast.advance(3000)
    await carol.expect(shown('Bob', VISITING, annotated('connection-paused')))
    const other = await cast.client('bob', '2')
    other.send(join('Bob', '', '<show>away</show>'))
    await cast.settle()
    const plain = shown('Bob', VISITING, '<show>away</show>')
    for (const who of [carol, dave]) await who.expect(plain)
    await cast.forget()
    other.send(exit('Bob'))
    await carol.expect(shown('Bob', VISITING, annotated('connection-paused')))
    await dave.expect(shown('Bob', VISITING))
    await cast.forget()
    await comeBack(cast, bob, id)
    await carol.expect(shown('Bob', VISITING, annotated('')))
    await cast.forget()
  },
)
