import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checked, type Table } from './loader.ts'
import { PRESETS, presetWords } from './presets.ts'
import { warningsAbout } from './warnings.ts'
import { configOf, sections, type Config } from './sections.ts'
import { PROFILES } from './settings.ts'

const read = (tables: Table): Config =>
  configOf(checked(tables, { file: null, toml: '', readFile: () => '' }, sections, () => []))

test('CMP-11: each option of a profile exists, and is set by it', () => {
  for (const profile of PROFILES) {
    const config = read({ server: { profile } })
    const tables = { ...config, ...config.features } as unknown as Readonly<Record<string, Readonly<Record<string, unknown>>>>
    for (const { section, option, value } of PRESETS[profile]) assert.equal(tables[section]![option], value, option)
    assert.equal(presetWords(config).length, PRESETS[profile].length)
  }
})

test('CMP-11: what the file says wins, and that is told', () => {
  const config = read({ 'server': { profile: 'fmn' }, 'http-upload': { enabled: true, files: 7 } })
  assert.deepEqual(config.features['http-upload'], { ...read({}).features['http-upload']!, files: 7 })
  assert.deepEqual(
    presetWords(config).filter((words) => words.includes('but the file')),
    ['[http-upload] enabled = false, but the file says true'],
  )
  assert.equal((config.features['push'] as { readonly enabled: boolean }).enabled, false)
})

test('CMP-11: the policy of labels cannot be in a profile, and its absence is told', () => {
  const told = (tables: Table): boolean => warningsAbout(read(tables)).some(({ section }) => section === 'security-labels')
  assert.equal(told({ server: { profile: 'fmn' } }), true)
  assert.equal(told({ 'server': { profile: 'fmn' }, 'security-labels': { policy: 'policy.toml' } }), false)
  assert.equal(told({}), false)
})

test('CMP-11: without a profile nothing is set; an unknown one is a mistake', () => {
  assert.deepEqual(presetWords(read({})), [])
  assert.throws(() => read({ server: { profile: 'fnm' } }))
})
