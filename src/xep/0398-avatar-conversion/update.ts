/** XEP-0153 in presence: which picture the user has, by its hash. */
import { el, type Element } from '../../xml/element.ts'
import { wire } from '../../xml/wire.ts'
import { Payload } from '../../xmpp/packet.ts'

export const UPDATE = 'vcard-temp:x:update'

/** @param hash '' : the user has no picture */
const updateOf = (hash: string): Element => el('x', UPDATE, {}, el('photo', UPDATE, {}, ...(hash === '' ? [] : [hash])))

/** The same as text: a hash has nothing to escape. */
const textOf = (hash: string): string => `<x xmlns='${UPDATE}'>${hash === '' ? '<photo/>' : `<photo>${hash}</photo>`}</x>`

/**
 * XEP-0398 4: the content of a presence with the hash. A client that says that it shows no picture is left alone (an empty
 * photo); what it says otherwise is replaced.
 * @param isEmptied whether an empty photo is the server's own
 */
export function withHash(payload: Payload, hash: string, isEmptied: boolean): Payload {
  const { text } = payload
  if (!text.includes(UPDATE)) return Payload.ofText(wire(text + textOf(hash)))
  const own = payload.child('x', UPDATE)
  const photo = own?.child('photo')
  const said = photo?.text.trim()
  if (own === undefined || said === hash || (said === '' && !isEmptied)) return payload
  return Payload.of(...payload.elements.filter((e) => e !== own), updateOf(hash))
}
