/** The forms of XEP-0060: of a node's configuration, of preconditions, of a subscription's options. */
import type { Element } from '../../xml/element.ts'
import { formatDateTime } from '../../xmpp/datetime.ts'
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
import { ABOUT, type Node, type SubscriptionOptions } from '../machine/node.ts'
import { refuse } from '../machine/refusals.ts'
import { META_DATA, NODE_CONFIG, PUBLISH_OPTIONS, SUBSCRIBE_OPTIONS } from './ns.ts'
import { notAcceptable, refused, unsupported } from './refused.ts'

const CHILDREN = 'pubsub#children'
/** 8.2.2 @param children of a collection */
export function configForm(
  config: NodeConfig,
  { accessModels, childrenMax }: ConfigLimits,
  children: readonly string[] = [],
): Element {
  const fields = FIELDS.filter((field) => field !== 'collection' || childrenMax > 0).map((field): FormField => {
    const { options, label } = kindOf(field)
    const possible = field === 'access_model' ? accessModels : options
    return { ...filled(config, field), label, options: possible.map((one) => [one, one]) }
  })
  const more: FormField[] =
    config.node_type === 'leaf'
      ? []
      : [{ name: CHILDREN, type: 'text-multi', label: 'The nodes in the collection', values: children }]
  return dataForm({ type: 'form', formType: NODE_CONFIG, fields: [...fields, ...more] })
}
/** 8.2.5 */
export const configResult = (config: NodeConfig): Element =>
  dataForm({ type: 'result', formType: NODE_CONFIG, fields: FIELDS.map((field) => filled(config, field)) })
const filled = (config: NodeConfig, field: Field): FormField => ({
  name: `pubsub#${field}`,
  type: kindOf(field).type,
  values: valuesFor(config[field]),
})

/**
 * What the form in `parent` asks for; null if there is none, or it was cancelled.
 * @throws StanzaError not-acceptable
 */
export function configIn(parent: Element, limits: ConfigLimits): Partial<NodeConfig> | null {
  const form = answeredForm(parent)
  if (form === undefined || form.attr('type') === 'cancel') return null
  const read = readFields(valuesOf(form), limits)
  if ('changes' in read) return read.changes
  if (read.fault === 'collection' && limits.childrenMax > 0) throw refused(refuse('too-many-collections'))
  if (read.fault === 'node_type' || read.fault === 'collection') throw unsupported('collections')
  throw read.fault === 'access_model' ? notAcceptable('unsupported-access-model') : refused(refuse('configuration', read.fault))
}
/** XEP-0248 6.2: the nodes that are to be in the collection; null: nothing is said. */
export function childrenIn(parent: Element): readonly string[] | null {
  const form = answeredForm(parent)
  const given = form === undefined || form.attr('type') === 'cancel' ? undefined : valuesOf(form).get(CHILDREN)
  return given?.filter((name) => name !== '') ?? null
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
const ABOUT_FIELD = 'pubsub#subscription_type'
const DEPTH = 'pubsub#subscription_depth'
/** 6.3.2 @param isCollection what is subscribed */
export function optionsForm({ deliver, about, depth }: SubscriptionOptions, isCollection: boolean): Element {
  const list = (name: string, label: string, value: string, options: readonly string[]): FormField => ({
    name,
    type: 'list-single',
    label,
    values: [value],
    options: options.map((one) => [one, one]),
  })
  const fields: FormField[] = [
    { name: DELIVER, type: 'boolean', label: 'Notify of events', values: [deliver ? '1' : '0'] },
    ...(isCollection
      ? [list(ABOUT_FIELD, 'Events of items or of nodes', about, ABOUT), list(DEPTH, 'How deep', depth, DEPTHS)]
      : []),
  ]
  return dataForm({ type: 'form', formType: SUBSCRIBE_OPTIONS, fields })
}
const DEPTHS = ['1', 'all'] as const
/** @returns empty: nothing is said. @throws StanzaError */
export function optionsIn(parent: Element | undefined): Partial<SubscriptionOptions> {
  const form = parent === undefined ? undefined : answeredForm(parent)
  if (form === undefined) return {}
  const values = valuesOf(form)
  const read = <T>(name: string, key: keyof SubscriptionOptions, meaning: (value: string) => T | null | undefined): object => {
    const given = values.get(name)?.[0]
    if (given === undefined) return {}
    const value = meaning(given)
    if (value === null || value === undefined) throw refused(refuse('options'))
    return { [key]: value }
  }
  return {
    ...read(DELIVER, 'deliver', booleanOf),
    ...read(ABOUT_FIELD, 'about', (value) => ABOUT.find((one) => one === value)),
    ...read(DEPTH, 'depth', (value) => DEPTHS.find((one) => one === value)),
  }
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
/** 5.4 @param isFriend may the asker subscribe? */
export function metaForm(node: Node, isFriend: boolean): Element {
  const { config, origin, subscriptions } = node
  const field = (name: string, type: FormField['type'], ...values: readonly string[]): FormField => ({
    name: `pubsub#${name}`,
    type,
    values,
  })
  const fields = SHOWN.map((name) => field(name, kindOf(name).type, ...valuesFor(config[name])))
  const more = [
    field('creator', 'jid-single', origin.creator),
    field('creation_date', 'text-single', formatDateTime(origin.createdAt)),
    field('owner', 'jid-multi', ...node.owners),
    ...(isFriend ? [field('num_subscribers', 'text-single', String(subscriptions.size))] : []),
  ]
  return dataForm({ type: 'result', formType: META_DATA, fields: [...fields, ...more] })
}
