/** Styled texts, and whom they speak to, between Matrix clients and XMPP clients (MXR-62, MXR-72). */
import assert from 'node:assert/strict'
import { matrixIn, type MatrixClient } from '../support/matrix-client.ts'
import { enter, field, open, ROOM, say } from '../support/rooms.ts'
import { storyOn, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import type { Xml } from '../support/xml-reader.ts'

const OPTIONS = { 'enabled': true, 'logins-per-minute': 0, 'rooms-per-hour': 0, 'joins-per-minute': 0, 'sends-per-second': 0 }
const story = (name: string, script: (cast: Cast) => Promise<void>): void =>
  storyOn('memory')(name, { settings: { matrix: OPTIONS } }, async (cast) => {
    await script(cast)
    await cast.forget()
  })
const inRoom = (id: string, rest: string): string => `/v3/rooms/${encodeURIComponent(id)}/${rest}`
let transactions = 0
const send = (client: MatrixClient, id: string, content: object): Promise<{ event_id: string }> =>
  client.good('PUT', inRoom(id, `send/m.room.message/t${++transactions}`), { msgtype: 'm.text', ...content })

async function both(cast: Cast, whois: string) {
  await open(cast, field('muc#roomconfig_persistentroom', '1') + field('muc#roomconfig_whois', whois))
  const gus = await enter(cast, 'gus', 'Gus')
  await cast.server.account('eve')
  const eve = await matrixIn(cast.server)().login('eve')
  await eve.good('PUT', '/v3/profile/%40eve%3Aa.example/displayname', { displayname: 'Evie' })
  const { room_id: id } = await eve.good('POST', '/v3/join/%23den%3Aa.example')
  await cast.forget()
  return { gus, eve, id }
}
async function heard(cast: Cast, client: StoryClient): Promise<Xml> {
  await cast.settle()
  return client.take().find(({ name }) => name === 'message')!
}
const last = async (client: MatrixClient, id: string) => (await client.get(inRoom(id, 'messages?dir=b&limit=1'))).chunk[0].content

story('MXR-62: what is styled on one face is styled on the other', async (cast) => {
  const { gus, eve, id } = await both(cast, 'anyone')
  const html = { format: 'org.matrix.custom.html', formatted_body: 'see <strong>this</strong><br><blockquote>old</blockquote>' }
  await send(eve, id, { body: 'see this', ...html })
  assert.equal((await heard(cast, gus)).child('body')!.text, 'see *this*\n> old')
  assert.deepEqual(await last(eve, id), { msgtype: 'm.text', body: 'see this', ...html }, 'Matrix reads what was sent')
  await send(eve, id, { body: 'five *star* hotel' })
  const plain = await heard(cast, gus)
  assert.deepEqual([plain.child('body')!.text, plain.child('unstyled') !== undefined], ['five *star* hotel', true])
  assert.deepEqual(await last(eve, id), { msgtype: 'm.text', body: 'five *star* hotel' })

  gus.send(say('a *strong* <x'.replace('<', '&lt;')))
  await cast.forget()
  assert.deepEqual(await last(eve, id), {
    msgtype: 'm.text',
    body: 'a *strong* <x',
    format: 'org.matrix.custom.html',
    formatted_body: 'a <strong>strong</strong> &lt;x',
  })
  gus.send(say('a *star*', `<unstyled xmlns='urn:xmpp:styling:0'/>`))
  await cast.forget()
  assert.deepEqual(await last(eve, id), { msgtype: 'm.text', body: 'a *star*' })
})

for (const whois of ['anyone', 'moderators'])
  story(`MXR-72: whom a text speaks to, where real addresses are for ${whois}`, async (cast) => {
    const { gus, eve, id } = await both(cast, whois)
    const { chunk } = await eve.get(inRoom(id, 'members'))
    const gusId = chunk.find(({ content }: { content: { displayname: string } }) => content.displayname === 'Gus').state_key
    assert.equal(gusId.startsWith('@_occ_'), whois === 'moderators')
    await send(eve, id, { 'body': 'hi 🐢 Gus!', 'm.mentions': { user_ids: [gusId, '@nobody:a.example'] } })
    const message = await heard(cast, gus)
    const [mark, ...more] = message.elements.filter(({ name }) => name === 'reference')
    assert.deepEqual(
      ['type', 'begin', 'end', 'uri'].map((key) => mark!.attr(key)),
      ['mention', '5', '8', `xmpp:${ROOM}/Gus`],
    )
    assert.deepEqual(more, [])
    const reference = `<reference xmlns='urn:xmpp:reference:0' type='mention' begin='0' end='1' uri='xmpp:${ROOM}/Evie'/>`
    for (const [text, more, mentions] of [
      ['Evie: hello', '', [eve.userId]],
      ['hello @Evie.', '', [eve.userId]],
      ['hello', reference, [eve.userId]],
      ['evie, you and others', '', [eve.userId]],
      ['Evie is here', '', undefined],
      ['mail@Evie', '', undefined],
    ] as const) {
      gus.send(say(text, more))
      await cast.forget()
      assert.deepEqual((await last(eve, id))['m.mentions']?.user_ids, mentions, text)
    }
    const { rooms } = await eve.get('/v3/sync')
    assert.deepEqual(rooms.join[id].unread_notifications, { notification_count: 6, highlight_count: 4 })
  })
