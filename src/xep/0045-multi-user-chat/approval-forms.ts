/** The forms by which somebody with the right to it lets others speak (XEP-0045 8.6) or register (9.9). */
import type { Element } from '../../xml/element.ts'
import { booleanOf, dataForm, valuesOf } from '../../xmpp/data-form.ts'
import { MUC } from './ns.ts'

export const VOICE_REQUEST = `${MUC}#request`
export const REGISTRATION = `${MUC}#register`

/** @param who bare JID @param nick the nickname that they want; null: none */
export const approvalForm = (who: string, nick: string | null): Element =>
  dataForm({
    type: 'form',
    formType: REGISTRATION,
    title: 'Registration request',
    instructions: 'Somebody wants to register with the room.',
    fields: [
      { name: 'muc#register_jid', type: 'jid-single', label: 'Address', values: [who] },
      { name: 'muc#register_roomnick', type: 'text-single', label: 'Nickname', values: nick === null ? [] : [nick] },
      { name: 'muc#register_allow', type: 'boolean', label: 'Let them register?', values: ['0'] },
    ],
  })

/** @param jid the real address; null: whoever decides may not see it */
export const voiceForm = (jid: string | null, nick: string): Element =>
  dataForm({
    type: 'form',
    formType: VOICE_REQUEST,
    title: 'Voice request',
    instructions: 'Somebody wants to speak in the room.',
    fields: [
      {
        name: 'muc#role',
        type: 'list-single',
        label: 'Role',
        values: ['participant'],
        options: [['participant', 'Participant']],
      },
      ...(jid === null ? [] : [{ name: 'muc#jid', type: 'jid-single' as const, label: 'Address', values: [jid] }]),
      { name: 'muc#roomnick', type: 'text-single', label: 'Nickname', values: [nick] },
      { name: 'muc#request_allow', type: 'boolean', label: 'Give voice?', values: ['0'] },
    ],
  })

export interface Approval {
  readonly is: 'voice' | 'registration'
  readonly nick: string
  /** Bare or full, as it was sent; '' for none. */
  readonly jid: string
  readonly isAllowed: boolean
}

/** A form that was filled in; null: it is none of these. A request for voice has no `allow` (7.13). */
export function readApproval(form: Element): Approval | 'request' | null {
  const values = valuesOf(form)
  const first = (name: string): string => values.get(name)?.[0] ?? ''
  const type = first('FORM_TYPE')
  if (type === VOICE_REQUEST) {
    if (!values.has('muc#request_allow')) return first('muc#role') === 'participant' ? 'request' : null
    const isAllowed = booleanOf(first('muc#request_allow')) === true
    return { is: 'voice', nick: first('muc#roomnick'), jid: first('muc#jid'), isAllowed }
  }
  if (type !== REGISTRATION || !values.has('muc#register_allow')) return null
  const isAllowed = booleanOf(first('muc#register_allow')) === true
  return { is: 'registration', nick: first('muc#register_roomnick'), jid: first('muc#register_jid'), isAllowed }
}
