/** XEP-0084 and XEP-0153: a picture of a user, as a card has it and as the items of two nodes have it. */
import { createHash } from 'node:crypto'
import { el, type Element } from '../../xml/element.ts'

export const DATA = 'urn:xmpp:avatar:data'
export const METADATA = 'urn:xmpp:avatar:metadata'

export interface Photo {
  /** The SHA-1 of its octets, in hexadecimal. */
  readonly hash: string
  /** A media type. */
  readonly type: string
  readonly octets: Buffer
}

/** What the metadata says of a picture whose data is in the other node. */
export interface PhotoInfo {
  readonly hash: string
  readonly type: string
}

const hashOf = (octets: Buffer): string => createHash('sha1').update(octets).digest('hex')

/** The beginnings of pictures. */
const KINDS: readonly (readonly [type: string, beginning: RegExp])[] = [
  ['image/png', /^\x89PNG\r\n\x1a\n/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF[^]{4}WEBP/],
]
function kindOf(octets: Buffer): string | null {
  const beginning = octets.toString('latin1', 0, 16)
  return KINDS.find(([, form]) => form.test(beginning))?.[0] ?? null
}

/** A picture of a usual kind, by its beginning; null: it is none. */
export function photoOf(octets: Buffer): Photo | null {
  const type = kindOf(octets)
  return type === null ? null : { hash: hashOf(octets), type, octets }
}
/** All pictures in a card. */
export const photosIn = (card: Element): readonly Photo[] =>
  card.elements.flatMap((e) => (e.name === 'PHOTO' ? (photoInCard(el(card.name, card.ns, {}, e)) ?? []) : []))

/** The picture in a card; null if there is none with its data, or nothing says what kind of picture it is. */
export function photoInCard(card: Element): Photo | null {
  const photo = card.child('PHOTO')
  const text = (photo?.child('BINVAL')?.text ?? '').replace(/\s+/g, '')
  const octets = Buffer.from(text, 'base64')
  if (octets.length === 0 || !/^[A-Za-z\d+/]+={0,2}$/.test(text)) return null
  const said = photo!.child('TYPE')?.text.trim() ?? ''
  const type = kindOf(octets) ?? (/^image\/[\w.+-]{1,60}$/.test(said) ? said : null)
  return type === null ? null : { hash: hashOf(octets), type, octets }
}

/** XEP-0153: the card has no photo, or one with nothing in it. */
export function hasNoPhoto(card: Element): boolean {
  const photo = card.child('PHOTO')
  return ['BINVAL', 'EXTVAL'].every((part) => (photo?.child(part)?.text ?? '').trim() === '')
}

/** The card with this picture in place of its own, or without any. */
export function cardWith(card: Element, photo: Photo | null): Element {
  const rest = card.children.filter((child) => typeof child === 'string' || !child.is('PHOTO', card.ns))
  if (photo === null) return el(card.name, card.ns, card.attrs, ...rest)
  const part = (name: string, text: string): Element => el(name, card.ns, {}, text)
  const own = el('PHOTO', card.ns, {}, part('TYPE', photo.type), part('BINVAL', photo.octets.toString('base64')))
  return el(card.name, card.ns, card.attrs, ...rest, own)
}

/** The picture in an item of the data node, if it is the one of that hash. */
export function photoInData({ hash, type }: PhotoInfo, data: Element | undefined): Photo | null {
  if (data?.is('data', DATA) !== true) return null
  const octets = Buffer.from(data.text, 'base64')
  return octets.length > 0 && hashOf(octets) === hash ? { hash, type, octets } : null
}
export const dataOf = ({ octets }: Photo): Element => el('data', DATA, {}, octets.toString('base64'))

/** XEP-0398 3.1: the picture that is in the data node, not one at an address; null if the metadata names none. */
export function photoInMetadata(metadata: Element | undefined): PhotoInfo | null {
  if (metadata?.is('metadata', METADATA) !== true) return null
  for (const info of metadata.elements) {
    const hash = info.attr('id')?.toLowerCase() ?? ''
    if (info.is('info', METADATA) && info.attr('url') === undefined && /^[\da-f]{40}$/.test(hash))
      return { hash, type: info.attr('type') ?? 'image/png' }
  }
  return null
}
/** @param photo null: the user has none from now on */
export function metadataOf(photo: Photo | null): Element {
  if (photo === null) return el('metadata', METADATA)
  const { hash, type, octets } = photo
  return el('metadata', METADATA, {}, el('info', METADATA, { id: hash, type, bytes: String(octets.length) }))
}
