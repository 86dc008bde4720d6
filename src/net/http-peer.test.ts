import assert from 'node:assert/strict'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { TLSSocket } from 'node:tls'
import { isNetwork, TrustedProxies } from './http-peer.ts'

const proxies = new TrustedProxies(['127.0.0.1', '10.0.0.0/8', '2001:db8::/32'])

function from(remoteAddress: string, headers: IncomingHttpHeaders = {}, socket: Socket = new Socket()) {
  Object.defineProperties(socket, { remoteAddress: { value: remoteAddress }, remotePort: { value: 4711 } })
  const { address, port, encrypted, proxied, tls } = proxies.peerOf({ socket, headers } as Pick<
    IncomingMessage,
    'socket' | 'headers'
  >)
  return { address, port, encrypted, proxied, hasTls: tls !== null }
}
const direct = (address: string, encrypted = false) => ({ address, port: 4711, encrypted, proxied: false, hasTls: encrypted })
const proxied = (address: string, encrypted: boolean) => ({ address, port: 0, encrypted, proxied: true, hasTls: false })

test('addresses and networks', () => {
  for (const good of ['127.0.0.1', '::1', '10.0.0.0/8', '0.0.0.0/0', '2001:db8::/128']) assert.ok(isNetwork(good), good)
  for (const bad of ['', 'localhost', '10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0/8', '10.0.0.0/8/8', '10.0.0.0/-1'])
    assert.ok(!isNetwork(bad), bad)
})

test('whoever comes by himself is who he is, whatever he says', () => {
  const claims = { 'x-forwarded-for': '10.1.1.1', 'x-forwarded-proto': 'https' }
  assert.deepEqual(from('203.0.113.7', claims), direct('203.0.113.7'))
  assert.deepEqual(from('::ffff:203.0.113.7', claims), direct('203.0.113.7'))
  assert.deepEqual(from('203.0.113.7', claims, new TLSSocket(new Socket())), direct('203.0.113.7', true))
})

test('a trusted proxy says for whom it speaks, and how it was spoken to', () => {
  const forwarded = (list: string, proto: string) => ({ 'x-forwarded-for': list, 'x-forwarded-proto': proto })
  for (const proxy of ['127.0.0.1', '::ffff:127.0.0.1', '10.9.9.9', '2001:db8::5'])
    assert.deepEqual(from(proxy, forwarded('203.0.113.7', 'https')), proxied('203.0.113.7', true), proxy)
  assert.deepEqual(from('127.0.0.1', forwarded('203.0.113.7', 'http')), proxied('203.0.113.7', false))
  assert.deepEqual(from('127.0.0.1', forwarded('::ffff:203.0.113.7', 'wss')), proxied('203.0.113.7', true))
  assert.deepEqual(from('127.0.0.1', { 'x-forwarded-for': '203.0.113.7' }), proxied('203.0.113.7', false))
})

test('of several hops, the last that is no proxy of ours is the client', () => {
  const chain = (list: string, proto: string) => from('127.0.0.1', { 'x-forwarded-for': list, 'x-forwarded-proto': proto })
  assert.deepEqual(chain('198.51.100.1, 203.0.113.7, 10.0.0.3', 'https'), proxied('203.0.113.7', true))
  assert.deepEqual(chain('10.0.0.4, 10.0.0.3', 'https'), proxied('10.0.0.4', true))
  assert.deepEqual(chain('203.0.113.7', 'http, https'), proxied('203.0.113.7', false), 'no hop in the clear')
  assert.deepEqual(chain('unknown', 'https'), proxied('127.0.0.1', true), 'no address')
})

test('a trusted proxy that speaks for nobody is a client itself', () => {
  assert.deepEqual(from('127.0.0.1', { 'x-forwarded-proto': 'https' }), direct('127.0.0.1'))
  assert.deepEqual(from('127.0.0.1', { 'x-forwarded-for': ' , ' }), direct('127.0.0.1'))
})

test('at this machine: the loopback, asked for by a name of the loopback, from a page of such a name', () => {
  const isHere = (remoteAddress: string, headers: IncomingHttpHeaders): boolean => {
    const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: remoteAddress })
    return proxies.peerOf({ socket, headers } as Pick<IncomingMessage, 'socket' | 'headers'>).atThisMachine
  }
  const host = 'localhost:5280'
  assert.ok(isHere('127.0.0.1', { host }))
  assert.ok(isHere('::1', { host: '[::1]:5280' }))
  assert.ok(isHere('::ffff:127.0.0.1', { host, origin: 'http://localhost:5280', upgrade: 'websocket' }))
  assert.ok(!isHere('203.0.113.7', { host }), 'from elsewhere')
  assert.ok(!isHere('127.0.0.1', { host: 'rebound.example:5280' }), 'a name of somebody else that leads here')
  assert.ok(!isHere('127.0.0.1', { host, origin: 'https://evil.example' }), 'a page from elsewhere')
  assert.ok(!isHere('127.0.0.1', { host, upgrade: 'websocket' }), 'a WebSocket of no page')
  assert.ok(!isHere('127.0.0.1', { host, 'x-forwarded-for': '203.0.113.7' }), 'through a proxy')
  assert.ok(!isHere('127.0.0.1', {}), 'no name at all')
})
