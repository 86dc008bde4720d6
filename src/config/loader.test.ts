import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import { between, boundsOf, choice, count, duration, files, flag, list, section, size, text, zeroOr } from '../base/settings.ts'
import { load, type Source } from './loader.ts'
import { ConfigError, sentence, type Problem } from './problem.ts'
import type { SectionOfFile } from './sections.ts'

const sections: readonly SectionOfFile[] = [
  {
    name: 'streams',
    doc: '',
    schema: section({
      'require-tls': flag(true, ''),
      'stanza-size': size('256 KiB', between('1 KiB', '1 MiB'), ''),
      'login-timeout': duration('60 seconds', zeroOr('1 s', '1 day'), ''),
      'depth': count(64, between(8, 1000), ''),
    }),
  },
  { name: 'log', doc: '', schema: section({ level: choice(['info', 'warn'], 'info', '') }) },
  { name: 'peer', doc: '', schema: section({ domain: text('', ''), secret: text('', '') }), repeated: true },
  {
    name: 'server',
    doc: '',
    schema: section({ domains: list(['localhost'], ''), secret: text('', ''), certificate: files('') }),
  },
]

const source = (toml: string): Source => ({
  file: 'porchlight.toml',
  toml,
  readFile: (path) => {
    if (path === 'secret.txt') return 'open sesame\n'
    throw new Error('no such file')
  },
})
const values = (toml: string) => load(source(toml), sections, () => [])

