/** XEP-0045 as owners, admins and those see it who are let in or invited: what is asked is answered, and once. */
import assert from 'node:assert/strict'
import {
  ADMIN,
  codes,
  done,
  enter,
  error,
  jidOf,
  MUC,
  occupant,
  open,
  OWNER,
  ROOM,
  SERVICE,
  STEP,
  USER,
  join,
  admin,
} from '../support/rooms.ts'
import { PSA } from '../../src/xmpp/state-annotation.ts'
import { story } from '../support/story.ts'
import type { Xml } from '../support/xml-reader.ts'

const textOf = (xml: Xml): string => xml.show()
const configure = (inside: string, type = 'submit'): string =>
  `<iq type='set' id='a' to='${ROOM}'><query xmlns='${OWNER}'><x xmlns='jabber:x:data' type='${type}'>${inside}</x></query></iq>`
const field = (name: string, ...values: readonly string[]): string =>
  `<field var='muc#roomconfig_${name}'>${values.map((value) => `<value>${value}</value>`).join('')}</field>`

story('ROOM-92: a form that is cancelled changes nothing, and is answered', async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  await cast.forget()
  alice.send(configure('', 'cancel'))
  await alice.expect(done)
  bob.send(configure('', 'cancel'))
  await bob.expect(error('iq', `id='a' from='${ROOM}'`, 'auth', 'forbidden'))
})

story('ROOM-92: a field that takes one value refuses two, and nobody is thrown out', async (cast) => {
  const alice = await open(cast)
  await enter(cast, 'bob', 'Bob')
  await cast.forget()
  alice.send(configure(field('membersonly', '1', '0')))
  await alice.expect(error('iq', `id='a' from='${ROOM}'`, 'modify', 'not-acceptable'))
})

story('ROOM-28: an admin reserves a nickname, and takes it back', async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  await cast.forget()
  const item = (nick: string): string => `<item jid='carol@a.example' affiliation='member' nick='${nick}'/>`
  alice.send(admin(item('Carol')))
  await cast.settle()
  await cast.forget()
  const list = admin(`<item affiliation='member'/>`, 'get')
  const listed = (nick: string): string =>
    `<iq type='result' id='a' from='${ROOM}'><query xmlns='${ADMIN}'><item affiliation='member' jid='carol@a.example'${nick}/></query></iq>`
  alice.send(list)
  await alice.expect(listed(` nick='Carol'`))
  bob.send(`<presence to='${ROOM}/Carol'/>`)
  await bob.expect(error('presence', `from='${ROOM}/Carol'`, 'cancel', 'conflict'))
  alice.send(admin(`<item jid='bob@a.example' affiliation='member' nick='carol'/>`))
  await alice.expect(error('iq', `id='a' from='${ROOM}'`, 'cancel', 'conflict'))
  alice.send(admin(item('')))
  await cast.settle()
  await cast.forget()
  alice.send(list)
  await alice.expect(listed(''))
})

story('ROOM-104: without its form nobody is registered', async (cast) => {
  await open(cast)
  const bob = await cast.client('bob', '1')
  bob.send(`<iq type='set' id='a' to='${ROOM}'><query xmlns='jabber:iq:register'><username>Bob</username></query></iq>`)
  await bob.expect(error('iq', `id='a' from='${ROOM}'`, 'modify', 'bad-request'))
})

