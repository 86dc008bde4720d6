/** XEP-0054: what the server reads in a card. Everything else in it is kept as the client wrote it. */
import { createHash } from 'node:crypto'
import { el, type Element } from '../../xml/element.ts'

export const VCARD = 'vcard-temp'

/** What people are found by. Each is '' if the card does not say it. */
export interface Names {
  readonly first: string
  readonly last: string
  readonly nick: string
  readonly email: string
}
/** The longest name that a search looks at, in characters. */
const NAME_MAX = 200

export function namesIn(card: Element): Names {
  const name = card.child('N')
  const text = (of: Element | undefined, field: string): string => (of?.child(field)?.text ?? '').trim().slice(0, NAME_MAX)
  return {
    first: text(name, 'GIVEN'),
    last: text(name, 'FAMILY'),
    nick: text(card, 'NICKNAME'),
    email: text(card.child('EMAIL'), 'USERID'),
  }
}

/** A name as it is compared: without regard to case and to the forms of a character. */
export const nameKey = (name: string): string => name.normalize('NFKC').toLowerCase()

/** XEP-0153 4.1: the SHA-1 of the photo in hexadecimal; '' if the card has none. White space in the base64 does not count. */
export function photoHash(card: Element): string {
  const octets = Buffer.from(card.child('PHOTO')?.child('BINVAL')?.text ?? '', 'base64')
  return octets.length === 0 ? '' : createHash('sha1').update(octets).digest('hex')
}

/** The card without the addresses that it names. */
export function withoutAddress(card: Element): Element {
  const rest = card.children.filter((child) => typeof child === 'string' || !child.is('JABBERID', VCARD))
  return el(card.name, card.ns, card.attrs, ...rest)
}
