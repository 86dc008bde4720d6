import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SaxesParser } from 'saxes'
import { HttpVisitor, type HttpAnswer } from '../../../test/support/http-visitor.ts'
import { memoryServer } from '../../../test/support/memory-server.ts'
import { silent } from '../../base/log.ts'
import { TrustedProxies } from '../../net/http-peer.ts'
import { HttpPort } from '../../net/http-port.ts'
import { connectionMethods } from './index.ts'

const WEBSOCKET = 'urn:xmpp:alt-connections:websocket'
const BOSH = 'urn:xmpp:alt-connections:xbosh'
/** What a proxy says that has TLS. */
const BY_HTTPS = 'x-forwarded-for: 203.0.113.7\nx-forwarded-proto: https'

async function site(settings: object = {}): Promise<(request: string) => Promise<HttpAnswer>> {
  const { host } = await memoryServer({ features: [connectionMethods], settings: { 'host-meta': settings } })
  host.http.announce({ rel: WEBSOCKET, scheme: 'wss', path: '/xmpp-websocket' })
  host.http.announce({ rel: BOSH, scheme: 'https', path: '/http-bind' })
  const admission = { enter: () => true, left() {} }
  const proxies = new TrustedProxies(['192.0.2.1'])
  const port = new HttpPort({ routes: host.http, clock: host.clock, log: silent, requestMs: 1000, proxies, admission })
  return (request) => {
    const visitor = HttpVisitor.of(port, '192.0.2.1')
    visitor.send(request)
    return visitor.answer()
  }
}

const header = ({ head }: HttpAnswer, name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]

/** The links of an XRD, by a parser that is not the server's. */
function linksIn(xml: string): readonly (readonly [rel: string, href: string])[] {
  const links: [string, string][] = []
  const parser = new SaxesParser({ xmlns: true, position: false })
  parser.on('opentag', ({ local, uri, attributes }) => {
    assert.equal(uri, 'http://docs.oasis-open.org/ns/xri/xrd-1.0')
    if (local === 'Link') links.push([attributes['rel']!.value, attributes['href']!.value])
  })
  parser.write(xml).close()
  return links
}

test('T-W02: the ways in, as XML and as JSON, where the request came to', async () => {
  const ask = await site()
  const wanted = [
    [WEBSOCKET, 'wss://chat.example.org:8443/xmpp-websocket'],
    [BOSH, 'https://chat.example.org:8443/http-bind'],
  ]
  const xml = await ask(`GET /.well-known/host-meta HTTP/1.1\nhost: chat.example.org:8443\n${BY_HTTPS}`)
  assert.deepEqual([xml.status, header(xml, 'content-type')], [200, 'application/xrd+xml; charset=utf-8'])
  assert.deepEqual(linksIn(xml.body), wanted)
  const json = await ask(`GET /.well-known/host-meta.json HTTP/1.1\nhost: chat.example.org:8443\n${BY_HTTPS}`)
  assert.deepEqual([json.status, header(json, 'content-type')], [200, 'application/json'])
  assert.deepEqual(JSON.parse(json.body), { links: wanted.map(([rel, href]) => ({ rel, href })) })
})

test('T-W02: the URL of the configuration, however the request came', async () => {
  const ask = await site({ url: 'https://web.example.org' })
  for (const headers of [BY_HTTPS, 'x: y']) {
    const { body } = await ask(`GET /.well-known/host-meta HTTP/1.1\nhost: elsewhere.example\n${headers}`)
    assert.deepEqual(linksIn(body)[0], [WEBSOCKET, 'wss://web.example.org/xmpp-websocket'])
  }
})

test('T-W02: nothing is told in the clear, or of a place without a name', async () => {
  const ask = await site()
  assert.equal((await ask(`GET /.well-known/host-meta HTTP/1.1\nhost: a.example`)).status, 404)
  for (const host of [`a.example'/><Link`, 'a.example/b', 'user@a.example', ''])
    assert.equal((await ask(`GET /.well-known/host-meta HTTP/1.1\nhost: ${host}\n${BY_HTTPS}`)).status, 400, host)
})

test('T-W02: pages of any origin may read it', async () => {
  const ask = await site()
  for (const method of ['GET', 'HEAD', 'OPTIONS']) {
    const answer = await ask(`${method} /.well-known/host-meta HTTP/1.1\nhost: a.example\norigin: https://b.example\n${BY_HTTPS}`)
    assert.equal(header(answer, 'access-control-allow-origin'), '*', method)
    assert.equal(answer.status, method === 'OPTIONS' ? 204 : 200)
  }
  assert.equal((await ask(`POST /.well-known/host-meta HTTP/1.1\nhost: a.example\n${BY_HTTPS}`)).status, 405)
})

test('T-W02: a URL that clients must not use is refused', async () => {
  for (const url of ['http://a.example', 'https://a.example/', 'wss://a.example', 'a.example'])
    await assert.rejects(site({ url }), /origin of a web site/, url)
})
