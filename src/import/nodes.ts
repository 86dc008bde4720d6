/** Nodes of an account (PEP) in files of XEP-0227: items in one element, configuration and affiliations in another one. */
import type { Millis } from '../base/clock.ts'
import { el, type Element } from '../xml/element.ts'
import { DATA_FORM, valuesOf } from '../xmpp/data-form.ts'
import { formatDateTime, parseDateTime } from '../xmpp/datetime.ts'
import { Payload } from '../xmpp/packet.ts'
import type { PortableItem, PortableNode } from '../xep/0163-personal-eventing/index.ts'
import { PUBSUB, PUBSUB_OWNER } from './namespaces.ts'

const NODE_CONFIG = `${PUBSUB}#node_config`

/** A node as it is read, in any order. */
export class ImportedNode implements PortableNode {
  readonly name: string
  config: ReadonlyMap<string, readonly string[]> = new Map()
  readonly affiliations = new Map<string, string>()
  readonly subscriptions = new Map<string, string>()
  readonly items: PortableItem[] = []

  constructor(name: string) {
    this.name = name
  }
}

/** All nodes of one account. */
export class ImportedNodes extends Map<string, ImportedNode> {
  /** The node of that name, made if there is none. */
  named(name: string): ImportedNode {
    let node = this.get(name)
    if (node === undefined) this.set(name, (node = new ImportedNode(name)))
    return node
  }
  /** `<pubsub/>` with items. @param now for items that do not say when they were published */
  addItems(pubsub: Element, now: Millis): void {
    for (const items of pubsub.elements)
      if (items.is('items', PUBSUB))
        for (const item of items.elements)
          if (item.is('item', PUBSUB)) this.named(items.attr('node') ?? '').items.push(itemIn(item, now))
  }
  /** `<pubsub/>` of owners. */
  addSettings(pubsub: Element): void {
    for (const part of pubsub.elements) {
      const name = part.attr('node') ?? ''
      const form = part.elements.find((e) => e.is('x', DATA_FORM))
      if (part.is('configure', PUBSUB_OWNER)) this.named(name).config = form === undefined ? new Map() : valuesOf(form)
      else if (part.is('affiliations', PUBSUB_OWNER))
        for (const one of part.elements) this.named(name).affiliations.set(one.attr('jid') ?? '', one.attr('affiliation') ?? '')
      else if (part.is('subscriptions', PUBSUB_OWNER))
        for (const one of part.elements) this.named(name).subscriptions.set(one.attr('jid') ?? '', one.attr('subscription') ?? '')
    }
  }
}
const itemIn = (item: Element, now: Millis): PortableItem => ({
  id: item.attr('id') ?? '',
  at: parseDateTime(item.attr('stamp') ?? '') ?? now,
  payload: Payload.of(...item.elements.slice(0, 1)),
})

/** The two elements for these nodes; none without nodes. */
export function elementsOf(nodes: readonly PortableNode[]): readonly Element[] {
  if (nodes.length === 0) return []
  const settings = nodes.flatMap(({ name, config, affiliations, subscriptions }) => {
    const configure = el('configure', PUBSUB_OWNER, { node: name }, formOf(config))
    const people = Array.from(affiliations, ([jid, affiliation]) => el('affiliation', PUBSUB_OWNER, { jid, affiliation }))
    const subscribers = Array.from(subscriptions, ([jid, subscription]) =>
      el('subscription', PUBSUB_OWNER, { jid, subscription }),
    )
    return [
      configure,
      ...(people.length === 0 ? [] : [el('affiliations', PUBSUB_OWNER, { node: name }, ...people)]),
      ...(subscribers.length === 0 ? [] : [el('subscriptions', PUBSUB_OWNER, { node: name }, ...subscribers)]),
    ]
  })
  const items = nodes.map(({ name, items }) => el('items', PUBSUB, { node: name }, ...items.map(itemElement)))
  return [el('pubsub', PUBSUB_OWNER, {}, ...settings), el('pubsub', PUBSUB, {}, ...items)]
}
const itemElement = ({ id, at, payload }: PortableItem): Element =>
  el('item', PUBSUB, { id, stamp: formatDateTime(at) }, ...payload.elements)

function formOf(config: PortableNode['config']): Element {
  const field = (name: string, values: readonly string[], type?: string): Element =>
    el('field', DATA_FORM, { var: name, type }, ...values.map((value) => el('value', DATA_FORM, {}, value)))
  const fields = [...config].filter(([name]) => name !== 'FORM_TYPE').map(([name, values]) => field(name, values))
  return el('x', DATA_FORM, { type: 'submit' }, field('FORM_TYPE', [NODE_CONFIG], 'hidden'), ...fields)
}
