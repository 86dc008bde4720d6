/** XEP-0060 8.6: owners are asked to approve a subscription, and answer with the form. */
import type { Element } from '../../xml/element.ts'
import { answeredForm, booleanOf, dataForm, valuesOf } from '../../xmpp/data-form.ts'
import { addressOrNull } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Node, Subscription } from '../machine/node.ts'
import { SUBSCRIBE_AUTHORIZATION } from './ns.ts'

export const approvalForm = ({ origin }: Node, { jid, subid }: Subscription): Element =>
  dataForm({
    type: 'form',
    formType: SUBSCRIBE_AUTHORIZATION,
    title: 'Somebody wants to subscribe',
    instructions: 'Choose whether this person may subscribe to the node.',
    fields: [
      { name: 'pubsub#subid', type: 'hidden', values: [subid] },
      { name: 'pubsub#node', type: 'text-single', label: 'Node', values: [origin.name] },
      { name: 'pubsub#subscriber_jid', type: 'jid-single', label: 'Address', values: [jid] },
      { name: 'pubsub#allow', type: 'boolean', label: 'Allow this person to subscribe', values: ['0'] },
    ],
  })

export interface Approval {
  readonly node: string
  readonly jid: string
  readonly isAllowed: boolean
}
/** The answer of an owner; null if the message is none, or says nothing. */
export function approvalIn({ payload }: Packet): Approval | null {
  if (!payload.text.includes(SUBSCRIBE_AUTHORIZATION)) return null
  const form = answeredForm({ elements: payload.elements })
  if (form === undefined || form.attr('type') === 'cancel') return null
  const values = valuesOf(form)
  const one = (name: string): string => values.get(name)?.[0] ?? ''
  const jid = addressOrNull(one('pubsub#subscriber_jid'))?.full ?? null
  const isAllowed = booleanOf(one('pubsub#allow'))
  if (one('FORM_TYPE') !== SUBSCRIBE_AUTHORIZATION || jid === null || isAllowed === null) return null
  return { node: one('pubsub#node'), jid, isAllowed }
}
