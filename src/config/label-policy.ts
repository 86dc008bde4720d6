/** Reads a security policy (XEP-0258) from its own file, which has the form of a configuration. docs/labels.md describes it. */
import { between, choice, count, flag, list, section, text, type Section, type Settings } from '../base/settings.ts'
import {
  CATEGORY_KINDS,
  type CategoryKind,
  type Clearance,
  type Grade,
  type Label,
  type SecurityPolicy,
} from '../im/security-policy.ts'
import type { Element } from '../xml/element.ts'
import { elementOf } from '../xml/whole.ts'
import { encode } from '../xml/wire.ts'
import { keyOfLabel } from '../xmpp/security-label.ts'
import type { Complaint } from './complaint.ts'
import { nthSection } from './lines.ts'
import { load } from './loader.ts'
import type { SectionOfFile } from './sections.ts'
import { remedyFor } from './suggestion.ts'

const policySettings = section({
  'id': text('', 'What identifies the policy, such as "urn:example:policy:1".'),
  'name': text('', 'Name of the catalogue of labels, as users see it.'),
  'description': text('', 'Description of that catalogue.'),
  'restrict': flag(true, 'Whether clients should offer nothing but the catalogue.'),
  'default-label': text('', 'Id of the label that messages without one have. Empty: such messages are refused.'),
  'default-clearance': text('', 'Id of the clearance of those to whom none was given. Empty: they may send and receive nothing.'),
})
const classificationSettings = section({
  name: text('', 'Name of the classification.'),
  level: count(0, between(0, 1_000_000), 'Its level: the higher, the more protected.'),
})
const categorySettings = section({
  set: text('', 'Name of the set of categories.'),
  kind: choice(CATEGORY_KINDS, 'restrictive', 'How they are compared.'),
  categories: list([], 'The categories of the set.'),
})
const grade = {
  id: text('', 'Name by which it is meant elsewhere.'),
  classification: text('', 'Its classification.'),
  categories: list([], 'Its categories, each with the name of its set in front: "set:category".'),
}
const clearanceSettings = section(grade)
const labelSettings = section({
  ...grade,
  marking: text('', 'What clients show beside the message.'),
  foreground: text('', 'Colour of the marking: a name of CSS, or "#rrggbb".'),
  background: text('', 'Colour behind it.'),
  xml: text('', 'The element in <label/>. Empty: the label has no written form, and stands for messages without a label.'),
  equivalents: list([], 'Elements by which other policies write what is equivalent to this label.'),
  selector: text('', 'Its place in the menus of clients, such as "Classified|SECRET".'),
  listed: flag(true, 'Whether users are offered it.'),
})

const one = (name: string, schema: object, doc: string, repeated?: true): SectionOfFile => ({
  name,
  doc,
  schema: schema as unknown as Section,
  ...(repeated === undefined ? {} : { repeated }),
})
const SECTIONS: readonly SectionOfFile[] = [
  one('policy', policySettings, 'The policy as a whole.'),
  one('classification', classificationSettings, 'A level of protection.', true),
  one('categories', categorySettings, 'A set of categories.', true),
  one('clearance', clearanceSettings, 'What somebody may see.', true),
  one('label', labelSettings, 'What a message can be labelled with.', true),
]

interface PolicyFile {
  readonly policy: Settings<typeof policySettings>
  readonly classification: readonly Settings<typeof classificationSettings>[]
  readonly categories: readonly Settings<typeof categorySettings>[]
  readonly clearance: readonly Settings<typeof clearanceSettings>[]
  readonly label: readonly Settings<typeof labelSettings>[]
}

/** @param file for messages @throws ConfigError with all mistakes and their lines */
export function readLabelPolicy(file: string, toml: string): SecurityPolicy {
  const readFile = (): never => {
    throw new Error('a policy refers to no other file')
  }
  const read = load({ file, toml, readFile }, SECTIONS, (values) => [...mistakesIn(values as unknown as PolicyFile)])
  return policyOf(read as unknown as PolicyFile)
}

function* mistakesIn(file: PolicyFile): Iterable<Complaint> {
  const { policy } = file
  if (policy.id === '') yield complaint('policy', 'id', 'the policy has no id', 'Write one such as "urn:example:policy:1".')
  if (file.label.length === 0) yield complaint('label', 'id', 'the policy has no label', 'Write a section [[label]].')
  yield* reference(file.label, 'policy', 'default-label', policy['default-label'], 'label')
  yield* reference(file.clearance, 'policy', 'default-clearance', policy['default-clearance'], 'clearance')
  yield* named(file.classification, 'classification', 'name', ({ name }) => name)
  yield* named(file.categories, 'categories', 'set', ({ set }) => set)
  for (const [i, { set }] of file.categories.entries())
    if (set.includes(':'))
      yield complaint(nthSection('categories', i + 1), 'set', `"${set}" has a colon`, 'Write a name without one.')
  yield* grades(file, file.clearance, 'clearance')
  yield* grades(file, file.label, 'label')
  yield* labels(file)
}
const complaint = (section: string, option: string, what: string, remedy: string): Complaint => ({
  section,
  option,
  what,
  remedy,
})

