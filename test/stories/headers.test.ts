/** RFC 6120 4.7 and 4.8: what a stream header may look like. */
import assert from 'node:assert/strict'
import { componentsOf, COMPONENT, SECRET } from '../support/component.ts'
import { PASSWORD, story } from '../support/story.ts'
import { BIND, STREAM } from '../support/wire-client.ts'

const GATEWAY = 'gw.a.example'
const prefixFree = (to: string): string => `<stream xmlns='${STREAM}' to='${to}' version='1.0'>`

story('RFC 6120 4.8.2: a stream without prefixes; each stanza names its namespace', { on: ['memory'] }, async (cast) => {
  await cast.server.account('alice')
  const wire = await cast.wire()
  wire.write(prefixFree('a.example'))
  assert.equal((await wire.next('a header')).kind, 'header')
  await wire.features()
  assert.equal((await wire.authenticate('alice', PASSWORD)).name, 'success')
  await wire.open({ declarations: `xmlns='${STREAM}'` })
  await wire.features()
  wire.write(`<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='${BIND}'><resource>x</resource></bind></iq>`)
  await wire.expect(`<iq type='result' id='b'>*</iq>`)
  wire.write(`<iq xmlns='jabber:client' type='get' id='p' to='a.example'><ping xmlns='urn:xmpp:ping'/></iq>`)
  await wire.expect(`<iq type='result' id='p' from='a.example'/>`)
})

story('XEP-0114, RFC 6120 4.8.2: a component may do so too', { on: ['memory'] }, async (cast) => {
  const backstage = await componentsOf(cast, GATEWAY)
  const component = await backstage.wire()
  component.send(prefixFree(GATEWAY))
  const header = await component.wire.next('a header')
  assert.equal(header.kind, 'header')
  component.send(`<handshake xmlns='${COMPONENT}'>${SECRET}</handshake>`)
  await component.wire.expectStreamError('not-authorized') // the secret itself is no proof of it
})

story(
  'RFC 7622 3.2: the domain in a header may be written in A-labels',
  { on: ['memory'], domains: ['b\u00fccher.example'] },
  async (cast) => {
    for (const to of ['b\u00fccher.example', 'B\u00dcCHER.example', 'xn--bcher-kva.example', 'xn--bcher-kva.example.']) {
      const wire = await cast.wire()
      const header = await wire.open({ to })
      assert.equal(header.attr('from'), 'b\u00fccher.example', to)
      await wire.features()
    }
  },
)
