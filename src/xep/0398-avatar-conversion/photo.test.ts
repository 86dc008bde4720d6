import assert from 'node:assert/strict'
import { test } from 'node:test'
import { el } from '../../xml/element.ts'
import { parseElement } from '../../xml/parse.ts'
import { decode, encode } from '../../xml/wire.ts'
import { Payload } from '../../xmpp/packet.ts'
import { cardWith, dataOf, METADATA, metadataOf, photoInCard, photoInData, photoInMetadata } from './photo.ts'
import { UPDATE, withHash } from './update.ts'

const card = (inside: string) => parseElement(encode(`<vCard xmlns='vcard-temp'>${inside}</vCard>`))
const metadata = (inside: string) => parseElement(encode(`<metadata xmlns='${METADATA}'>${inside}</metadata>`))
const HASH = 'aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d'
const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64')

test('PEP-34: a picture in a card: its kind by its beginning, or as the card says', () => {
  for (const [type, beginning] of [
    ['image/png', '\x89PNG\r\n\x1a\nxxxxx'],
    ['image/jpeg', '\xff\xd8\xffxxxxxx'],
    ['image/gif', 'GIF89axxxxx'],
    ['image/webp', 'RIFF\x00\x00\n\x00WEBPxxxxx'],
  ] as const)
    assert.equal(photoInCard(card(`<PHOTO><TYPE>text/html</TYPE><BINVAL>${base64(beginning)}</BINVAL></PHOTO>`))?.type, type)
  const said = photoInCard(card('<PHOTO><TYPE>image/x-own</TYPE><BINVAL> aGVs\n bG8= </BINVAL></PHOTO>'))!
  assert.deepEqual([said.type, said.hash, said.octets.toString()], ['image/x-own', HASH, 'hello'])
  for (const inside of [
    '',
    '<PHOTO/>',
    '<PHOTO><BINVAL/></PHOTO>',
    '<PHOTO><BINVAL>aGVsbG8=</BINVAL></PHOTO>',
    '<PHOTO><TYPE>image/png</TYPE><BINVAL>!!!notb64</BINVAL></PHOTO>',
    '<PHOTO><TYPE>text/html</TYPE><BINVAL>aGVsbG8=</BINVAL></PHOTO>',
    '<PHOTO><EXTVAL>https://a.example/</EXTVAL></PHOTO>',
  ])
    assert.equal(photoInCard(card(inside)), null, inside)
})

test('PEP-33: a picture goes from a card to the items and back, and is the same', () => {
  const photo = photoInCard(card('<PHOTO><TYPE>image/png</TYPE><BINVAL>aGVsbG8=</BINVAL></PHOTO>'))!
  const info = photoInMetadata(metadataOf(photo))!
  const again = photoInData(info, dataOf(photo))!
  assert.deepEqual(again, photo)
  const before = card('<FN>a</FN><PHOTO><BINVAL>x</BINVAL></PHOTO>')
  assert.deepEqual(photoInCard(cardWith(before, again)), photo)
  assert.deepEqual(cardWith(before, null), card('<FN>a</FN>'))
})

test('PEP-33, XEP-0398 3.1: the picture in the data node, if its hash is right; not one at an address', () => {
  const web = `<info id='${HASH}' type='image/webp' bytes='1' url='https://a.example/'/>`
  const here = `<info id='${HASH.toUpperCase()}' type='image/png' bytes='5'/>`
  assert.deepEqual(photoInMetadata(metadata(web + here)), { hash: HASH, type: 'image/png' })
  for (const inside of ['', web, `<info type='image/png'/>`, `<info id='../x' type='image/png'/>`])
    assert.equal(photoInMetadata(metadata(inside)), null, inside)
  assert.equal(photoInMetadata(undefined), null)
  const info = { hash: HASH, type: 'image/png' }
  for (const data of [undefined, el('data', 'urn:x', {}, 'aGVsbG8='), el('data', 'urn:xmpp:avatar:data', {}, 'd29ybGQ=')])
    assert.equal(photoInData(info, data), null)
})

test('PEP-35: what a presence says of the picture is replaced, unless it shows none', () => {
  const x = (inside: string): string => `<x xmlns='${UPDATE}'>${inside}</x>`
  const put = (content: string, hash = HASH, isEmptied = false): string =>
    decode(withHash(Payload.ofText(encode(content)), hash, isEmptied).text)
  const own = x(`<photo>${HASH}</photo>`)
  const away = '<show>away</show>'
  assert.equal(put(''), own)
  assert.equal(put(`${away}<status>ö</status>`), `${away}<status>ö</status>${own}`)
  assert.equal(put(x('<photo>other</photo>') + away), away + own)
  assert.equal(put(x('')), own)
  assert.equal(put(x('<photo/>') + away), x('<photo/>') + away)
  assert.equal(put(x('<photo/>') + away, HASH, true), away + own)
  assert.equal(put(own, ''), x('<photo/>'))
  const same = Payload.ofText(encode(own + away))
  assert.equal(withHash(same, HASH, false), same)
})
