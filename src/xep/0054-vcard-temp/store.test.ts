import assert from 'node:assert/strict'
import { contract } from '../../../test/support/contract.ts'
import { parseElement } from '../../xml/parse.ts'
import { encode } from '../../xml/wire.ts'
import { nameKey, namesIn, photoHash, VCARD, withoutAddress } from './card.ts'
import { newCard } from './index.ts'
import { Cards, migrations } from './store.ts'
import { test } from 'node:test'

const [ROMEO, JULIET] = ['romeo@example.net', 'juliet@example.net']
const card = (inside: string) => parseElement(encode(`<vCard xmlns='${VCARD}'>${inside}</vCard>`))

contract('VC-20: a card comes back as it was, is replaced whole, and goes with its account', async (open) => {
  const { accounts, database } = await open(ROMEO, JULIET)
  await database.migrate('xep-0054', migrations)
  const cards = new Cards(database)
  assert.deepEqual([await cards.read(ROMEO), await cards.mark(ROMEO)], [null, null])
  const first = newCard(card(`<FN>Rómeo ☃</FN><x xmlns='urn:x'><y a='1'>&lt;</y></x>`))
  await cards.write(ROMEO, first, 1)
  await cards.write(JULIET, newCard(card('<FN>Juliet</FN>')), 1)
  assert.equal(await cards.read(ROMEO), first.text)
  assert.equal(first.text, `<vCard xmlns='${VCARD}'><FN>Rómeo ☃</FN><x xmlns='urn:x'><y a='1'>&lt;</y></x></vCard>`)
  const second = newCard(card('<PHOTO><BINVAL>aGVs\n bG8=</BINVAL></PHOTO>'))
  await cards.write(ROMEO, second, 2)
  assert.equal(await cards.read(ROMEO), second.text)
  const mark = await cards.mark(ROMEO)
  assert.deepEqual({ ...mark }, { octets: second.octets, photo: 'aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d' })
  await accounts.delete(ROMEO)
  assert.deepEqual([await cards.read(ROMEO), (await cards.read(JULIET))?.includes('Juliet')], [null, true])
})

test('VC-20: octets are those of UTF-8', () =>
  assert.equal(newCard(card('é')).octets, `<vCard xmlns='${VCARD}'>12</vCard>`.length))

test('XEP-0153 4.1: the hash is that of the octets of the photo; none, an empty one and a web address have none', () => {
  assert.equal(photoHash(card('<PHOTO><TYPE>image/png</TYPE><BINVAL>aGVsbG8=</BINVAL></PHOTO>')).slice(0, 8), 'aaf4c61d')
  for (const inside of ['', '<PHOTO/>', '<PHOTO><BINVAL/></PHOTO>', '<PHOTO><EXTVAL>https://a.example/x</EXTVAL></PHOTO>'])
    assert.equal(photoHash(card(inside)), '', inside)
})

test('SRCH-21: what people are found by', () => {
  const full = card(
    '<N><FAMILY>Capulet</FAMILY><GIVEN> Juliet </GIVEN></N><NICKNAME>Jule</NICKNAME><EMAIL><HOME/><USERID>j@a.example</USERID></EMAIL>',
  )
  assert.deepEqual(namesIn(full), { first: 'Juliet', last: 'Capulet', nick: 'Jule', email: 'j@a.example' })
  assert.deepEqual(namesIn(card('<FN>x</FN>')), { first: '', last: '', nick: '', email: '' })
  assert.equal(namesIn(card(`<NICKNAME>${'x'.repeat(1000)}</NICKNAME>`)).nick.length, 200)
  assert.equal(nameKey('ＪÜ'), 'jü')
})

test('ROOM-66: a card without the addresses in it', () => {
  const inside = withoutAddress(card('<FN>a</FN><JABBERID>a@a.example</JABBERID><JABBERID>b@a.example</JABBERID><DESC>d</DESC>'))
  assert.deepEqual(inside, card('<FN>a</FN><DESC>d</DESC>'))
})