function problems(toml: string): readonly Problem[] {
  try {
    values(toml)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}
const sentences = (toml: string): string[] => problems(toml).map(sentence)

test('the empty file gives every default, in the units of the code', () => {
  assert.deepEqual(values(''), {
    streams: { 'require-tls': true, 'stanza-size': 262_144, 'login-timeout': 60_000, 'depth': 64 },
    log: { level: 'info' },
    peer: [],
    server: { domains: ['localhost'], secret: '', certificate: [] },
  })
})

test('what the file says replaces the defaults', () => {
  const { streams, server } = values('streams.depth = 9\n[server]\ndomains = ["a.example", "b.example"]\ncertificate = "a.pem"\n')
  assert.deepEqual(streams, { 'require-tls': true, 'stanza-size': 262_144, 'login-timeout': 60_000, 'depth': 9 })
  assert.deepEqual(server, { domains: ['a.example', 'b.example'], secret: '', certificate: ['a.pem'] })
})

test('a text of the form file:PATH is what stands in that file, without the last end of line', () => {
  assert.equal((values('[server]\nsecret = "file:secret.txt"')['server'] as Record<string, unknown>)['secret'], 'open sesame')
})

test('a file that a value refers to and that cannot be read is a problem of that value', () => {
  assert.deepEqual(sentences('[server]\nsecret = "file:gone"'), [
    "porchlight.toml:2: [server] secret: the file gone cannot be read (no such file). Correct the path, or make the file readable for the server's user.",
  ])
})

test('a text that is not TOML is reported at its line', () => {
  const [problem, ...more] = problems('[streams]\nrequire-tls = true\ndepth = yes\n')
  assert.deepEqual(more, [])
  assert.equal(problem!.line, 3)
  assert.match(problem!.what, /^this is not TOML: /)
})

test('an unknown option is refused, with the one that was probably meant', () => {
  assert.deepEqual(sentences('# a comment\n[streams]\nstanza_sice = "1 KiB"'), [
    'porchlight.toml:3: [streams] stanza_sice: there is no such option. Did you mean stanza-size?',
  ])
})

test('an unknown option that resembles none is refused with those that there are', () => {
  assert.deepEqual(sentences('[log]\nverbosity = 3'), [
    'porchlight.toml:2: [log] verbosity: there is no such option. Known are: level.',
  ])
})

test('an unknown section is refused, with the one that was probably meant', () => {
  assert.deepEqual(sentences('[stream]\ndepth = 9'), [
    'porchlight.toml:1: [stream]: there is no such section. Did you mean streams?',
  ])
})

test('an option outside its section is sent there', () => {
  assert.deepEqual(sentences('depth = 9'), [
    'porchlight.toml:1: [depth]: depth is outside its section. Put it below a line [streams].',
  ])
})

test('a section that is a value is refused', () => {
  assert.deepEqual(sentences('log = "info"'), [
    'porchlight.toml:1: [log]: must be a section. Write [log] on a line of its own, and its options below.',
  ])
})

test('values of the wrong kind are refused with what they must be', () => {
  const cases: readonly (readonly [toml: string, what: string | null])[] = [
    ['[streams]\nrequire-tls = "yes"', 'must be true or false'],
    ['[streams]\nstanza-size = 1024', 'must be a size with its unit, such as "256 KiB", in quotes'],
    ['[streams]\nstanza-size = "1024 bites"', 'must be a size with its unit, such as "256 KiB"'],
    ['[streams]\nlogin-timeout = "60"', 'must be a span of time with its unit, such as "30 seconds"'],
    ['[streams]\ndepth = "9"', 'must be a number'],
    ['[streams]\ndepth = 9.5', 'must be a whole number'],
    ['[streams]\ndepth = 7', 'must be from 8 to 1000'],
    ['[streams]\ndepth = 1001', 'must be from 8 to 1000'],
    ['[streams]\nstanza-size = "0 B"', 'must be from 1 KiB to 1 MiB'],
    ['[streams]\nlogin-timeout = "1 ms"', 'must be from 1 s to 1 day, or 0 s'],
    ['[streams]\nlogin-timeout = "0.4 days"', null],
    ['[streams]\nlogin-timeout = "0 h"', null],
    ['[streams]\nlogin-timeout = "1.1 days"', 'must be from 1 s to 1 day, or 0 s'],
    ['[log]\nlevel = "loud"', 'must be one of "info", "warn"'],
    ['[server]\ndomains = "localhost"', 'must be a list'],
    ['[server]\ndomains = [1]', 'must be a list of texts in quotes'],
    ['[server]\nsecret = 1', 'must be a text in quotes'],
    ['[server]\ncertificate = 1', 'must be the path of a file in quotes, or a list of them'],
  ]
  for (const [toml, what] of cases)
    assert.deepEqual(
      problems(toml).map((p) => [p.line, p.what]),
      what === null ? [] : [[2, what]],
      toml,
    )
})

test('a wrong value is shown with the default', () => {
  assert.deepEqual(sentences('[streams]\ndepth = 7'), [
    'porchlight.toml:2: [streams] depth: must be from 8 to 1000. It is 7; the default is 64.',
  ])
})

test('all problems are found at once', () => {
  const found = problems(
    '[streams]\ndepth = 7\nstanza-sise = 1\nlogin-timeout = 3\n[logg]\nlevel = "info"\n[server]\nsecret = "file:gone"\n',
  )
  assert.deepEqual(
    found.map((p) => p.line),
    [2, 3, 4, 5, 8],
  )
})

test('a value of the wrong kind hides no other mistake, and is itself complained of once', () => {
  const check = () => [{ section: 'streams', option: 'depth', what: 'too deep', remedy: 'Dig less.' }]
  const failure = (toml: string): string => {
    try {
      load(source(toml), sections, check)
      return ''
    } catch (error) {
      return (error as Error).message
    }
  }
  assert.equal(failure('[streams]\n\ndepth = 9'), 'porchlight.toml:3: [streams] depth: too deep. Dig less.')
  assert.doesNotMatch(failure('[streams]\ndepth = 7'), /too deep/)
  assert.equal(
    failure('[streams]\nlogin-timeout = 3\ndepth = 9').split('\n').length,
    2,
    'the rule is asked about all other options',
  )
})

test('without a file, a problem names the option alone', () => {
  const check = () => [{ section: 'log', option: 'level', what: 'wrong', remedy: 'Right it.' }]
  assert.throws(() => load({ file: null, toml: '', readFile: () => '' }, sections, check), {
    message: 'configuration: [log] level: wrong. Right it.',
  })
})

test('the sections of the server themselves have a default for every option', async () => {
  const { sections: real } = await import('./sections.ts')
  for (const { name, schema } of real) assert.equal(v.safeParse(schema, {}).success, true, name)
  assert.equal(new Set(real.map((s) => s.name)).size, real.length)
})

test('every number, span of time and size has bounds, and a word on what 0 means where it is taken', async () => {
  const { sections: real } = await import('./sections.ts')
  let found = 0
  for (const { name, schema } of real)
    for (const [option, entry] of Object.entries(schema.entries)) {
      const byDefault = (v.parse(schema, {}) as Record<string, unknown>)[option]
      if (typeof byDefault !== 'number') continue
      found += 1
      const place = `[${name}] ${option}`
      const its = boundsOf(entry)
      assert(its !== undefined, `${place} has no bounds`)
      const isTaken = (value: unknown): boolean => v.safeParse(schema, { [option]: value }).success
      const written = (value: number): readonly unknown[] => [value, `${value} ms`, `${value} B`]
      assert(written(its.min).some(isTaken) && written(its.max).some(isTaken), place)
      for (const value of [its.max + 1, ...(its.min > 1 ? [its.min - 1] : [])]) assert(!written(value).some(isTaken), place)
      assert.equal(written(0).some(isTaken), its.isZeroMeant || its.min === 0, place)
      const { wrapped } = entry as unknown as { readonly wrapped: Parameters<typeof v.getDescription>[0] }
      if (its.isZeroMeant) assert.match(v.getDescription(wrapped) ?? '', /\b0( s"| B")?: /, place)
    }
  assert(found > 90, `${found} options are few`)
})

test('a section that may be repeated is an array of tables, each with its own lines', () => {
  const { peer } = values('[[peer]]\ndomain = "a"\nsecret = "file:secret.txt"\n[[peer]]\ndomain = "b"\n')
  assert.deepEqual(peer, [
    { domain: 'a', secret: 'open sesame' },
    { domain: 'b', secret: '' },
  ])
  assert.match(
    sentences('[[peer]]\ndomain = "a"\n[[peer]]\n\ndomian = "b"\n')[0]!,
    /^porchlight\.toml:5: \[peer 2\] domian: there is no such option\. Did you mean domain\?/,
  )
  assert.match(
    sentences('[peer]\ndomain = "a"\n')[0]!,
    /^porchlight\.toml:1: \[peer\]: must be a section that may be repeated\. Write \[\[peer\]\]/,
  )
})

test('a path is not read with "file:": a private key would stand in the message', () => {
  const secret = 'open sesame'
  for (const value of ['"file:secret.txt"', '["file:secret.txt"]'])
    assert.deepEqual(sentences(`[server]\ncertificate = ${value}\n`), [
      `porchlight.toml:2: [server] certificate: must be a path, without "file:". It is ${value}; the default is [].`,
    ])
  const [about] = sentences('[log]\nlevel = "file:secret.txt"\n')
  assert.match(about!, /It is "file:secret\.txt"/)
  assert(!about!.includes(secret))
})

test('a secret that cannot be read is one mistake, not two', () => {
  const complaint = { section: 'peer', option: 'secret', what: 'there is none', remedy: '' }
  assert.throws(
    () => load(source('[[peer]]\nsecret = "file:gone"\n'), sections, () => [complaint]),
    (error) => error instanceof ConfigError && error.problems.length === 1 && /cannot be read/.test(error.message),
  )
})

test('a value stands in a message as it does in the file; what is there twice is said so', () => {
  assert.match(sentences('[streams]\ndepth = inf\n').join(), /must be a whole number\. It is inf;/)
  assert.match(sentences('[streams]\nlogin-timeout = 2026-01-01\n').join(), /It is "?2026-01-01/)
  for (const twice of ['[log]\nlevel = "info"\nlevel = "warn"\n', '[log]\n[server]\n[log]\n'])
    assert.match(
      sentences(twice).join(),
      /^porchlight\.toml:3: this option or section appears a second time\. Combine the two into one\.$/,
    )
})