story('ROOM-106, ROOM-107: a new member is invited once, and told what continues', async (cast) => {
  const alice = await open(cast)
  alice.send(configure(field('membersonly', '1')))
  await cast.settle()
  const bob = await cast.client('bob', '1')
  await cast.forget()
  alice.send(
    `<message id='i' to='${ROOM}'><x xmlns='${USER}'><invite to='bob@a.example'><continue thread='t'/></invite></x></message>`,
  )
  await cast.settle()
  await alice.expect(
    `<message from='${ROOM}'><x xmlns='${USER}'><item affiliation='member' role='none'${jidOf(bob).replace('/1', '')}${STEP}</x></message>`,
  )
  const told = bob.take().map(textOf)
  assert.equal(told.filter((text) => text.includes('<invite')).length, 1)
  assert.match(told.join(), /<continue thread='t'\/>/)
  assert.match(told.join(), /jabber:x:conference' continue='true' .*thread='t'/)
})

story('ROOM-46: a room says which program it is to everybody, and what it can do', async (cast) => {
  await open(cast)
  const bob = await cast.client('bob', '1')
  const ask = (ns: string, to = ROOM): string => `<iq type='get' id='v' to='${to}'><query xmlns='${ns}'/></iq>`
  for (const to of [ROOM, SERVICE]) {
    const answer = await bob.ask(ask('jabber:iq:version', to))
    assert.equal(answer.elements[0]!.child('name')?.text, 'Porchlight')
    const info = await bob.ask(ask('http://jabber.org/protocol/disco#info', to))
    const features = info.elements[0]!.elements.map((e) => e.attr('var'))
    for (const feature of ['jabber:iq:version', PSA, 'urn:xmpp:ping'])
      assert.ok(features.includes(feature), `${feature} of ${to}`)
  }
  bob.send(ask('jabber:iq:version', `nowhere@${SERVICE}`))
  await bob.expect(
    error('iq', `id='v' from='nowhere@${SERVICE}'`, 'cancel', 'item-not-found').replace(
      `by='${ROOM}'`,
      `by='nowhere@${SERVICE}'`,
    ),
  )
})

story('ROOM-58: who is in a room that has got a password is told everything again without it', async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  alice.send(configure(field('passwordprotectedroom', '1') + field('roomsecret', 's')))
  await cast.settle()
  await cast.forget()
  bob.send(join('Bob'))
  await bob.expect(occupant('Alice', 'owner', 'moderator', '/>'))
  await bob.expect(occupant('Bob', 'none', 'participant', jidOf(bob) + codes(110), `id='j'`))
  await cast.forget()
  const carol = await cast.client('carol', '1')
  carol.send(join('Carol'))
  await carol.expect(
    error('presence', `id='j' from='${ROOM}/Carol'`, 'auth', 'not-authorized').replace('<error', `<x xmlns='${MUC}'/><error`),
  )
})

story('ROOM-56: a second client with the same presence is shown to those alone who see real addresses', async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  const carol = await enter(cast, 'carol', 'Carol')
  await cast.forget()
  const second = await cast.client('bob', '2')
  second.send(join('Bob'))
  const shown = occupant('Bob', 'none', 'participant', jidOf(second))
  await alice.expect(shown)
  await cast.settle()
  assert.deepEqual(carol.take(), [])
  assert.equal(bob.take().length, 1, 'the client that was there is told')
  const told = second.take().map(textOf)
  assert.deepEqual(told.map((text) => /(?:from=.*\/(Alice|Carol|Bob)'|<subject)/.exec(text)?.[1] ?? 'subject').toSorted(), [
    'Alice',
    'Bob',
    'Carol',
    'subject',
  ])
  assert.match(told.at(-2)!, /code='110'/, 'its own presence comes behind those of the others (ROOM-53)')
})

story('ROOM-62, ROOM-110: the subject says who has set it', async (cast) => {
  const alice = await open(cast)
  alice.send(`<message type='groupchat' id='s' to='${ROOM}'><subject>Tea</subject></message>`)
  await cast.settle()
  await cast.forget()
  const bob = await cast.client('bob', '1')
  bob.send(join('Bob'))
  await alice.expect(occupant('Bob', 'none', 'participant', jidOf(bob)))
  await cast.settle()
  const subject = bob
    .take()
    .map(textOf)
    .find((text) => text.includes('<subject'))
  assert.match(subject!, /Tea.*<occupant-id [^>]*id='[^']+'/)
})
