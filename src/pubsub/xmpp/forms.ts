/** The forms of XEP-0060: of a node's configuration, of preconditions, of a subscription's options. */
import type { Element } from '../../xml/element.ts'
import { answeredForm, booleanOf, dataForm, DATA_FORM, valuesOf, type FormField } from '../../xmpp/data-form.ts'
import {
  FIELDS,
  fieldOf,
  kindOf,
  readFields,
  valuesFor,
  type ConfigLimits,
  type Field,
  type NodeConfig,
} from '../machine/config.ts'
import type { Node } from '../machine/node.ts'
import { refuse } from '../machine/refusals.ts'
import { META_DATA, NODE_CONFIG, PUBLISH_OPTIONS, SUBSCRIBE_OPTIONS } from './ns.ts'
import { notAcceptable, refused } from './refused.ts'

/** 8.2.2, 8.2.5 */
export function configForm(config: NodeConfig, type: 'form' | 'result' = 'form'): Element {
  const fields = FIELDS.map((field): FormField => {
    const { type, options, label } = kindOf(field)
    return { name: `pubsub#${field}`, type, label, values: valuesFor(config[field]), options: options.map((one) => [one, one]) }
  })
  return dataForm({ type, formType: NODE_CONFIG, fields })
}

/**
 * What the form in `parent` asks for; null if there is none, or it was cancelled.
 * @throws StanzaError not-acceptable
 */
export function configIn(parent: Element, limits: ConfigLimits): Partial<NodeConfig> | null {
  const form = answeredForm(parent)
  if (form === undefined || form.attr('type') === 'cancel') return null
  const read = readFields(valuesOf(form), limits)
  if ('changes' in read) return read.changes
  throw read.fault === 'access_model' ? notAcceptable('unsupported-access-model') : refused(refuse('configuration', read.fault))
}

/**
 * 7.1.5: the preconditions in `<publish-options/>`.
 * @throws StanzaError: there is one that cannot be met by any node
 */
export function conditionsIn(parent: Element, limits: ConfigLimits): Partial<NodeConfig> | null {
  const form = parent.elements.find((e) => e.is('x', DATA_FORM))
  if (form === undefined) return null
  const values = new Map(valuesOf(form))
  if (form.elements.filter((e) => e.is('field', DATA_FORM)).length > values.size) throw notAcceptable('precondition-not-met')
  if (values.get('FORM_TYPE')?.[0] !== PUBLISH_OPTIONS) throw notAcceptable('precondition-not-met')
  values.delete('FORM_TYPE')
  if ([...values.keys()].some((name) => fieldOf(name) === null)) throw notAcceptable('precondition-not-met')
  const read = readFields(values, limits)
  if ('fault' in read) throw refused(refuse('precondition', read.fault))
  return read.changes
}

const DELIVER = 'pubsub#deliver'
/** 6.3.2 */
export const optionsForm = (deliver: boolean): Element =>
  dataForm({
    type: 'form',
    formType: SUBSCRIBE_OPTIONS,
    fields: [{ name: DELIVER, type: 'boolean', label: 'Notify of events', values: [deliver ? '1' : '0'] }],
  })
/** @returns null: nothing is said. @throws StanzaError */
export function deliverIn(parent: Element | undefined): boolean | null {
  const form = parent === undefined ? undefined : answeredForm(parent)
  const [given] = form === undefined ? [] : (valuesOf(form).get(DELIVER) ?? [])
  if (given === undefined) return null
  const deliver = booleanOf(given)
  if (deliver === null) throw refused(refuse('options'))
  return deliver
}

const SHOWN: readonly Field[] = [
  'title',
  'description',
  'type',
  'language',
  'contact',
  'access_model',
  'publish_model',
  'max_items',
]
/** 5.4 */
export function metaForm({ config, origin, subscriptions }: Node, date: string): Element {
  const field = (name: string, type: FormField['type'], ...values: readonly string[]): FormField => ({
    name: `pubsub#${name}`,
    type,
    values,
  })
  const fields = SHOWN.map((name) => field(name, kindOf(name).type, ...valuesFor(config[name])))
  const more = [
    field('creator', 'jid-single', origin.creator),
    field('creation_date', 'text-single', date),
    field('owner', 'jid-multi', origin.owner),
    field('num_subscribers', 'text-single', String(subscriptions.size)),
  ]
  return dataForm({ type: 'result', formType: META_DATA, fields: [...fields, ...more] })
}
