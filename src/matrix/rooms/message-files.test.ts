import assert from 'node:assert/strict'
import { test } from 'node:test'
import { el } from '../../xml/element.ts'
import { parseElement } from '../../xml/parse.ts'
import { encode } from '../../xml/wire.ts'
import { Payload } from '../../xmpp/packet.ts'
import type { MediaNames } from '../ids/media-id.ts'
import { captionIn, contentOfFile, fileElements, fileOf, hasCaption, sharedIn } from './message-files.ts'

const HERE = 'https://a.example/upload/x/'
const media: MediaNames = {
  mxcOf: (url) => (url.startsWith(HERE) ? { mxc: 'mxc://a.example/m', name: url.slice(HERE.length) } : null),
}
const payloadOf = (inside: string): Payload =>
  Payload.of(...parseElement(encode(`<message xmlns='jabber:client'>${inside}</message>`)).elements)

test('MXR-64: which events are files that clients of XMPP can have', () => {
  const url = 'mxc://a.example/m'
  for (const msgtype of ['m.image', 'm.file', 'm.audio', 'm.video']) assert.equal(fileOf('m.room.message', { msgtype, url }), url)
  assert.equal(fileOf('m.sticker', { url, body: 'x' }), url)
  for (const content of [
    { msgtype: 'm.text', url },
    { msgtype: 'm.image', file: { url } },
    { msgtype: 'm.image', url: 1 },
    { url },
  ])
    assert.equal(fileOf('m.room.message', content), null, JSON.stringify(content))
})

test('MXR-64: a caption is what is not the name', () => {
  assert.equal(hasCaption({ body: 'a.png' }), false)
  assert.equal(hasCaption({ body: 'a.png', filename: 'a.png' }), false)
  assert.equal(hasCaption({ body: 'Look', filename: 'a.png' }), true)
  for (const [said, caption] of [
    [`${HERE}a`, ''],
    [` ${HERE}a\n`, ''],
    [`Look\n${HERE}a`, 'Look'],
    [`${HERE}a is it`, `${HERE}a is it`],
    ['Look', 'Look'],
    ['', ''],
  ] as const)
    assert.equal(captionIn(said, `${HERE}a`), caption, said)
})

test('XEP-0066, XEP-0447: a file of XMPP is one of Matrix, by its type or its ending', () => {
  const sharing = (metadata: string): string =>
    `<file-sharing xmlns='urn:xmpp:sfs:0'><file xmlns='urn:xmpp:file:metadata:0'>${metadata}</file>` +
    `<sources><url-data xmlns='http://jabber.org/protocol/url-data' target='${HERE}f.bin'/></sources></file-sharing>`
  const content = (inside: string, said = '') => {
    const file = sharedIn(payloadOf(inside))
    return file === null ? null : contentOfFile(file, said, media)
  }
  const oob = (name: string): string => `<x xmlns='jabber:x:oob'><url>${HERE}${name}</url></x>`
  const url = 'mxc://a.example/m'
  for (const [name, msgtype, mimetype] of [
    ['a.PNG', 'm.image', 'image/png'],
    ['a.mp3', 'm.audio', 'audio/mpeg'],
    ['a.webm', 'm.video', 'video/webm'],
    ['a.pdf', 'm.file', 'application/pdf'],
  ] as const)
    assert.deepEqual(content(oob(name)), { msgtype, body: name, filename: name, url, info: { mimetype } })
  assert.deepEqual(content(oob('noending')), { msgtype: 'm.file', body: 'noending', filename: 'noending', url, info: {} })
  const metadata = '<media-type>image/webp</media-type><name>Sea</name><size>12</size><width>3</width><height>-4</height>'
  const info = { mimetype: 'image/webp', size: 12, w: 3 }
  assert.deepEqual(content(sharing(metadata)), { msgtype: 'm.image', body: 'Sea', filename: 'Sea', url, info })
  assert.equal(content(`<x xmlns='jabber:x:oob'><url>https://b.example/a.png</url></x>`), null)
  assert.equal(content('<body>jabber:x:oob</body>'), null)
  assert.equal(content(`<x xmlns='jabber:x:oob'><url/></x>`), null)
})

test('XEP-0446: what is said of a file that is no number or text is left out', () => {
  const link = { url: `${HERE}a.png`, name: 'a.png' }
  const told = fileElements(link, { body: 'b.png', info: { size: -1, w: 1.5, h: '7', mimetype: 7 } })
  assert.deepEqual(sharedIn(Payload.of(el('body', 'jabber:client', {}, link.url), ...told)), {
    ...{ url: link.url, type: '', name: 'b.png', size: null, width: null, height: null },
  })
})
