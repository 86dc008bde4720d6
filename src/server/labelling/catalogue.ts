/** XEP-0258 section 4: the labels that a user may use for messages to somebody (LAB-34). */
import type { Label } from '../../im/security-policy.ts'
import { el, type Element } from '../../xml/element.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { SEC_LABEL_CATALOG } from '../../xmpp/security-label.ts'
import type { Cleared } from './clearances.ts'
import type { Labels } from './labels.ts'

export interface CatalogueAsk {
  readonly asker: Jid
  /** The address that the messages are for, as the client has written it; undefined: none. */
  readonly to: string | undefined
  /** The clearance of what is at that address; null: only that of the asker counts. */
  readonly cleared: Cleared | null
  /** The label that messages without one have there; null: they are refused. */
  readonly byDefault: Label | null
}

export function catalogueFor(labels: Labels, { asker, to, cleared, byDefault }: CatalogueAsk): Element {
  const { name, description, isRestrictive } = labels.policy
  const isOffered = (label: Label): boolean =>
    label.isListed && labels.mayHave(asker, label) && (cleared === null || labels.why(cleared, label) === null)
  const items = [...labels.policy.labels.values()].filter(isOffered)
  const attrs = {
    to,
    name,
    desc: description === '' ? undefined : description,
    size: String(items.length),
    restrict: String(isRestrictive),
  }
  return el('catalog', SEC_LABEL_CATALOG, attrs, ...items.map((label) => itemOf(labels, label, label === byDefault)))
}

/** An item without a label stands for messages without one. */
function itemOf(labels: Labels, label: Label, isDefault: boolean): Element {
  const attrs = {
    selector: label.selector === '' ? undefined : label.selector,
    default: isDefault ? 'true' : undefined,
  }
  return el('item', SEC_LABEL_CATALOG, attrs, ...(label.written === null ? [] : [labels.elementOf(label)]))
}
