import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readLabelPolicy } from './label-policy.ts'
import { ConfigError, sentence } from './problem.ts'

const EXAMPLE = readFileSync(new URL('../../config/labels.toml', import.meta.url), 'utf8')

/** What is said about the example with that change. */
function faults(from: string, to: string): readonly string[] {
  assert(EXAMPLE.includes(from), from)
  try {
    readLabelPolicy('labels.toml', EXAMPLE.replace(from, to))
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(sentence)
    throw error
  }
}

test('LAB-20: the example is a policy', () => {
  const { id, labels, clearances, kinds, defaultLabel, defaultClearance } = readLabelPolicy('labels.toml', EXAMPLE)
  assert.equal(id, 'urn:example:policy:1')
  assert.deepEqual([...labels.keys()], ['unclassified', 'restricted', 'confidential-verona-mantua', 'secret', 'secret-orchard'])
  assert.deepEqual([labels.get('secret')!.level, clearances.get('restricted')!.level], [30, 10])
  assert.deepEqual([...clearances.get('mantua')!.categories], [['releasable-to', new Set(['MANTUA'])]])
  assert.deepEqual(
    [...kinds],
    [
      ['project', 'restrictive'],
      ['releasable-to', 'permissive'],
    ],
  )
  assert.deepEqual([defaultLabel?.id, defaultClearance?.id], ['unclassified', 'public'])
})

test('LAB-20: each mistake has its file, its line, what is wrong and the remedy', () => {
  const rows: readonly (readonly [from: string, to: string, said: RegExp])[] = [
    ['level = 10', 'level = "10"', /^labels\.toml:\d+: \[classification 2\] level: must be a number/],
    [
      'marking = "SECRET"',
      'markings = "SECRET"',
      /^labels\.toml:\d+: \[label 4\] markings: there is no such option\. Did you mean marking\?/,
    ],
    [
      'classification = "SECRET"',
      'classification = "SECRT"',
      /^labels\.toml:\d+: \[label 4\] classification: there is no classification "SECRT"\. Did you mean SECRET\?/,
    ],
    ['"project:ORCHARD"', '"project:ORCHID"', /\[label 5\] categories: there is no category "project:ORCHID"/],
    ['default-label = "unclassified"', 'default-label = "open"', /\[policy\] default-label: there is no label "open"/],
    ['default-clearance = "public"', 'default-clearance = "publik"', /\[policy\] default-clearance: .+ Did you mean public\?/],
    ['id = "urn:example:policy:1"', '', /\[policy\] id: the policy has no id/],
    ['background = "red"', 'background = "#red"', /\[label 4\] background: "#red" is no colour/],
    [
      'xml = "<label xmlns=\'urn:example:label:1\'>U</label>"',
      'xml = "<label>U</label>"',
      /\[label\] xml: <label>U<\/label> is not an element of XML \(it has no namespace\)/,
    ],
    [
      'xml = "<label xmlns=\'urn:example:label:1\'>S/ORCHARD</label>"',
      'xml = "<a"',
      /\[label 5\] xml: <a is not an element of XML/,
    ],
    ['xml = "<label xmlns=\'urn:example:label:1\'>S/ORCHARD</label>"', '', /\[label 5\] xml: it is missing/],
    ['S/ORCHARD</label>', 'C/VER,MAN</label>', /stands for the label "confidential-verona-mantua" already/],
    ['selector = "Classified|SECRET"\n', '', /\[label 4\] selector: other labels have one/],
    ['id = "secret"', 'id = "restricted"', /\[label 4\] id: "restricted" is there twice/],
    ['set = "project"', 'set = "pro:ject"', /\[categories\] set: "pro:ject" has a colon/],
    ['[policy]', '[polcy]', /\[polcy\]: there is no such section\. Did you mean policy\?/],
    ['restrictive"', 'strict"', /\[categories\] kind: must be one of "restrictive", "permissive", "informative"/],
    ['name = "UNCLASSIFIED"', 'name = UNCLASSIFIED', /^labels\.toml:\d+: this is not TOML/],
  ]
  for (const [from, to, said] of rows) {
    const found = faults(from, to)
    assert(
      found.some((text) => said.test(text)),
      `${to}: ${found.join('\n')}`,
    )
  }
})
