import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ScramHash, ScramKeys } from '../xmpp/credentials.ts'
import { saltedPassword } from './credentials.ts'
import type { SaslContext } from './mechanism.ts'
import { advertisedIn } from './offers.ts'
import { ScramExchange, scram } from './scram.ts'
import {
  bindings,
  challengeOf,
  contextWith,
  END_POINT,
  EXPORTER,
  PASSWORD,
  romeo,
  say,
  ScramClient,
} from '../../test/support/sasl.ts'

const HASHES: readonly ScramHash[] = ['sha-1', 'sha-256', 'sha-512']
const EXPORTER_CLIENT = { header: 'p=tls-exporter,,', bindingData: EXPORTER }

async function login(hash: ScramHash, plus: boolean, client: ScramClient, context = contextWith()): Promise<string> {
  const exchange = scram(hash, plus).start(context)
  const greeting = await say(exchange, client.first)
  return greeting.startsWith('challenge ') ? say(exchange, client.final(challengeOf(greeting))) : greeting
}

/** The user 'user' with the password 'pencil' and the salt of an example. */
async function pencil(hash: ScramHash, salt: string): Promise<SaslContext> {
  const name = hash.replace('-', '')
  const salted = await saltedPassword(hash, 'pencil', Buffer.from(salt, 'base64'), 4096)
  const clientKey = createHmac(name, salted).update('Client Key').digest()
  const keys: ScramKeys = {
    iterations: 4096,
    salt,
    storedKey: createHash(name).update(clientKey).digest('base64'),
    serverKey: createHmac(name, salted).update('Server Key').digest('base64'),
  }
  return contextWith({ domain: 'example.org', accounts: { credentials: async () => ({ ...romeo, [hash]: keys }) } })
}

test('RFC 5802 section 5: the example', async () => {
  const exchange = new ScramExchange('sha-1', false, await pencil('sha-1', 'QSXCR+Q6sek8bf92'), '3rfcNHYJY1ZVvWVs7j')
  assert.equal(
    await say(exchange, 'n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL'),
    'challenge r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
  )
  assert.equal(
    await say(exchange, 'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts='),
    'success user@example.org v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
  )
})

