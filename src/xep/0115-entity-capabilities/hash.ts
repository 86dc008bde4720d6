/**
 * XEP-0115 section 5: the verification string. Pure: reads a disco#info answer, says whether it is well-formed (5.4 steps 3.3
 * to 3.6), and computes its hash (5.1). Everything is sorted by the octets of its UTF-8 form (i;octet), which is the order of
 * `Wire` strings.
 */
import { createHash } from 'node:crypto'
import type { Element } from '../../xml/element.ts'
import { encode, wire, type Wire } from '../../xml/wire.ts'
import { DATA_FORM } from '../../xmpp/data-form.ts'

/** The relevant part of what an entity says about itself. */
export interface Info {
  readonly features: readonly string[]
  /** The hashed text: S in section 5.1. */
  readonly s: Wire
}

/** The hash functions that `hash` can name, with their names here. SHA-1 must be supported. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  'sha-1': 'sha1',
  'sha-224': 'sha224',
  'sha-256': 'sha256',
  'sha-384': 'sha384',
  'sha-512': 'sha512',
}

export const isKnownHash = (hash: string): boolean => Object.hasOwn(FUNCTIONS, hash)

/** The verification string. @param hash one for which `isKnownHash` is true */
export const verOf = (s: Wire, hash: string): string => createHash(FUNCTIONS[hash]!).update(s, 'latin1').digest('base64')

/**
 * Reads the query of a disco#info answer; null if it is ill-formed.
 *
 * '<' separates the parts of S, so a part that contains one could be read as two. Such an answer counts as ill-formed: only an
 * attacker who wants one client to look like another needs it.
 */
export function readInfo(query: Element): Info | null {
  const identities = new Set<string>()
  const features = new Set<string>()
  const forms = new Map<Wire, string>()
  const read: (readonly Wire[])[] = []
  for (const e of query.elements) {
    if (e.is('identity', query.ns)) {
      const identity = identityOf(e)
      const key = identity.join('\0')
      if (identities.has(key)) return null
      identities.add(key)
      read.push(identity)
    } else if (e.is('feature', query.ns)) {
      const feature = e.attr('var') ?? ''
      if (features.has(feature)) return null
      features.add(feature)
    } else if (e.is('x', DATA_FORM)) {
      const form = formOf(e)
      if (form === null) continue
      if (form === 'ill-formed' || forms.has(form.type)) return null
      forms.set(form.type, form.text)
    }
  }
  const texts = [...features].map(encode)
  if ([...texts, ...read.flat()].some(hasSeparator)) return null
  const s =
    [...read.toSorted(byParts).map((i) => i.join('/')), ...texts.toSorted()].map(ended).join('') +
    [...forms.keys()]
      .toSorted()
      .map((type) => forms.get(type)!)
      .join('')
  return { features: [...features], s: wire(s) }
}

const hasSeparator = (part: Wire): boolean => part.includes('<')
const ended = (part: string): string => `${part}<`

/** Category, type, language, name. */
const identityOf = (e: Element): readonly Wire[] =>
  ['category', 'type', 'xml:lang', 'name'].map((name) => encode(e.attr(name) ?? ''))

function byParts(a: readonly Wire[], b: readonly Wire[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1
  return 0
}

/** 5.1 step 7. Null for a form that does not count, because it has no hidden FORM_TYPE. */
function formOf(form: Element): { readonly type: Wire; readonly text: string } | 'ill-formed' | null {
  const fields = form.elements.filter((e) => e.is('field', DATA_FORM))
  const formType = fields.find((field) => field.attr('var') === 'FORM_TYPE')
  if (formType === undefined || formType.attr('type') !== 'hidden') return null
  const [type, ...others] = valuesOf(formType)
  if (type === undefined) return null
  if (others.some((other) => other !== type)) return 'ill-formed'
  const rest = fields
    .filter((field) => field !== formType)
    .map((field) => [encode(field.attr('var') ?? ''), ...valuesOf(field)] as const)
  const parts = [type, ...rest.toSorted((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0)).flat()]
  return parts.some(hasSeparator) ? 'ill-formed' : { type, text: parts.map(ended).join('') }
}

const valuesOf = (field: Element): readonly Wire[] =>
  field.elements
    .filter((e) => e.is('value', DATA_FORM))
    .map((value) => encode(value.text))
    .toSorted()
