import assert from 'node:assert/strict'
import { test } from 'node:test'
import { complaintsAbout } from './checks.ts'
import type { Complaint } from './complaint.ts'
import { load } from './loader.ts'
import { configOf, sections, type Config } from './sections.ts'
import { warningsAbout } from './warnings.ts'

const config = (toml: string): Config => configOf(load({ file: 'porchlight.toml', toml, readFile: () => '' }, sections, () => []))
const places = (found: readonly Complaint[]): readonly string[] => found.map(({ section, option }) => `[${section}] ${option}`)

test('of two options that belong together, one above the other is a mistake', () => {
  const cases: readonly (readonly [toml: string, place: string])[] = [
    ['[federation]\nretry = "2 minutes"', '[federation] retry'],
    ['[federation]\nlongest-retry = "1 s"', '[federation] longest-retry'],
    ['[federation]\nretry = "10 s"\nlongest-retry = "9 s"', '[federation] retry'],
    ['[federation]\nconnections-per-domain = 201', '[federation] connections-per-domain'],
    ['[streams]\nstanza-size-before-login = "257 KiB"', '[streams] stanza-size-before-login'],
    ['[streams]\ncomponent-output-queue = "255 KiB"', '[streams] component-output-queue'],
    ['[federation]\nstanza-size = "5 MiB"', '[federation] stanza-size'],
    ['[federation]\nqueue-size = "20 KB"', '[federation] queue-size'],
    ['[stream-management]\nqueue-size = "20 KB"', '[stream-management] queue-size'],
    ['[stream-management]\nask-after-stanzas = 6000', '[stream-management] ask-after-stanzas'],
    ['[fast]\nlifetime = "1 hour"', '[fast] lifetime'],
    ['[bosh]\ninactivity = "1 s"', '[bosh] inactivity'],
  ]
  for (const [toml, place] of cases) assert.deepEqual(places(complaintsAbout(config(toml))), [place], toml)
  assert.deepEqual(complaintsAbout(config('[federation]\nretry = "2 minutes"')), [
    {
      section: 'federation',
      option: 'retry',
      what: 'it is above [federation] longest-retry: pauses could only become shorter',
      remedy: 'Write less here, or more for [federation] longest-retry.',
    },
  ])
  for (const good of [
    '[fast]\nlifetime = "0 s"',
    '[federation]\nretry = "1 minute"',
    '[federation]\nretry = "9 s"\nlongest-retry = "9 s"',
  ])
    assert.deepEqual(complaintsAbout(config(good)), [], good)
})

test('two options that work together in a way that one might not expect are noted', () => {
  const cases: readonly (readonly [toml: string, place: string])[] = [
    ['[federation]\ngrace = "10 s"', '[federation] grace'],
    ['[limits]\npresence-size = "300 KiB"', '[limits] presence-size'],
    ['[offline-messages]\nsize = "100 KiB"', '[offline-messages] size'],
    ['[stream-management]\nqueue-stanzas = 500', '[stream-management] queue-stanzas'],
    ['[client-state-indication]\nheld-size = "5 MiB"', '[client-state-indication] held-size'],
    ['[ping]\nidle = "6 minutes"', '[ping] idle'],
    ['[bosh]\nmax-pause = "20 s"', '[bosh] max-pause'],
    ['[stream-management]\nresume-time = "2 s"', '[stream-management] resume-time'],
    ['[federation]\nidle-close = "5 s"', '[federation] idle-close'],
  ]
  for (const [toml, place] of cases) {
    assert.deepEqual(places(warningsAbout(config(toml))), [place], toml)
    assert.deepEqual(complaintsAbout(config(toml)), [], toml)
  }
  assert.deepEqual(
    warningsAbout(config('[stream-management]\nresume-time = "0 s"\n[offline-messages]\nsize = "0 B"\n[ping]\nidle = "0 s"')),
    [],
  )
})

test('what has no effect is noted', () => {
  const cases: readonly (readonly [toml: string, places: readonly string[]])[] = [
    [
      '[federation]\nenabled = false\n[[peer]]\ndomain = "a.example"\n[[peer]]\ndomain = "b.example"',
      ['[peer] domain', '[peer 2] domain'],
    ],
    ['[federation]\nenabled = false\nauthorities = "a.pem"', ['[federation] authorities']],
    ['[federation]\ntrust = "deny"', ['[federation] trust']],
    ['[federation]\ntrust = "deny"\n[[peer]]\ndomain = "a.example"\ntrust = "allow-dialback"', []],
    ['[tls]\nclient-authorities = "a.pem"\n[sasl]\nmechanisms = ["SCRAM-SHA-256"]', ['[tls] client-authorities']],
    ['[sasl]\nmechanisms = ["SCRAM-SHA-256-PLUS"]', ['[fast] without-channel-binding']],
    ['[sasl]\nmechanisms = ["SCRAM-SHA-256-PLUS"]\n[fast]\nwithout-channel-binding = false', []],
    ['[registration]\nopen = true\nper-address = 0', ['[registration] per-address']],
    ['[log]\nlevel = "debug"', ['[log] level']],
  ]
  for (const [toml, expected] of cases) assert.deepEqual(places(warningsAbout(config(toml))), expected, toml)
})

test('senseless values are refused one by one', () => {
  const cases: readonly (readonly [section: string, option: string])[] = [
    ['streams', 'login-timeout = "0 s"'],
    ['streams', 'login-timeout = "1 ms"'],
    ['streams', 'stanza-size = "9999 B"'],
    ['ping', 'timeout = "0 s"'],
    ['federation', 'dead-after = "0 s"'],
    ['federation', 'grace = "0 s"'],
    ['bosh', 'wait = "0 s"'],
    ['sasl', 'iterations = 100000000'],
    ['sasl', 'iterations = 1000'],
    ['limits', 'resources = 0'],
    ['stream-management', 'resume-time = "1000 days"'],
  ]
  for (const [section, option] of cases)
    assert.throws(
      () => config(`[${section}]\n${option}\n`),
      /porchlight\.toml:2: .+ must be from .+ to .+\. It is .+; the default is/,
      option,
    )
})
