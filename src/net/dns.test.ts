import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededEntropy } from '../base/entropy.ts'
import { inOrder, interleaved, NoSuchHost, targetOf, targetsOf, type Resolver, type SrvRecord } from './dns.ts'

const record = (name: string, priority: number, weight = 0, port = 5269): SrvRecord => ({ name, port, priority, weight })
/** DNS, with the SRV records for TLS at once and for STARTTLS. */
const dns = (direct: readonly SrvRecord[] | Error, start: readonly SrvRecord[] | Error): Resolver => ({
  srv: async (name) => {
    const found = name.startsWith('_xmpps-') ? direct : start
    if (found instanceof Error) throw found
    return found
  },
  addresses: async () => [],
})
const targets = async (resolver: Resolver, domain = 'b.example'): Promise<string[]> =>
  (await targetsOf(domain, resolver, seededEntropy('dns'))).map(
    ({ host, port, directTls }) => `${directTls ? 'tls://' : ''}${host}:${port}`,
  )
const NOT_TOLD = new Error('SERVFAIL')

test('RFC 6120 3.2.1, XEP-0368 2: both kinds of records in one order of priorities', async () => {
  const direct = [record('d1.example.', 20, 0, 443)]
  const start = [record('s2.example', 30), record('s1.example', 10)]
  assert.deepEqual(await targets(dns(direct, start)), ['s1.example:5269', 'tls://d1.example:443', 's2.example:5269'])
})

test('RFC 6120 3.2.2: without records, or when nobody can tell, the domain itself', async () => {
  for (const answer of [[], NOT_TOLD]) {
    assert.deepEqual(await targets(dns(answer, answer)), ['b.example:5269'])
    assert.deepEqual(await targets(dns(answer, answer), 'bücher.example'), ['xn--bcher-kva.example:5269'])
  }
  assert.deepEqual(await targets(dns([record('d1.example', 1)], NOT_TOLD)), ['tls://d1.example:5269'])
})

test('RFC 6120 3.2.1 rule 3: a single "." says that there is no such server', async () => {
  await assert.rejects(targets(dns([], [record('.', 0)])), NoSuchHost)
  assert.deepEqual(await targets(dns([record('.', 0)], [record('s1.example', 0)])), ['s1.example:5269'])
})

test('an address that stands in for a domain is not looked up', async () => {
  assert.deepEqual(await targets(dns(NOT_TOLD, NOT_TOLD), '192.0.2.1'), ['192.0.2.1:5269'])
})

test('no more than twenty records of one kind are looked at', async () => {
  const many = Array.from({ length: 50 }, (_, i) => record(`s${i}.example`, i))
  assert.equal((await targets(dns([], many))).length, 20)
})

test('RFC 2782: priorities are kept, nobody is lost, and among equals the weight is the chance', () => {
  const offered = fc.array(fc.record({ priority: fc.nat(3), weight: fc.nat(100) }), { maxLength: 12 })
  fc.assert(
    fc.property(offered, fc.string(), (all, seed) => {
      const records = all.map(({ priority, weight }, i) => ({ record: record(`${i}`, priority, weight), directTls: false }))
      const ordered = inOrder(records, seededEntropy(seed))
      assert.deepEqual(new Set(ordered), new Set(records))
      assert.equal(ordered.length, records.length)
      ordered.slice(1).forEach((one, i) => assert(one.record.priority >= ordered[i]!.record.priority))
    }),
  )
  const [heavy, light] = [record('heavy', 0, 90), record('light', 0, 10)].map((one) => ({ record: one, directTls: false }))
  const entropy = seededEntropy('lot')
  const first = Array.from({ length: 1000 }, () => inOrder([light!, heavy!], entropy)[0])
  const count = first.filter((one) => one === heavy).length
  assert(count > 850 && count < 950, `${count} of 1000`)
})

test('RFC 8305 4: the families take turns, IPv6 first', () => {
  assert.deepEqual(interleaved(['192.0.2.1', '192.0.2.2', '2001:db8::1']), ['2001:db8::1', '192.0.2.1', '192.0.2.2'])
  assert.deepEqual(interleaved([]), [])
})

test('a target as an operator writes it', () => {
  assert.deepEqual(targetOf('192.0.2.1:5269'), { host: '192.0.2.1', port: 5269, directTls: false })
  assert.deepEqual(targetOf('tls://[2001:db8::1]:443'), { host: '2001:db8::1', port: 443, directTls: true })
  assert.equal(targetOf('tls://nothing'), null)
})
