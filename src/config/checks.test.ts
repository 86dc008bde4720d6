import assert from 'node:assert/strict'
import { test } from 'node:test'
import { complaintsAbout } from './checks.ts'
import type { Complaint } from './complaint.ts'
import { load } from './loader.ts'
import { configOf, sections, type Config } from './sections.ts'
import { warningsAbout } from './warnings.ts'

const config = (toml: string): Config => configOf(load({ file: 'porchlight.toml', toml, readFile: () => '' }, sections, () => []))
const brief = (complaints: readonly Complaint[]): string[] =>
  complaints.map((c) => `[${c.section}] ${c.option}: ${c.what}. ${c.remedy}`)

test('the built-in values are without complaints and warnings', () => {
  assert.deepEqual(complaintsAbout(config('')), [])
  assert.deepEqual(warningsAbout(config('')), [])
})

test('each complaint names option, fault and remedy', () => {
  const cases: readonly (readonly [toml: string, expected: RegExp])[] = [
    ['[server]\ndomains = []', /^\[server\] domains: the server has no domain\. Name at least one/],
    ['[server]\ndomains = ["exa mple"]', /^\[server\] domains: "exa mple" cannot be a domain \(.+\)\. Write a domain name/],
    ['[listen]\nc2s = ["5222"]', /^\[listen\] c2s: "5222" is not an address and a port\. Write one such as/],
    ['[listen]\nhttp = ["127.0.0.1:70000"]', /^\[listen\] http: "127\.0\.0\.1:70000" is not/],
    ['[listen]\nc2s = ["::1:5222"]', /^\[listen\] c2s: "::1:5222" is not/],
    ['[tls]\ncertificate = "a.pem"', /^\[tls\] certificate: there are 1 certificates and 0 keys\. Name one key for each/],
    ['[tls]\ncertificate = "a.pem"\nkey = ["a.key", "b.key"]', /^\[tls\] key: there are 1 certificates and 2 keys/],
    [
      '[sasl]\nmechanisms = ["SCRAM-SHA256"]',
      /^\[sasl\] mechanisms: the server has no mechanism "SCRAM-SHA256"\. Did you mean SCRAM-SHA-256\?/,
    ],
    ['[sasl]\nmechanisms = ["PLAIN", "SCRAM-SHA-1"]', /no mechanism "PLAIN"\. Write plain = true instead/],
    ['[sasl]\nmechanisms = []', /^\[sasl\] mechanisms: nobody could log in/],
    ['[sasl]\nplain-without-tls = true', /^\[sasl\] plain-without-tls: it has no effect without plain/],
    ['[server]\ndomains = ["a.example", "A.example"]', /^\[server\] domains: "A\.example" is there twice\. Name it once/],
    ['[admin]\nmonitoring-hosts = ["https://m.example/"]', /^\[admin\] monitoring-hosts: "https:.+" is not the name of a host/],
    ['[admin]\nmonitoring-hosts = ["m.example:9090"]', /^\[admin\] monitoring-hosts: /],
    ['[admin]\nmonitoring-hosts = ["*.example"]', /^\[admin\] monitoring-hosts: /],
    ['[admin]\nmonitoring-hosts = [""]', /^\[admin\] monitoring-hosts: /],
    ['[admin]\nmonitoring-hosts = ["192.0.2.1"]', /^\[admin\] monitoring-hosts: /],
    [
      '[streams]\nstanza-size = "1 MiB"',
      /^\[streams\] output-queue: a client that resumes its session can be sent more at once\. Write "1280 KiB" or more/,
    ],
    [
      '[message-archive]\nsize = "1 MiB"',
      /^\[message-archive\] size: it is below \[offline-messages\] size and strangers-size together: the archive would remove/,
    ],
    ['[message-archive]\nmessages = 1000', /^\[message-archive\] messages: it is below \[offline-messages\] messages and/],
    ['[offline-messages]\nsize = "1 GiB"', /^\[offline-messages\] size: it is above \[message-archive\] size: the archive/],
    [
      '[offline-messages]\nstrangers-size = "1 GiB"',
      /^\[offline-messages\] strangers-size: it is above \[message-archive\] size/,
    ],
    ['[[component]]\nsecret = "12345678901234567890"', /^\[component\] domain: "" cannot be a domain \(it is missing\)/],
    [
      '[[component]]\ndomain = "localhost"\nsecret = "12345678901234567890"',
      /^\[component\] domain: "localhost" is served already/,
    ],
    [
      '[[component]]\ndomain = "a.example"\nsecret = "12345678901234567890"\n[[component]]\ndomain = "A.example"\nsecret = "12345678901234567890"',
      /^\[component 2\] domain: "A.example" is served already/,
    ],
    ['[[component]]\ndomain = "a.example"', /^\[component\] secret: the component has no secret/],
    [
      '[listen]\ncomponents = []\n[[component]]\ndomain = "a.example"\nsecret = "12345678901234567890"',
      /^\[listen\] components: there is a \[\[component\]\] and no address at which it could connect/,
    ],
    [
      '[sasl]\nmechanisms = ["EXTERNAL"]',
      /^\[sasl\] mechanisms: nobody could log in: EXTERNAL needs client certificates.*Name their authorities/,
    ],
    ['[server]\ndata-directory = " "', /^\[server\] data-directory: it is empty\. Write a path/],
    ['[[peer]]\ndomain = "LOCALHOST"\ntrust = "deny"', /^\[peer\] domain: "LOCALHOST" is served here\. Name a domain of another/],
    ['[web]\norigins = ["chat.example"]', /^\[web\] origins: "chat\.example" is not a web origin\. Write one such as/],
    ['[web]\ntrusted-proxies = ["proxy"]', /^\[web\] trusted-proxies: "proxy" is no address\. Write one such as/],
    ['[web]\nsee-other-uri = "ws://b.example/"', /^\[web\] see-other-uri: "ws:\/\/b\.example\/" is no secure endpoint/],
    [
      '[security-labels]\npolicy = "labels.toml"\n[matrix]\nenabled = true',
      /^\[security-labels\] policy: Matrix clients neither send nor show/,
    ],
    ['[listen]\ncomponents = ["0.0.0.0:5347"]', /^\[listen\] components: "0\.0\.0\.0:5347" can be reached from other machines/],
  ]
  for (const [toml, expected] of cases) {
    const found = brief(complaintsAbout(config(toml)))
    assert.equal(found.length, 1, toml)
    assert.match(found[0]!, expected)
  }
})