test('RFC 7677 section 3: the example', async () => {
  const exchange = new ScramExchange(
    'sha-256',
    false,
    await pencil('sha-256', 'W22ZaJ0SNY7soEsUEjb6gQ=='),
    '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  )
  assert.equal(
    await say(exchange, 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO'),
    'challenge r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  )
  assert.equal(
    await say(
      exchange,
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    ),
    'success user@example.org v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  )
})

for (const hash of HASHES) {
  test(`T-C05: SCRAM-${hash.toUpperCase()} with the right and with the wrong password`, async () => {
    const client = new ScramClient(hash, PASSWORD)
    assert.equal(await login(hash, false, client), `success romeo@montague.example ${client.serverSignature}`)
    assert.equal(await login(hash, false, new ScramClient(hash, 'wrong')), 'failure not-authorized')
  })

  test(`T-C05: SCRAM-${hash.toUpperCase()}-PLUS with both bindings; wrong data, another type's data, none`, async () => {
    for (const [type, data] of [
      ['tls-exporter', EXPORTER],
      ['tls-server-end-point', END_POINT],
    ] as const) {
      const header = `p=${type},,`
      const client = new ScramClient(hash, PASSWORD, { header, bindingData: data })
      assert.equal(await login(hash, true, client), `success romeo@montague.example ${client.serverSignature}`)
      for (const bindingData of [Buffer.alloc(0), Buffer.alloc(data.length), data === EXPORTER ? END_POINT : EXPORTER]) {
        assert.equal(await login(hash, true, new ScramClient(hash, PASSWORD, { header, bindingData })), 'failure not-authorized')
      }
    }
  })
}

test('RFC 5802 section 6: the flag of the GS2 header has to fit the mechanism and the offer', async () => {
  const at = (plus: boolean, header: string, change: Partial<SaslContext> = {}): Promise<string> =>
    login('sha-256', plus, new ScramClient('sha-256', PASSWORD, { header }), contextWith(change))
  assert.equal(await at(false, 'y,,'), 'failure not-authorized', 'somebody has removed the -PLUS names')
  assert.match(await at(false, 'y,,', { plusKnown: false, bindings: bindings({}) }), /^success/)
  assert.equal(await at(true, 'n,,'), 'failure malformed-request')
  assert.equal(await at(true, 'y,,'), 'failure malformed-request')
  assert.equal(await at(false, 'p=tls-exporter,,'), 'failure malformed-request')
  assert.equal(await at(true, 'p=tls-unique,,'), 'failure not-authorized', 'not a binding of this channel')
  assert.equal(await at(true, 'p=tls-exporter,,', { bindings: bindings({}) }), 'failure not-authorized')
})

test('an account that came with keys of one hash only: the others are those of nobody', async () => {
  const context = contextWith({ accounts: { credentials: async () => ({ 'sha-1': romeo['sha-1'] }) } })
  assert.match(await login('sha-1', false, new ScramClient('sha-1', PASSWORD), context), /^success/)
  assert.equal(await login('sha-256', false, new ScramClient('sha-256', PASSWORD), context), 'failure not-authorized')
})

test('RFC 5802 section 6: c= repeats the GS2 header that was sent first', async () => {
  const exchange = scram('sha-256', false).start(contextWith({ plusKnown: false }))
  const greeting = await say(exchange, new ScramClient('sha-256', PASSWORD, { header: 'y,,' }).first)
  assert.equal(
    await say(exchange, new ScramClient('sha-256', PASSWORD, { header: 'n,,' }).final(challengeOf(greeting))),
    'failure not-authorized',
  )
})

test("CORE-17, RFC 6120 6.3.8: authzid empty, one's own bare JID, or refused", async () => {
  const as = (authzid: string): Promise<string> =>
    login('sha-256', false, new ScramClient('sha-256', PASSWORD, { header: `n,a=${authzid},` }))
  assert.match(await as('romeo@montague.example'), /^success/)
  assert.match(await as('ROMEO@Montague.example'), /^success/, 'compared as prepared')
  for (const other of [
    'juliet@montague.example',
    'romeo@capulet.example',
    'romeo@montague.example/balcony',
    'montague.example',
    'romeo',
    '@',
    ' ',
  ]) {
    assert.equal(await as(other), 'failure invalid-authzid', other)
  }
  const wrong = new ScramClient('sha-256', 'wrong', { header: 'n,a=juliet@montague.example,' })
  assert.equal(await login('sha-256', false, wrong), 'failure not-authorized', 'said only to who knows the password')
})

test('RFC 5802 5.1: =2C and =3D in names, nothing else behind an equals sign', async () => {
  assert.match(await login('sha-256', false, new ScramClient('sha-256', PASSWORD, { username: 'romeo,=' })), /^success romeo,=@/)
  for (const name of ['romeo=', 'romeo=2c', 'romeo=2', 'romeo=41', 'ro=meo']) {
    assert.equal(await say(scram('sha-1', false).start(contextWith()), `n,,n=${name},r=abc`), 'failure malformed-request', name)
  }
})

test('RFC 5802 5.1: m= is refused wherever it stands, other extensions are ignored', async () => {
  for (const message of ['n,,m=x,n=romeo,r=abc', 'n,,n=romeo,r=abc,m=x', 'n,,n=romeo,r=abc,x=1,m=1,z=1']) {
    assert.equal(await say(scram('sha-1', false).start(contextWith()), message), 'failure malformed-request', message)
  }
  const client = new ScramClient('sha-1', PASSWORD, { extensions: ',x=1,p=a=b' })
  for (const [extensions, outcome] of [
    [',y=2,z=,=', /malformed/],
    [',m=1', /malformed/],
    [',y=2,p=AAAA', /^success/],
  ] as const) {
    const exchange = scram('sha-1', false).start(contextWith())
    const greeting = await say(exchange, client.first)
    assert.match(await say(exchange, client.final(challengeOf(greeting), extensions)), outcome, extensions)
  }
})

test('RFC 5802 section 7: what is not a client-first-message', async () => {
  const long = (n: number): string => 'x'.repeat(n)
  const bad = [
    '',
    'n',
    'n,',
    'n,,',
    'n,,n=romeo',
    'n,,n=,r=abc',
    'n,,n=romeo,r=',
    'n,,r=abc,n=romeo',
    'N,,n=romeo,r=abc',
    'z,,n=romeo,r=abc',
    'F,n,,n=romeo,r=abc',
    'n,a=,n=romeo,r=abc',
    'n,b=romeo,n=romeo,r=abc',
    'n,,n=romeo,r=a c',
    'n,,n=romeo,r=ab\u00e9',
    'n,,n=romeo,r=abc,',
    'n,,n=romeo,r=abc,xx=1',
    'n,,n=romeo,r=abc,x=',
    'n,,n=romeo,r=abc\n',
    '\ufeffn,,n=romeo,r=abc',
    'n,,n=ro\0meo,r=abc',
    'p=,,n=romeo,r=abc',
    'p=tls_exporter,,n=romeo,r=abc',
    `n,,n=romeo,r=${long(257)}`,
    `n,,n=${long(1024)},r=abc`,
    `n,,n=romeo,r=abc,x=${long(9000)}`,
  ]
  for (const message of bad)
    assert.equal(await say(scram('sha-1', false).start(contextWith()), message), 'failure malformed-request', message)
  assert.equal(
    await say(scram('sha-1', false).start(contextWith()), Buffer.from('n,,n=rom\xe9o,r=abc', 'latin1')),
    'failure malformed-request',
    'not UTF-8',
  )
  assert.equal(
    await say(scram('sha-1', false).start(contextWith()), 'n,,n=ro@meo,r=abc'),
    'failure not-authorized',
    'not a localpart',
  )
})

test('RFC 5802 section 7: what is not a client-final-message', async () => {
  for (const change of [
    (s: string) => s.replace('c=biws', 'c='),
    (s: string) => s.replace('c=biws', 'c=biw'),
    (s: string) => s.replace('c=biws,', ''),
    (s: string) => s.replace(/,p=.*/, ''),
    (s: string) => s.replace(/,p=.*/, ',p='),
    (s: string) => `${s},x=1`,
    (s: string) => `m=1,${s}`,
    (s: string) => `${s}=`,
    () => '',
  ]) {
    const client = new ScramClient('sha-256', PASSWORD)
    const exchange = scram('sha-256', false).start(contextWith())
    const final = change(client.final(challengeOf(await say(exchange, client.first))))
    assert.equal(await say(exchange, final), 'failure malformed-request', final)
  }
})

test('RFC 5802 5.1: the nonce must come back as it was sent, and never serves twice', async () => {
  const client = new ScramClient('sha-256', PASSWORD)
  const context = contextWith()
  const one = scram('sha-256', false).start(context)
  const greeting = challengeOf(await say(one, client.first))
  const final = client.final(greeting)
  assert.match(await say(one, final), /^success/)
  assert.equal(await say(one, final), 'failure malformed-request', 'the exchange is over')

  const two = scram('sha-256', false).start(context)
  assert.notEqual(challengeOf(await say(two, client.first)), greeting)
  assert.equal(await say(two, final), 'failure not-authorized', 'a replay')

  const three = scram('sha-256', false).start(context)
  const forged = challengeOf(await say(three, client.first)).replace(/^r=[^,]+/, 'r=rOprNGfwEbeRWgbNEkqO')
  assert.equal(await say(three, client.final(forged)), 'failure not-authorized', "the client's part alone")
})

test('CORE-17: an exchange that failed stays failed', async () => {
  const client = new ScramClient('sha-256', PASSWORD)
  const exchange = scram('sha-256', false).start(contextWith())
  const greeting = challengeOf(await say(exchange, client.first))
  assert.equal(await say(exchange, new ScramClient('sha-256', 'wrong').final(greeting)), 'failure not-authorized')
  assert.equal(await say(exchange, client.final(greeting)), 'failure malformed-request')
  const early = scram('sha-256', false).start(contextWith())
  assert.equal(await say(early, 'nonsense'), 'failure malformed-request')
  assert.equal(await say(early, client.first), 'failure malformed-request')
})

test('T-C06, SEC-4: an unknown user gets a salt like any other, the same again, and the same failure', async () => {
  for (const hash of HASHES) {
    const greet = async (username: string): Promise<string[]> => {
      const client = new ScramClient(hash, PASSWORD, { username })
      const exchange = scram(hash, false).start(contextWith())
      const greeting = challengeOf(await say(exchange, client.first))
      return [greeting, await say(exchange, client.final(greeting))]
    }
    const shape = (greeting: string): string =>
      greeting.replace(/,s=([^,]+),/, (_, salt: string) => `,s=${Buffer.from(salt, 'base64').length} octets,`)
    const [known] = await greet('romeo')
    const [unknown, failed] = await greet('nobody')
    const [again] = await greet('NoBody')
    const [other] = await greet('somebody')
    assert.equal(shape(unknown!), shape(known!))
    assert.equal(again, unknown, 'one account, however its name is written')
    assert.notEqual(other, unknown)
    assert.equal(failed, await login(hash, false, new ScramClient(hash, 'wrong')))
  }
})

test('SEC-4: the exchange rejects when the store does', async () => {
  const broken = contextWith({ accounts: { credentials: () => Promise.reject(new Error('disk')) } })
  await assert.rejects(say(scram('sha-256', false).start(broken), 'n,,n=romeo,r=abc'), /disk/)
})

test('T-C05: octets of any kind never crash an exchange and never succeed', async () => {
  const octets = fc.uint8Array({ maxLength: 200 }).map((a) => Buffer.from(a))
  const scraps = fc.array(
    fc.constantFrom(
      'n',
      'y',
      'p=tls-exporter',
      ',',
      ',,',
      'n=',
      'romeo',
      'r=',
      'abc',
      'a=',
      'm=',
      '=2C',
      'c=',
      'biws',
      'p=',
      '\0',
      '\u{1f600}',
      '=',
    ),
    { maxLength: 12 },
  )
  const message = fc.oneof(
    octets,
    scraps.map((s) => Buffer.from(s.join(''))),
    fc.constant(Buffer.from('n,,n=romeo,r=abc')),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...HASHES),
      fc.boolean(),
      fc.array(message, { minLength: 1, maxLength: 3 }),
      async (hash, plus, messages) => {
        const exchange = scram(hash, plus).start(contextWith())
        for (const m of messages) assert.match(await say(exchange, m), /^(challenge|failure) /)
      },
    ),
    { numRuns: 500 },
  )
})

test('T-C05: a right final message with any one octet changed never succeeds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (place, mask) => {
      const client = new ScramClient('sha-1', PASSWORD, EXPORTER_CLIENT)
      const exchange = scram('sha-1', true).start(contextWith())
      const final = Buffer.from(client.final(challengeOf(await say(exchange, client.first))))
      final[place % final.length]! ^= mask
      assert.match(await say(exchange, final), /^failure (not-authorized|malformed-request)$/)
    }),
    { numRuns: 60 },
  )
})

