import assert from 'node:assert/strict'
import { test } from 'node:test'
import { de } from './de.ts'
import { en } from './en.ts'
import { inviteDe } from './de-invite.ts'
import { operatorDe } from './de-operator.ts'
import { inviteEn } from './en-invite.ts'
import { operatorEn } from './en-operator.ts'
import { languageFor } from './language.ts'

test('the first language that the person wants and the pages have; English otherwise', () => {
  const languageOf = (...wanted: readonly string[]): string => languageFor(wanted)
  assert.deepEqual(
    [languageOf('fr', 'de-AT', 'en'), languageOf('EN-gb', 'de'), languageOf('fr'), languageOf()],
    ['de', 'en', 'en', 'en'],
  )
})
test('each language has a text of its own for everything, with the same things in it', () => {
  const texts = (words: object, path = ''): readonly (readonly [string, unknown])[] =>
    Object.entries(words).flatMap(([key, value]: [string, unknown]) =>
      typeof value === 'object' && value !== null ? texts(value, `${path}${key}.`) : [[path + key, value] as const],
    )
  const english = texts({ board: en, invite: inviteEn, operator: operatorEn })
  const german = new Map(texts({ board: de, invite: inviteDe, operator: operatorDe }))
  assert.deepEqual([...german.keys()].toSorted(), english.map(([key]) => key).toSorted())
  const filled = (text: unknown): string =>
    typeof text === 'function' ? (text as (...given: unknown[]) => string)('<1>', '<2>') : String(text)
  for (const [key, text] of english) {
    const [here, there] = [filled(text), filled(german.get(key))]
    assert.notEqual(there.trim(), '', key)
    for (const given of ['<1>', '<2>']) assert.equal(there.includes(given), here.toLowerCase().includes(given), key)
  }
})
