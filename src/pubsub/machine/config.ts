/**
 * The configuration of a node (XEP-0060 16.4.4): its fields under the names that the form has for them, without `pubsub#`. What a
 * form or a precondition says is read into values, so that two spellings of one value are equal.
 */
import { booleanOf, type FieldType } from '../../xmpp/data-form.ts'

export const ACCESS_MODELS = ['open', 'presence', 'roster', 'authorize', 'whitelist'] as const
export type AccessModel = (typeof ACCESS_MODELS)[number]
export const PUBLISH_MODELS = ['publishers', 'subscribers', 'open'] as const
export const SEND_LAST = ['never', 'on_sub', 'on_sub_and_presence'] as const
export const NODE_FULL = ['retract-oldest', 'discard-oldest', 'reject'] as const

/** A number, or as many as the server allows. */
export type Count = number | 'max'

export interface NodeConfig {
  readonly access_model: AccessModel
  readonly publish_model: (typeof PUBLISH_MODELS)[number]
  /** False: only the last item is kept, in memory. */
  readonly persist_items: boolean
  readonly max_items: Count
  /** Seconds; 'max': for ever. */
  readonly item_expire: Count
  readonly send_last_published_item: (typeof SEND_LAST)[number]
  readonly deliver_notifications: boolean
  readonly deliver_payloads: boolean
  readonly notify_retract: boolean
  readonly notify_delete: boolean
  readonly notify_config: boolean
  readonly notify_sub: boolean
  readonly notification_type: 'headline' | 'normal'
  /** Subscribers are told only while they are available. */
  readonly presence_based_delivery: boolean
  readonly publish_node_full: (typeof NODE_FULL)[number]
  readonly purge_offline: boolean
  readonly tempsub: boolean
  /** Can anybody subscribe? */
  readonly subscribe: boolean
  /** Octets. */
  readonly max_payload_size: number
  readonly roster_groups_allowed: readonly string[]
  readonly title: string
  readonly description: string
  readonly language: string
  readonly type: string
  readonly contact: string
  /** 'publisher': items say who has published them. */
  readonly itemreply: 'none' | 'owner' | 'publisher'
  readonly node_type: 'leaf' | 'collection'
  /** The names of the collections that the node is in (XEP-0248). */
  readonly collection: readonly string[]
}
export type Field = keyof NodeConfig
export type Value = NodeConfig[Field]

/** What a node at a service has unless somebody says otherwise. */
export const DEFAULTS: NodeConfig = {
  title: '',
  description: '',
  type: '',
  language: '',
  contact: '',
  access_model: 'open',
  roster_groups_allowed: [],
  publish_model: 'publishers',
  subscribe: true,
  persist_items: true,
  max_items: 50,
  item_expire: 'max',
  publish_node_full: 'retract-oldest',
  max_payload_size: 64 * 1024,
  send_last_published_item: 'on_sub',
  deliver_notifications: true,
  deliver_payloads: true,
  notify_retract: true,
  notify_delete: true,
  notify_config: false,
  notify_sub: false,
  notification_type: 'headline',
  presence_based_delivery: false,
  itemreply: 'none',
  purge_offline: false,
  tempsub: false,
  node_type: 'leaf',
  collection: [],
}

/** The most that a node can be configured for. */
export interface ConfigLimits {
  readonly itemsMax: number
  readonly payloadMax: number
  /** What the place can tell of an asker decides which there are. */
  readonly accessModels: readonly AccessModel[]
  /** Nodes in one collection; 0: there are no collections. */
  readonly childrenMax: number
}

interface Kind {
  readonly type: FieldType
  readonly options: readonly string[]
  /** Undefined: the values are not possible. */
  readonly read: (values: readonly string[], limits: ConfigLimits) => Value | undefined
}
const flag: Kind = { type: 'boolean', options: [], read: ([value = '']) => booleanOf(value) ?? undefined }
/** What this server does not do can be named in a form, and not be asked for. */
const never: Kind = { ...flag, read: ([value = '']) => (booleanOf(value) === false ? false : undefined) }
const oneOf = (...options: readonly string[]): Kind => ({
  type: 'list-single',
  options,
  read: ([value = '']) => (options.includes(value) ? (value as Value) : undefined),
})
const access: Kind = {
  type: 'list-single',
  options: ACCESS_MODELS,
  read: ([value = ''], { accessModels }) => accessModels.find((model) => model === value),
}
const TEXT_MAX = 1024
const line: Kind = {
  type: 'text-single',
  options: [],
  read: (values) => {
    const text = values.join(' ')
    return text.length > TEXT_MAX ? undefined : text
  },
}
const GROUPS_MAX = 100
const groups: Kind = {
  type: 'list-multi',
  options: [],
  read: (values) => (values.length > GROUPS_MAX || values.some((one) => one.length > TEXT_MAX) ? undefined : values),
}
const number = (text: string): number | undefined => (/^\d{1,10}$/.test(text) ? Number(text) : undefined)
const items: Kind = {
  type: 'text-single',
  options: [],
  read: ([given = ''], { itemsMax }) => {
    if (given === 'max') return 'max'
    const value = number(given)
    return value === undefined || value < 1 || value > itemsMax ? undefined : value
  },
}
const seconds: Kind = {
  type: 'text-single',
  options: [],
  read: ([given = '']) => {
    // 0 is how older clients say that items do not expire
    if (given === 'max' || given === '0' || given === '') return 'max'
    return number(given)
  },
}
const octets: Kind = {
  type: 'text-single',
  options: [],
  read: ([given = ''], { payloadMax }) => {
    const value = number(given)
    return value === undefined || value < 1 || value > payloadMax ? undefined : value
  },
}