test('settings for tests are warned of', () => {
  const toml =
    '[server]\nfresh = true\n[streams]\nrequire-tls = false\n[presence]\nqueries-by-strangers = true\n[sasl]\nplain = true\nplain-without-tls = true'
  assert.deepEqual(
    warningsAbout(config(toml)).map((w) => w.option),
    ['fresh', 'require-tls', 'queries-by-strangers', 'plain-without-tls'],
  )
})

test('XEP-0198: times that are over before a broken stream between servers may be resumed are warned of', () => {
  const warned = (toml: string): readonly string[] => warningsAbout(config(toml)).map((w) => `${w.section} ${w.option}`)
  const short = (more = ''): string =>
    `[federation]\nqueue-timeout = "5 s"\n${more}[presence-annotations]\nconfirm-within = "4 s"\n`
  assert.deepEqual(warned(short()), ['federation queue-timeout', 'presence-annotations confirm-within'])
  assert.deepEqual(warned(short('stream-management = false\n')), [])
  assert.deepEqual(warned('[federation]\nqueue-timeout = "6 s"\n[presence-annotations]\nconfirm-within = "6 s"\n'), [])
})

test('LAB-29: files without labels are warned of where there is a policy', () => {
  const warned = (toml: string): readonly string[] => warningsAbout(config(toml)).map((w) => `${w.section} ${w.option}`)
  assert.deepEqual(warned('[security-labels]\npolicy = "labels.toml"'), ['security-labels policy'])
  assert.deepEqual(warned('[security-labels]\npolicy = "labels.toml"\n[http-upload]\nenabled = false'), [])
})

test('COMP-4: a secret that somebody may guess is warned of', () => {
  assert.deepEqual(
    warningsAbout(config('[[component]]\ndomain = "a.example"\nsecret = "sesame"')).map((w) => `${w.section} ${w.option}`),
    ['component secret'],
  )
})
