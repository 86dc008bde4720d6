/**
 * The schema in docs/xep-0310/xep-0310.xml, and whether an annotation is as it says. A reader of the few parts of XML Schema that it
 * uses; test/interop/revised-annotations.test.ts asks xmllint the same.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { parseXml, type Xml } from './xml-reader.ts'

const XEP = new URL('../../docs/xep-0310/xep-0310.xml', import.meta.url)
const CDATA = /<(example|code)[^>]*><!\[CDATA\[\n?(.*?)\]\]>/gs
const blocks = (kind: string): readonly string[] =>
  [...readFileSync(XEP, 'utf8').matchAll(CDATA)].filter(([, name]) => name === kind).map(([, , text]) => text!)

/** The examples of stanzas in the text. */
export const examples = blocks('example')
/** As it would be published. */
export const schemaText = blocks('code')
  .find((text) => text.includes('<xs:schema'))!
  .trim()

const schema = parseXml(schemaText.replace(/^<\?xml.*?\?>/, ''))[0]!
const NS = schema.attr('targetNamespace')!
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

const definition = (name: string): Xml | undefined => schema.elements.find((e) => e.name === 'element' && e.attr('name') === name)
/** What stands under `xml`, at any depth. */
const under = (xml: Xml, name: string): readonly Xml[] =>
  xml.elements.flatMap((e) => [...(e.name === name ? [e] : []), ...under(e, name)])

/** One line for each fault. */
export function faultsOf(xml: Xml): readonly string[] {
  const defined = xml.ns === NS ? definition(xml.name) : undefined
  if (defined === undefined) return [`${xml.name} of ${xml.ns} is not in the schema`]
  const attributes = under(defined, 'attribute')
  const names = attributes.map((a) => (a.attr('name') ?? a.attr('ref'))!)
  return [
    ...Object.keys(xml.attrs)
      .filter((a) => a !== 'xmlns' && !names.includes(a))
      .map((a) => `${xml.name} has ${a}`),
    ...attributes.flatMap((a, i) => attributeFault(xml, names[i]!, a)),
    ...(defined.attr('type') === 'empty' && (xml.text !== '' || xml.elements.length > 0) ? [`${xml.name} is not empty`] : []),
    ...childFaults(xml, under(defined, 'sequence')[0]?.elements ?? []),
  ]
}
function attributeFault(xml: Xml, name: string, a: Xml): readonly string[] {
  const value = xml.attr(name)
  if (value === undefined) return a.attr('use') === 'required' ? [`${xml.name} lacks ${name}`] : []
  return a.attr('type') === 'xs:dateTime' && !DATE_TIME.test(value) ? [`${name}="${value}" is no time`] : []
}
/** A sequence: each part in its place, as often as it may be. */
function childFaults(xml: Xml, parts: readonly Xml[]): readonly string[] {
  const rest = [...xml.elements]
  for (const part of parts) {
    const most = part.attr('maxOccurs') === 'unbounded' ? Infinity : Number(part.attr('maxOccurs') ?? 1)
    const fits = (e: Xml | undefined): boolean =>
      e !== undefined && (part.name === 'any' ? e.ns !== NS : e.ns === NS && e.name === part.attr('ref'))
    for (let n = 0; n < most && fits(rest[0]); n++) rest.shift()
  }
  const known = xml.elements.filter((e) => e.ns === NS)
  return [...rest.map((e) => `${e.name} is out of place in ${xml.name}`), ...known.flatMap((e) => faultsOf(e))]
}

/** The annotations in a stanza are as the schema says. @returns how many there are */
export function checkAnnotations(stanza: Xml): number {
  const annotations = stanza.elements.filter((e) => e.name === 'state-annotation' && e.ns === NS)
  for (const one of annotations) assert.deepEqual(faultsOf(one), [], one.show())
  return annotations.length
}
