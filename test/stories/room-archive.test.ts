/** XEP-0313 in rooms: who may read what was said, page by page. */
import assert from 'node:assert/strict'
import { story, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import type { Xml } from '../support/xml-reader.ts'

const ROOM = 'den@conference.a.example'
const MUC = 'http://jabber.org/protocol/muc'
const MAM = 'urn:xmpp:mam:2'

const join = (nick: string): string => `<presence to='${ROOM}/${nick}'><x xmlns='${MUC}'/></presence>`
const form = (fields: string): string => `<x xmlns='jabber:x:data' type='submit'>${fields}</x>`
const field = (name: string, ...values: readonly string[]): string =>
  `<field var='${name}'>${values.map((value) => `<value>${value}</value>`).join('')}</field>`
const page = (inside: string): string => `<set xmlns='http://jabber.org/protocol/rsm'>${inside}</set>`
const configure = (fields: string): string =>
  `<iq type='set' id='c' to='${ROOM}'><query xmlns='${MUC}#owner'>${form(fields)}</query></iq>`
const say = (text: string): string => `<message type='groupchat' id='${text}' to='${ROOM}'><body>${text}</body></message>`

/** Alice and Bob have said '1' to '5' in turn. */
async function talked(cast: Cast): Promise<{ readonly alice: StoryClient; readonly bob: StoryClient }> {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  alice.send(join('Alice'), configure(''))
  await cast.settle()
  bob.send(join('Bob'))
  await cast.settle()
  for (const [i, who] of [alice, bob, alice, bob, alice].entries()) {
    who.send(say(String(i + 1)))
    await cast.settle()
  }
  await cast.forget()
  return { alice, bob }
}
/** What a query finds: the bodies, how it ended, and the ids. */
async function found(cast: Cast, who: StoryClient, inside: string) {
  who.send(`<iq type='set' id='q' to='${ROOM}'><query xmlns='${MAM}' queryid='f'>${inside}</query></iq>`)
  await cast.settle()
  const got = who.take()
  const results = got.flatMap((xml) => xml.child('result') ?? [])
  const iq = got.find((xml) => xml.name === 'iq')!
  for (const result of results) assert.equal(result.attr('queryid'), 'f')
  const message = (result: Xml): Xml => result.child('forwarded')!.child('message')!
  return {
    said: results.map((result) => message(result).child('body')?.text ?? 'subject').join(''),
    authors: results
      .map((result) =>
        message(result)
          .attr('from')!
          .slice(ROOM.length + 1),
      )
      .join(' '),
    ids: results.map((result) => result.attr('id')!),
    count: iq.child('fin')?.child('set')?.child('count')?.text,
    end: iq.attr('type') === 'error' ? iq.child('error')!.elements[0]!.name : (iq.child('fin')!.attr('complete') ?? 'more'),
  }
}

story('MAM-30 to MAM-34: pages forwards and backwards, by nickname, by ids, flipped', async (cast) => {
  const { alice, bob } = await talked(cast)
  const all = await found(cast, bob, '')
  assert.deepEqual([all.said, all.authors, all.end], ['12345', 'Alice Bob Alice Bob Alice', 'true'])
  const ask = async (inside: string): Promise<string> => {
    const { said, end } = await found(cast, bob, inside)
    return `${said} ${end}`
  }
  assert.equal(await ask(page('<max>2</max>')), '12 more')
  assert.equal(await ask(page(`<max>2</max><after>${all.ids[1]!}</after>`)), '34 more')
  assert.equal(await ask(page(`<max>2</max><after>${all.ids[3]!}</after>`)), '5 true')
  assert.equal(await ask(page('<max>2</max><before/>')), '45 more')
  assert.equal(await ask(page(`<max>3</max><before>${all.ids[2]!}</before>`)), '12 true')
  assert.equal((await found(cast, bob, page('<max>0</max>'))).count, '5')
  assert.equal(await ask(form(field('with', `${ROOM}/Bob`))), '24 true')
  assert.equal(await ask(form(field('after-id', all.ids[0]!) + field('before-id', all.ids[4]!))), '234 true')
  assert.equal(await ask(form(field('ids', all.ids[3]!, all.ids[0]!))), '14 true')
  assert.equal(await ask(`<flip-page/>${page('<max>2</max>')}`), '21 more')
  assert.equal(await ask(page('<after>nothing</after>')), ' item-not-found')
  assert.equal(await ask(form(field('colour', 'red'))), ' feature-not-implemented')
  assert.equal(await ask(form(field('start', 'yesterday'))), ' bad-request')
  assert.equal(await ask(form(field('with', alice.bare))), ' forbidden')
  assert.equal((await found(cast, alice, form(field('with', bob.bare)))).said, '24')
})

story('ROOM-113: the archive is for those who could enter', async (cast) => {
  const { alice } = await talked(cast)
  const eve = await cast.client('eve', '1')
  assert.equal((await found(cast, eve, '')).said, '12345')
  alice.send(configure(field('muc#roomconfig_membersonly', '1')))
  await cast.forget()
  assert.equal((await found(cast, eve, '')).end, 'forbidden')
  alice.send(configure(field('muc#roomconfig_enablearchiving', '0')))
  await cast.forget()
  assert.equal((await found(cast, alice, '')).end, 'service-unavailable')
  await cast.forget()
})

const RETRACT = 'urn:xmpp:message-retract:1'
const MODERATE = 'urn:xmpp:message-moderate:1'

story('T-M29, ROOM-114: what is taken back is gone from the archive, and all are told', async (cast) => {
  const { alice, bob } = await talked(cast)
  const { ids } = await found(cast, bob, '')
  bob.send(`<message type='groupchat' id='r' to='${ROOM}'><retract xmlns='${RETRACT}' id='${ids[0]!}'/></message>`)
  assert.equal((await bob.expect('<message type="error" id="r">*</message>')).child('error')!.elements[0]!.name, 'forbidden')
  bob.send(`<message type='groupchat' id='s' to='${ROOM}'><retract xmlns='${RETRACT}' id='${ids[1]!}'/></message>`)
  for (const who of [alice, bob]) {
    const told = await who.expect(`<message type='groupchat' id='s' from='${ROOM}/Bob'>*</message>`)
    assert.equal(told.child('retract')!.attr('id'), ids[1])
  }
  const moderate = (id: string): string =>
    `<iq type='set' id='t' to='${ROOM}'><moderate xmlns='${MODERATE}' id='${id}'><retract xmlns='${RETRACT}'/><reason>spam</reason></moderate></iq>`
  bob.send(moderate(ids[2]!))
  assert.equal((await bob.expect('<iq type="error" id="t">*</iq>')).child('error')!.elements[0]!.name, 'forbidden')
  alice.send(moderate('nothing'))
  assert.equal((await alice.expect('<iq type="error" id="t">*</iq>')).child('error')!.elements[0]!.name, 'item-not-found')
  alice.send(moderate(ids[3]!))
  for (const who of [alice, bob]) {
    const told = await who.expect(`<message type='groupchat' from='${ROOM}'>*</message>`)
    assert.equal(told.child('retract')!.child('moderated')!.attr('by'), `${ROOM}/Alice`)
  }
  await alice.expect("<iq type='result' id='t'/>")
  bob.send(`<iq type='set' id='q' to='${ROOM}'><query xmlns='${MAM}'/></iq>`)
  await cast.settle()
  const texts = bob.take().flatMap((xml) => xml.child('result')?.child('forwarded')?.child('message') ?? [])
  const shown = texts.map(
    (message) => message.child('body')?.text ?? message.child('retracted')?.name ?? message.child('retract')!.name,
  )
  assert.deepEqual(shown, ['1', 'retracted', '3', 'retracted', '5', 'retract', 'retract'])
  const carol = await cast.client('carol', '1')
  carol.send(join('Carol'))
  await cast.settle()
  const history = carol.take().filter((xml) => xml.name === 'message' && xml.child('delay') !== undefined)
  assert.deepEqual(
    history.map((xml) => xml.child('body')?.text ?? 'tombstone'),
    ['1', 'tombstone', '3', 'tombstone', '5'],
  )
  await cast.forget()
})