const kindOfNode: Kind = {
  type: 'list-single',
  options: ['leaf', 'collection'],
  read: ([value = ''], { childrenMax }) => (value === 'leaf' || (value === 'collection' && childrenMax > 0) ? value : undefined),
}
/** The collections that one node can be in. */
export const PARENTS_MAX = 10
const parents: Kind = {
  type: 'text-multi',
  options: [],
  read(values, { childrenMax }) {
    const names = [...new Set(values.filter((name) => name !== ''))]
    return names.length === 0 || (childrenMax > 0 && names.length <= PARENTS_MAX) ? names : undefined
  },
}

const KINDS: Readonly<Record<Field, readonly [Kind, label: string]>> = {
  title: [line, 'Title'],
  description: [line, 'Description'],
  type: [line, 'Namespace of the payloads'],
  language: [line, 'Language'],
  contact: [line, 'Whom to ask about the node'],
  access_model: [access, 'Who may subscribe and read items'],
  roster_groups_allowed: [groups, 'Groups of the roster that may, with the access model "roster"'],
  publish_model: [oneOf(...PUBLISH_MODELS), 'Who may publish'],
  subscribe: [flag, 'Allow subscriptions'],
  persist_items: [flag, 'Keep items'],
  max_items: [items, 'How many items are kept'],
  item_expire: [seconds, 'After how many seconds an item is removed'],
  publish_node_full: [oneOf(...NODE_FULL), 'What happens to one item more'],
  max_payload_size: [octets, 'Size of an item in octets'],
  send_last_published_item: [oneOf(...SEND_LAST), 'When the last item is sent'],
  deliver_notifications: [flag, 'Notify of events'],
  deliver_payloads: [flag, 'Notifications contain the item'],
  notify_retract: [flag, 'Notify when an item is removed'],
  notify_delete: [flag, 'Notify when the node is deleted'],
  notify_config: [flag, 'Notify when the configuration changes'],
  notify_sub: [flag, 'Notify owners of subscriptions'],
  notification_type: [oneOf('headline', 'normal'), 'Type of the notifications'],
  presence_based_delivery: [flag, 'Notify only those who are available'],
  itemreply: [oneOf('none', 'owner', 'publisher'), 'Whose address an item names'],
  purge_offline: [never, 'Remove all items when the publisher goes offline'],
  tempsub: [never, 'Subscriptions end when the subscriber goes offline'],
  node_type: [kindOfNode, 'Kind of node'],
  collection: [parents, 'The collections that the node is in'],
}
/** In the order of the form. */
export const FIELDS = Object.keys(KINDS) as readonly Field[]
const isField = (name: string): name is Field => Object.hasOwn(KINDS, name)

/** The field of a form's name for it; null if the name is of no field. */
export function fieldOf(name: string): Field | null {
  const own = name.startsWith('pubsub#') ? name.slice('pubsub#'.length) : ''
  return isField(own) ? own : null
}
/** How a form shows the field. */
export const kindOf = (
  field: Field,
): { readonly type: FieldType; readonly options: readonly string[]; readonly label: string } => {
  const [{ type, options }, label] = KINDS[field]
  return { type, options, label }
}
/** A value as a form has it. */
export function valuesFor(value: Value): readonly string[] {
  if (typeof value === 'boolean') return [value ? '1' : '0']
  return Array.isArray(value) ? (value as readonly string[]) : [String(value)]
}

/** Some fields with their values; or the first field whose values are not possible. */
export type Read = { readonly changes: Partial<NodeConfig> } | { readonly fault: Field }

/** What a form says of the configuration. Names that are of no field are left out. */
export function readFields(values: ReadonlyMap<string, readonly string[]>, limits: ConfigLimits): Read {
  const changes: Partial<Record<Field, Value>> = {}
  for (const [name, given] of values) {
    const field = fieldOf(name)
    if (field === null) continue
    const kind = KINDS[field][0]
    const isOneTooMany = given.length > 1 && kind !== line && kind !== parents && kind.type !== 'list-multi'
    const value = isOneTooMany ? undefined : kind.read(given, limits)
    if (value === undefined) return { fault: field }
    changes[field] = value
  }
  return { changes: changes as Partial<NodeConfig> }
}

/** PUB-10: `max` is the server's number, in both directions. */
export const countOf = (count: Count, max: number): number => (count === 'max' ? max : count)

/** The first field of `wanted` that the configuration has with another value; null if all agree. */
export function disagreement(config: NodeConfig, wanted: Partial<NodeConfig>, { itemsMax }: ConfigLimits): Field | null {
  for (const field of Object.keys(wanted) as Field[]) if (!isSame(config[field], wanted[field]!, itemsMax)) return field
  return null
}
function isSame(has: Value, wants: Value, itemsMax: number): boolean {
  if (Array.isArray(has) && Array.isArray(wants)) return has.length === wants.length && has.every((one) => wants.includes(one))
  if (has === wants) return true
  if (has === 'max' || wants === 'max') return countOf(has as Count, itemsMax) === countOf(wants as Count, itemsMax)
  return false
}
