/** MXR-16: searching for people with a Matrix client. */
import assert from 'node:assert/strict'
import { matrixIn, type MatrixClient } from '../support/matrix-client.ts'
import { storyOn, type Cast, type Setting } from '../support/story.ts'

const FREE = { 'enabled': true, 'logins-per-minute': 0, 'rooms-per-hour': 0, 'joins-per-minute': 0, 'searches-per-minute': 0 }
const MATRIX: Setting = { settings: { matrix: FREE } }
const story = (name: string, script: (cast: Cast) => Promise<void>, setting = MATRIX): void =>
  storyOn('memory')(name, setting, async (cast) => {
    await script(cast)
    await cast.forget()
  })
async function matrix(cast: Cast, user: string): Promise<MatrixClient> {
  await cast.server.account(user)
  return matrixIn(cast.server)().login(user)
}
const find = async (client: MatrixClient, term: string, more: object = {}): Promise<readonly string[]> => {
  const { results } = await client.good('POST', '/v3/user_directory/search', { search_term: term, ...more })
  return results.map(({ user_id, display_name }: { user_id: string; display_name?: string }) =>
    `${user_id} ${display_name ?? ''}`.trim(),
  )
}

story('MXR-16: contacts and those in the same rooms are found, by each word of their names; others are not', async (cast) => {
  const [eve, fay] = [await matrix(cast, 'eve'), await matrix(cast, 'fay')]
  await matrix(cast, 'mallory')
  await cast.rosters(['gus', 'eve', 'both'], ['eve', 'gus', 'both'])
  const name = `/v3/profile/${encodeURIComponent(fay.userId)}/displayname`
  await fay.good('PUT', name, { displayname: 'Faye Valentine' })
  assert.deepEqual(await find(eve, 'fay'), [])
  const { room_id: id } = await eve.good('POST', '/v3/createRoom', { preset: 'public_chat', room_alias_name: 'den' })
  await fay.good('POST', `/v3/rooms/${encodeURIComponent(id)}/join`)
  const found = ['@fay:a.example Faye Valentine']
  for (const term of ['fay', 'Valen', 'FAYE V']) assert.deepEqual(await find(eve, term), found, term)
  assert.deepEqual(await find(eve, 'gus'), ['@gus:a.example'])
  assert.deepEqual(await find(eve, 'mallory'), [])
  assert.deepEqual(await find(eve, '@mallory:a.example'), [], 'nobody learns which accounts there are')
  assert.deepEqual(await find(eve, 'eve'), [])
  await cast.advance(17 * 60_000)
  assert.deepEqual(await find(eve, 'fay'), found, 'the room has left memory meanwhile')
})

story('MXR-16: an address of another server is a person to talk with', async (cast) => {
  const eve = await matrix(cast, 'eve')
  assert.deepEqual(await find(eve, 'carol@jabber.example'), ['@_xmpp_carol=40jabber.example:a.example'])
  assert.deepEqual(await find(eve, 'mallory@a.example'), [])
  assert.deepEqual(await find(eve, '   '), [])
  assert.equal(await eve.refused('POST', '/v3/user_directory/search', {}), '400 M_BAD_JSON')
})

story('MXR-25: those in a room that hides addresses are not found by it', async (cast) => {
  const [eve, fay] = [await matrix(cast, 'eve'), await matrix(cast, 'fay')]
  const { room_id: id } = await eve.good('POST', '/v3/createRoom', { preset: 'public_chat', room_alias_name: 'den' })
  await fay.good('POST', `/v3/rooms/${encodeURIComponent(id)}/join`)
  assert.equal((await find(eve, 'fay')).length, 1)
  const gus = await cast.client('eve', '1')
  gus.send(
    `<iq type='set' id='w' to='den@conference.a.example'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'>` +
      `<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>` +
      `<field var='muc#roomconfig_whois'><value>moderators</value></field></x></query></iq>`,
  )
  await cast.settle()
  assert.deepEqual(await find(eve, 'fay'), [])
})

const OPEN: Setting = { settings: { matrix: FREE, search: { default: 'everybody' } } }
story(
  'MXR-16, XEP-0055: who wants to be found is found by the names of the card, but not by those whom they have blocked',
  async (cast) => {
    const eve = await matrix(cast, 'eve')
    const gus = await cast.client('gus', '1')
    gus.send(
      `<iq type='set' id='c'><vCard xmlns='vcard-temp'><FN>Gustav Holst</FN><N><FAMILY>Holst</FAMILY><GIVEN>Gustav</GIVEN></N></vCard></iq>`,
    )
    await cast.settle()
    assert.deepEqual(await find(eve, 'holst'), ['@gus:a.example Gustav Holst'])
    gus.send(`<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='eve@a.example'/></block></iq>`)
    await cast.settle()
    assert.deepEqual(await find(eve, 'holst'), [])
  },
  OPEN,
)
