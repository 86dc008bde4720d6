import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encode, escape, wire } from '../xml/wire.ts'
import { jid } from './jid.ts'
import { Packet, Payload } from './packet.ts'
import { packetFromJson, packetOfStored, packetToJson, storedPacket } from './stored-packet.ts'

const words = fc.string({ unit: fc.constantFrom('a', "'", '&', '<', 'ü', '🌹', '\t', '日') })
const address = fc.constantFrom('romeo@example.net', 'romeo@example.net/Straße 🌹', 'gateway.example/registered', 'example.net')
const packets = fc
  .record({
    kind: fc.constantFrom('message', 'presence', 'iq'),
    type: fc.constantFrom('', 'chat', 'subscribe'),
    from: address,
    to: fc.option(address),
    id: fc.option(words),
    lang: fc.option(fc.constantFrom('de', 'zh-Hant')),
    extra: fc.option(words),
    body: fc.option(words),
  })
  .map(({ kind, type, from, to, id, lang, extra, body }) =>
    Packet.of({
      kind,
      type,
      from: jid(from),
      to: to === null ? null : jid(to),
      id: id === null ? null : escape(id),
      lang: lang === null ? null : encode(lang),
      extra: extra === null ? wire('') : wire(` x:y='${escape(extra)}'`),
      payload: body === null ? Payload.empty : Payload.ofText(wire(`<body>${escape(body)}</body>`)),
    }),
  )

test('A stanza comes out of a store as it went in', () => {
  fc.assert(
    fc.property(packets, (packet) => {
      for (const kept of [packetOfStored(storedPacket(packet)), packetFromJson(packetToJson(packet))]) {
        assert.equal(kept.wire, packet.wire)
        assert.deepEqual([kept.from.full, kept.to?.full ?? null], [packet.from.full, packet.to?.full ?? null])
        assert.deepEqual([kept.id, kept.lang], [packet.id, packet.lang])
      }
    }),
  )
})

test('A stored stanza survives JSON, and its shape is the one that is on disk since 0.1.0', () => {
  const packet = Packet.of({
    kind: 'message',
    type: 'chat',
    from: jid('romeo@example.net/1'),
    to: jid('juliet@example.com'),
    id: escape('a&b'),
    payload: Payload.ofText(wire(`<body>${escape('ü < 🌹')}</body>`)),
  })
  const json = ['message', 'chat', 'romeo@example.net/1', 'juliet@example.com', 'a&amp;b', null, '', '<body>ü &lt; 🌹</body>']
  assert.deepEqual(JSON.parse(JSON.stringify(packetToJson(packet))), json)
})