function* reference(
  all: readonly { readonly id: string }[],
  section: string,
  option: string,
  id: string,
  what: string,
): Iterable<Complaint> {
  const known = all.map((each) => each.id)
  if (id !== '' && !known.includes(id)) yield complaint(section, option, `there is no ${what} "${id}"`, remedyFor(id, known))
}
function* named<T>(all: readonly T[], section: string, option: string, nameOf: (one: T) => string): Iterable<Complaint> {
  for (const [i, each] of all.entries()) {
    const name = nameOf(each)
    const place = nthSection(section, i + 1)
    if (name === '') yield complaint(place, option, 'it is missing', `Write ${option} = "a name".`)
    else if (all.slice(0, i).some((other) => nameOf(other) === name))
      yield complaint(place, option, `"${name}" is there twice`, 'Give one of the two another name.')
  }
}
function* grades(file: PolicyFile, all: readonly Settings<typeof clearanceSettings>[], section: string): Iterable<Complaint> {
  yield* named(all, section, 'id', ({ id }) => id)
  const levels = file.classification.map(({ name }) => name)
  const categories = file.categories.flatMap((set) => set.categories.map((category) => `${set.set}:${category}`))
  for (const [i, each] of all.entries()) {
    const place = nthSection(section, i + 1)
    if (!levels.includes(each.classification))
      yield complaint(
        place,
        'classification',
        `there is no classification "${each.classification}"`,
        remedyFor(each.classification, levels),
      )
    for (const category of each.categories)
      if (!categories.includes(category))
        yield complaint(place, 'categories', `there is no category "${category}"`, remedyFor(category, categories))
  }
}

/** XEP-0258 11.1: a name of CSS, or `#rrggbb`. */
const COLOUR = /^([a-z]+|#[0-9A-Fa-f]{6})?$/

function* labels({ label: all, policy }: PolicyFile): Iterable<Complaint> {
  const keys = new Map<string, string>()
  const hasSelectors = all.some(({ listed, selector }) => listed && selector !== '')
  for (const [i, label] of all.entries()) {
    const place = nthSection('label', i + 1)
    for (const option of ['foreground', 'background'] as const)
      if (!COLOUR.test(label[option]))
        yield complaint(place, option, `"${label[option]}" is no colour`, 'Write a name such as "red", or "#ff0000".')
    if (hasSelectors && label.listed && label.selector === '')
      yield complaint(place, 'selector', 'other labels have one, and this one has none', 'Write one, or leave all of them out.')
    if (label.xml === '' && label.id !== policy['default-label'])
      yield complaint(place, 'xml', 'it is missing', 'Write the element. Only the default label can be without one.')
    for (const [option, text] of [['xml', label.xml], ...label.equivalents.map((text) => ['equivalents', text])] as [
      string,
      string,
    ][]) {
      if (text === '') continue
      const element = elementIn(text)
      if (typeof element === 'string') {
        yield complaint(place, option, `${text} is not an element of XML (${element})`, 'Write one element with its xmlns.')
        continue
      }
      const other = keys.get(keyOfLabel(element))
      if (other !== undefined) yield complaint(place, option, `${text} stands for the label "${other}" already`, 'Write it once.')
      keys.set(keyOfLabel(element), label.id)
    }
  }
}
/** A text says why there is none. */
function elementIn(xml: string): Element | string {
  try {
    const element = elementOf(encode(xml), '')
    return element.ns === '' ? 'it has no namespace' : element
  } catch (error) {
    return (error as Error).message
  }
}

function policyOf(file: PolicyFile): SecurityPolicy {
  const levels = new Map(file.classification.map(({ name, level }) => [name, level]))
  const kinds = new Map<string, CategoryKind>(file.categories.map(({ set, kind }) => [set, kind]))
  const gradeOf = ({ id, classification, categories }: Settings<typeof clearanceSettings>): Grade => ({
    id,
    level: levels.get(classification)!,
    categories: setsOf(categories),
  })
  const clearances = new Map(file.clearance.map((each): [string, Clearance] => [each.id, gradeOf(each)]))
  const all = new Map(file.label.map((each): [string, Label] => [each.id, { ...gradeOf(each), ...formOf(each) }]))
  const { policy } = file
  return {
    id: policy.id,
    name: policy.name === '' ? policy.id : policy.name,
    description: policy.description,
    isRestrictive: policy.restrict,
    kinds,
    labels: all,
    clearances,
    defaultLabel: all.get(policy['default-label']) ?? null,
    defaultClearance: clearances.get(policy['default-clearance']) ?? null,
    byKey: new Map([...all.values()].flatMap((label) => formsOf(label).map((form) => [keyOfLabel(form), label] as const))),
  }
}
function formOf(label: Settings<typeof labelSettings>): Omit<Label, keyof Grade> {
  const { marking, foreground, background, xml, equivalents, selector, listed } = label
  return {
    marking: marking === '' ? null : { text: marking, foreground, background },
    written: xml === '' ? null : (elementIn(xml) as Element),
    equivalents: equivalents.map((text) => elementIn(text) as Element),
    selector,
    isListed: listed,
  }
}
const formsOf = ({ written, equivalents }: Label): readonly Element[] =>
  written === null ? equivalents : [written, ...equivalents]

function setsOf(categories: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const sets = new Map<string, Set<string>>()
  for (const category of categories) {
    const colon = category.indexOf(':')
    sets.getOrInsertComputed(category.slice(0, colon), () => new Set()).add(category.slice(colon + 1))
  }
  return sets
}
