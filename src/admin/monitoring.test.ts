import assert from 'node:assert/strict'
import { get } from 'node:http'
import { test, type TestContext } from 'node:test'
import { silent } from '../base/log.ts'
import { Metrics } from '../base/metrics.ts'
import { SystemClock } from '../base/clock.ts'
import { TrustedProxies } from '../net/http-peer.ts'
import { HttpPort } from '../net/http-port.ts'
import { monitoringRoutes, type MonitoringOptions } from './monitoring.ts'

async function site(t: TestContext, options: Partial<MonitoringOptions> = {}): Promise<string> {
  const routes = monitoringRoutes({
    metrics: new Metrics(),
    health: async () => ({ status: 'ok', sessions: 3 }),
    names: ['xmpp.example.org'],
    ...options,
  })
  const admission = { enter: () => true, left() {} }
  const http = new HttpPort({
    routes,
    admission,
    proxies: new TrustedProxies([]),
    requestMs: 10_000,
    clock: new SystemClock(),
    log: silent,
  })
  const listening = await http.listen('127.0.0.1', 0, null)
  t.after(() => listening.close())
  return `http://127.0.0.1:${listening.port}`
}

test('/health is JSON; 200 when all is well', async (t) => {
  const response = await fetch(`${await site(t)}/health?from=probe`)
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'application/json')
  assert.deepEqual(await response.json(), { status: 'ok', sessions: 3 })
})

test('/health: 503 when it is not', async (t) => {
  const response = await fetch(`${await site(t, { health: async () => ({ status: 'stopping' }) })}/health`)
  assert.equal(response.status, 503)
  assert.deepEqual(await response.json(), { status: 'stopping' })
})

test('/health: 500 when it cannot be told', async (t) => {
  const response = await fetch(`${await site(t, { health: () => Promise.reject(new Error('broken')) })}/health`)
  assert.equal(response.status, 500)
})

test('/metrics has what the parts of the server count, as it is now', async (t) => {
  const metrics = new Metrics()
  const counter = metrics.counter('porchlight_things_total', 'Things')
  metrics.gauge('porchlight_level', 'Level', () => counter.value * 2)
  const url = `${await site(t, { metrics })}/metrics`
  for (const expected of [5, 10]) {
    counter.add(5)
    const response = await fetch(url)
    assert.match(response.headers.get('content-type')!, /^text\/plain/)
    const text = await response.text()
    assert.match(text, new RegExp(`^porchlight_things_total ${expected}$`, 'm'))
    assert.match(text, new RegExp(`^porchlight_level ${expected * 2}$`, 'm'))
    assert.match(text, /^# HELP porchlight_things_total Things$/m)
    assert.match(text, /^process_resident_memory_bytes /m)
  }
})

test('a page whose name leads here (DNS rebinding) reads nothing', async (t) => {
  const { port } = new URL(await site(t))
  const asked = (host: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const request = get({ port, path: '/metrics', headers: { host } }, ({ statusCode }) => resolve(statusCode!))
      request.on('error', reject)
    })
  assert.deepEqual(
    await Promise.all(['rebind.evil.example', `localhost:${port}`, 'xmpp.example.org:9090'].map(asked)),
    [421, 200, 200],
  )
})

test('nothing else is there', async (t) => {
  const base = await site(t)
  assert.equal((await fetch(`${base}/`)).status, 404)
  assert.equal((await fetch(`${base}/health`, { method: 'POST' })).status, 405)
  assert.equal((await fetch(`${base}/health`, { method: 'HEAD' })).status, 200)
})
