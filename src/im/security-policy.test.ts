import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { policy } from '../../test/support/labels.ts'
import { wire } from '../xml/wire.ts'
import { Payload } from '../xmpp/packet.ts'
import { labelIn } from '../xmpp/security-label.ts'
import {
  effectiveLabel,
  includes,
  isNotBelow,
  whyDenied,
  type CategoryKind,
  type Clearance,
  type Grade,
} from './security-policy.ts'

const KINDS = {
  kinds: new Map<string, CategoryKind>([
    ['all', 'restrictive'],
    ['any', 'permissive'],
    ['note', 'informative'],
  ]),
}
const SETS = [...KINDS.kinds.keys()]

function grade(level: number, categories: Readonly<Record<string, readonly string[]>> = {}): Grade {
  const sets = Object.entries(categories).filter(([, all]) => all.length > 0)
  return { id: '', level, categories: new Map(sets.map(([set, all]) => [set, new Set(all)])) }
}
const rule = (clearance: Clearance | null, label: Grade | null): string => {
  const denied = whyDenied(KINDS, clearance, label)
  return denied === null ? 'granted' : `${denied.rule} ${denied.set}`.trim()
}

test('LAB-21: four levels and three kinds of sets', () => {
  for (const level of [0, 1, 2, 3])
    for (const held of [0, 1, 2, 3]) assert.equal(rule(grade(held), grade(level)), held >= level ? 'granted' : 'level')
  const rows: readonly (readonly [held: Grade, asked: Grade, expected: string])[] = [
    [grade(1, { all: ['a', 'b'] }), grade(1, { all: ['a'] }), 'granted'],
    [grade(1, { all: ['a'] }), grade(1, { all: ['a', 'b'] }), 'restrictive all'],
    [grade(3), grade(0, { all: ['a'] }), 'restrictive all'],
    [grade(1, { any: ['a'] }), grade(1, { any: ['a', 'b'] }), 'granted'],
    [grade(1, { any: ['c'] }), grade(1, { any: ['a', 'b'] }), 'permissive any'],
    [grade(3), grade(0, { any: ['a'] }), 'permissive any'],
    [grade(1), grade(1, { note: ['a'] }), 'granted'],
    [grade(1, { any: ['a'] }), grade(1, { any: ['a'], all: ['a'] }), 'restrictive all'],
  ]
  for (const [held, asked, expected] of rows) assert.equal(rule(held, asked), expected)
})
test('LAB-3: the nil label and the nil clearance are denied, whatever the other one is', () => {
  assert.equal(rule(grade(9), null), 'no label')
  assert.equal(rule(null, grade(0)), 'no clearance')
  assert.equal(rule(null, null), 'no label')
})

const letters = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'))
const grades = fc
  .record({ level: fc.integer({ min: 0, max: 3 }), all: letters, any: letters, note: letters })
  .map(({ level, ...sets }) => grade(level, sets))
const grants = (clearance: Clearance, label: Grade): boolean => whyDenied(KINDS, clearance, label) === null
/** The same with more of everything. */
const more = (one: Grade, { level, categories }: Grade): Grade => ({
  id: '',
  level: one.level + level,
  categories: new Map(
    SETS.flatMap((set) => {
      const all = new Set([...(one.categories.get(set) ?? []), ...(categories.get(set) ?? [])])
      return all.size === 0 ? [] : [[set, all] as const]
    }),
  ),
})

test('LAB-21: monotone in the clearance: a greater one grants no less', () => {
  fc.assert(
    fc.property(grades, grades, grades, (clearance, extra, label) => {
      if (grants(clearance, label)) assert(grants(more(clearance, extra), label))
      assert(includes(KINDS, more(clearance, extra), clearance))
    }),
  )
})
test('LAB-21: antitone in the label: what asks for more is granted to no more', () => {
  fc.assert(
    fc.property(grades, grades, grades, (clearance, label, extra) => {
      // A permissive set asks for more with fewer categories in it, if there is one
      const any = label.categories.get('any')
      const fewer = any === undefined ? extra.categories.get('any') : new Set([[...any][0]!])
      const { level, categories } = more(label, extra)
      const asking = { id: '', level, categories: new Map(categories) }
      if (fewer !== undefined) asking.categories.set('any', fewer)
      if (grants(clearance, asking)) assert(grants(clearance, label))
    }),
  )
})
test('LAB-33: a clearance includes another one if it grants all that the other one grants, and not otherwise', () => {
  fc.assert(
    fc.property(grades, grades, grades, (one, other, label) => {
      if (includes(KINDS, one, other) && grants(other, label)) assert(grants(one, label))
    }),
  )
  assert(!includes(KINDS, grade(1), grade(2)))
  assert(!includes(KINDS, grade(2), grade(1, { all: ['a'] })))
  assert(includes(KINDS, grade(2), grade(1, { note: ['a'] })))
})