test('XEP-0474 4.1: what was offered is told again, under the proof', async () => {
  const offered = { name: (name: string) => ({ name, byPassword: true, start: () => assert.fail() }) }
  const advertised = advertisedIn({
    mechanisms: ['SCRAM-SHA-1-PLUS', 'SCRAM-SHA-1'].map(offered.name),
    bindings: ['tls-server-end-point', 'tls-exporter'],
  })
  const client = new ScramClient('sha-1', PASSWORD)
  assert.equal(
    await login('sha-1', false, client, contextWith({ advertised })),
    `success romeo@montague.example ${client.serverSignature}`,
  )
  assert.equal(client.advertised, 'G6k/rBLDqgOhRRaCuuatSDFkJ08=', 'the example of section 4.3')
  const unbound = { mechanisms: [offered.name('SCRAM-SHA-1')], bindings: [] }
  assert.equal(advertisedIn(unbound), 'SCRAM-SHA-1')
})

for (const hash of HASHES) {
  test(`XEP-0474 4.1: ${hash}, and a client that was told something else`, async () => {
    const exchange = scram(hash, false).start(contextWith({ advertised: 'SCRAM-SHA-512' }))
    const client = new ScramClient(hash, PASSWORD)
    const first = challengeOf(await say(exchange, client.first))
    assert.equal(await say(exchange, client.final(first.replace(/,h=.*/, ',h=AAAA'))), 'failure not-authorized')
    assert.equal(client.advertised, 'AAAA')
  })
}
