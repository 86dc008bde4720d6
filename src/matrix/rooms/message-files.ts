/**
 * Files in messages (MXR-64): the events `m.image`, `m.file`, `m.audio` and `m.video`, and the URL of a file in XMPP (XEP-0066,
 * XEP-0447 with XEP-0446). A caption stands in front of the URL. Pure.
 */
import { el, type Element } from '../../xml/element.ts'
import type { Payload } from '../../xmpp/packet.ts'
import type { Link, MediaNames } from '../ids/media-id.ts'
import { textIn, type Json, type JsonObject } from './json.ts'

const OOB = 'jabber:x:oob'
const SHARING = 'urn:xmpp:sfs:0'
const METADATA = 'urn:xmpp:file:metadata:0'
const URL_DATA = 'http://jabber.org/protocol/url-data'

const KINDS: readonly string[] = ['m.image', 'm.file', 'm.audio', 'm.video']
/** Types of files whose message says none, by the ending of the name. */
const BY_ENDING: Readonly<Record<string, string>> = {
  avif: 'image/avif',
  gif: 'image/gif',
  heic: 'image/heic',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  aac: 'audio/aac',
  flac: 'audio/flac',
  m4a: 'audio/mp4',
  mp3: 'audio/mpeg',
  oga: 'audio/ogg',
  ogg: 'audio/ogg',
  opus: 'audio/ogg',
  wav: 'audio/wav',
  mov: 'video/quicktime',
  mp4: 'video/mp4',
  webm: 'video/webm',
  pdf: 'application/pdf',
}

/** The URI of the file that a message is; null: it is none, or one that is encrypted, of which only clients of Matrix know the key. */
export function fileOf(type: string, content: JsonObject): string | null {
  const isFile = type === 'm.sticker' || (type === 'm.room.message' && KINDS.includes(textIn(content, 'msgtype') ?? ''))
  return isFile ? textIn(content, 'url') : null
}
/** Is `body` said of the file, and not its name? */
export function hasCaption(content: JsonObject): boolean {
  const name = textIn(content, 'filename')
  return name !== null && name !== textIn(content, 'body')
}
/** What clients of XMPP are told of the file. */
export function fileElements({ url, name }: Link, content: JsonObject): readonly Element[] {
  const info = objectIn(content['info'])
  const part = (called: string, text: string | null): readonly Element[] =>
    text === null ? [] : [el(called, METADATA, {}, text)]
  const number = (key: string): string | null => (isSize(info[key]) ? String(info[key]) : null)
  const metadata = el(
    'file',
    METADATA,
    {},
    ...part('media-type', textIn(info, 'mimetype')),
    ...part('name', textIn(content, 'filename') ?? (hasCaption(content) ? name : (textIn(content, 'body') ?? name))),
    ...part('size', number('size')),
    ...part('width', number('w')),
    ...part('height', number('h')),
  )
  const sources = el('sources', SHARING, {}, el('url-data', URL_DATA, { target: url }))
  return [el('x', OOB, {}, el('url', OOB, {}, url)), el('file-sharing', SHARING, { disposition: 'inline' }, metadata, sources)]
}
const objectIn = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
const isSize = (value: Json | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

/** A file in a message of XMPP. */
export interface SharedFile {
  readonly url: string
  /** What the message says of it. '' and null: nothing. */
  readonly type: string
  readonly name: string
  readonly size: number | null
  readonly width: number | null
  readonly height: number | null
}
/** Null: the message is no file. Of several, the first one. */
export function sharedIn(payload: Payload): SharedFile | null {
  const { text } = payload
  if (!text.includes(OOB) && !text.includes(SHARING)) return null
  const sharing = payload.child('file-sharing', SHARING)
  const source = sharing?.child('sources')?.elements.find((e) => e.is('url-data', URL_DATA))
  const url = payload.child('x', OOB)?.child('url')?.text.trim() || source?.attr('target')?.trim() || ''
  if (url === '') return null
  const said = sharing?.child('file', METADATA)
  const of = (name: string): string => said?.child(name)?.text.trim() ?? ''
  const number = (name: string): number | null => (/^\d{1,15}$/.test(of(name)) ? Number(of(name)) : null)
  const [size, width, height] = [number('size'), number('width'), number('height')]
  return { url, type: of('media-type').toLowerCase(), name: of('name'), size, width, height }
}

/** The content of the event; null: the file is not kept here, and the server fetches nothing. @param said the text of the body */
export function contentOfFile(file: SharedFile, said: string, media: MediaNames): JsonObject | null {
  const known = media.mxcOf(file.url)
  if (known === null) return null
  const name = file.name || known.name
  const type = file.type || BY_ENDING[/\.(\w{1,5})$/.exec(name)?.[1]?.toLowerCase() ?? ''] || ''
  const caption = captionIn(said, file.url)
  return {
    msgtype: kindOf(type),
    body: caption || name,
    filename: name,
    url: known.mxc,
    info: {
      ...(type === '' ? {} : { mimetype: type }),
      ...(file.size === null ? {} : { size: file.size }),
      ...(file.width === null ? {} : { w: file.width }),
      ...(file.height === null ? {} : { h: file.height }),
    },
  }
}
function kindOf(type: string): string {
  const [kind] = type.split('/')
  return kind === 'image' || kind === 'audio' || kind === 'video' ? `m.${kind}` : 'm.file'
}
/** What a body says beside the URL; '' for nothing. */
export function captionIn(said: string, url: string): string {
  const text = said.trim()
  return text === url ? '' : (text.endsWith(url) ? text.slice(0, -url.length) : text).trim()
}
/** The body of a message with a file. */
export const bodyWith = (caption: string, url: string): string => (caption === '' ? url : `${caption}\n${url}`)