const EXAMPLE = policy()
const labelOf = (inside: string): string | null => {
  const payload = Payload.ofText(wire(`<body>x</body>${inside}`))
  return effectiveLabel(EXAMPLE, labelIn(payload), EXAMPLE.defaultLabel)?.id ?? null
}
const NS = `xmlns='urn:xmpp:sec-label:0'`
const ESS = `xmlns='urn:xmpp:sec-label:ess:0'`

test('LAB-22: the label of this policy, else the first equivalent that it knows, else none', () => {
  const ours = `<label><esssecuritylabel ${ESS}>MQYCAQQGASk=</esssecuritylabel></label>`
  const foreign = `<label><x xmlns='urn:foreign'/></label>`
  const known = `<equivalentlabel><label xmlns='urn:example:mantua:label'>RISERVATO</label></equivalentlabel>`
  const rows: readonly (readonly [string, string | null])[] = [
    ['', 'unclassified'],
    [`<securitylabel ${NS}>${ours}</securitylabel>`, 'secret'],
    [`<securitylabel ${NS}><label/></securitylabel>`, 'unclassified'],
    [`<securitylabel ${NS}>${foreign}</securitylabel>`, null],
    [
      `<securitylabel ${NS}>${foreign}<equivalentlabel><y xmlns='urn:foreign'/></equivalentlabel>${known}</securitylabel>`,
      'restricted',
    ],
    [`<securitylabel ${NS}>${ours}${known}</securitylabel>`, 'secret'],
    [`<securitylabel ${NS}><displaymarking>UNCLASSIFIED</displaymarking>${ours}</securitylabel>`, 'secret'],
    [`<securitylabel xmlns='urn:other'>${ours}</securitylabel>`, 'unclassified'],
  ]
  for (const [inside, expected] of rows) assert.equal(labelOf(inside), expected, inside)
})
test('LAB-2: a label that breaks the form is none', () => {
  const ours = `<label><esssecuritylabel ${ESS}>MQYCAQQGASk=</esssecuritylabel></label>`
  for (const inside of [
    `<securitylabel ${NS}/>`,
    `<securitylabel ${NS}>${ours}${ours}</securitylabel>`,
    `<securitylabel ${NS}>${ours}</securitylabel><securitylabel ${NS}>${ours}</securitylabel>`,
    `<securitylabel ${NS}>${ours}<equivalentlabel/></securitylabel>`,
    `<securitylabel ${NS}><displaymarking/><displaymarking/>${ours}</securitylabel>`,
    `<securitylabel ${NS}><label><a xmlns='a'/><b xmlns='b'/></label></securitylabel>`,
  ])
    assert.equal(labelOf(inside), null, inside)
})
test('LAB-10: what a label says is compared, and not how it is written', () => {
  for (const text of [
    `<esssecuritylabel ${ESS}>\n  MQYC\n  AQQGASk\n</esssecuritylabel>`,
    `<e:esssecuritylabel xmlns:e='urn:xmpp:sec-label:ess:&#48;'>MQYCAQQGASk=</e:esssecuritylabel>`,
  ])
    assert.equal(
      labelOf(`<l:securitylabel xmlns:l='urn:xmpp:sec-label:0'><l:label>${text}</l:label></l:securitylabel>`),
      'secret',
      text,
    )
})

/** Every clearance there is over these levels and categories. */
const subsets = (...all: readonly string[]): readonly (readonly string[])[] =>
  all.reduce<readonly (readonly string[])[]>((sets, one) => [...sets, ...sets.map((set) => [...set, one])], [[]])
const EVERYBODY = [0, 1, 2].flatMap((level) =>
  subsets('a', 'b').flatMap((all) => subsets('a', 'b', 'c').map((any) => grade(level, { all, any }))),
)
test('LAB-27: a label is not below another one if everybody who is granted it is granted the other one, and only then', () => {
  const few = (...from: readonly string[]) => fc.uniqueArray(fc.constantFrom(...from))
  const small = fc
    .record({ level: fc.integer({ min: 0, max: 2 }), all: few('a', 'b'), any: few('a', 'b', 'c'), note: letters })
    .map(({ level, ...sets }) => grade(level, sets))
  fc.assert(
    fc.property(small, small, (one, other) => {
      const isSo = EVERYBODY.every((clearance) => !grants(clearance, one) || grants(clearance, other))
      assert.equal(isNotBelow(KINDS, one, other), isSo)
    }),
  )
  assert(isNotBelow(KINDS, null, grade(3)) && !isNotBelow(KINDS, grade(3), null))
})
