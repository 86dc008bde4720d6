/** Requests for media: uploads, downloads, and what may be uploaded (MXR prio P1). */
import type { HttpHeaders } from '../../base/http.ts'
import type { KnownFile } from '../../files/files.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { harmless, isShown, mediaType } from '../../xep/0363-http-upload/index.ts'
import { SENT, type DeviceCall, type MaybeCall } from '../http/call.ts'
import { badJson, forbidden, invalidParam, MatrixError, missingParam, notFound, tooLarge } from '../http/errors.ts'
import { route, type Route } from '../http/routes.ts'
import type { Media } from './media.ts'
import type { Pictures } from './pictures.ts'
import { sizeFor, type Size } from './sizes.ts'
import type { Thumbnails } from './thumbnails.ts'

const MEDIA = '/_matrix/media'
const OLD = ['v3', 'r0', 'v1']
/** Pages of other origins may show it. */
const HEADERS: HttpHeaders = { 'cross-origin-resource-policy': 'cross-origin', 'access-control-allow-origin': '*' }

export interface MediaParts {
  readonly media: Media
  readonly pictures: Pictures
  /** Null: nothing can be uploaded. */
  readonly thumbnails: Thumbnails | null
}
export function mediaRoutes(parts: MediaParts): readonly Route[] {
  const { media } = parts
  const config = (): object => ({ 'm.upload.size': media.uploads?.fileOctetsMax ?? 0 })
  return [
    route({ method: 'GET', path: '/media/config', versions: ['v1'], handle: config }),
    route({ method: 'GET', root: MEDIA, path: '/config', versions: OLD, handle: config }),
    route({
      method: 'POST',
      root: MEDIA,
      path: '/upload',
      versions: OLD,
      pace: 'send',
      isRaw: true,
      handle: async (call) => ({ content_uri: await upload(media, call) }),
    }),
    ...thumbnailRoutes(parts, undefined, '/media/thumbnail', ['v1'], 'device'),
    ...thumbnailRoutes(parts, MEDIA, '/thumbnail', OLD, 'either'),
    // What an id stands for is got by everybody who knows it, as by its URL; older clients send no token along
    ...downloads(parts, undefined, '/media/download', ['v1'], 'device'),
    ...downloads(parts, MEDIA, '/download', OLD, 'either'),
  ]
}

function downloads(
  parts: MediaParts,
  root: string | undefined,
  path: string,
  versions: readonly string[],
  access: 'device' | 'either',
) {
  const at = { method: 'GET', versions, access, ...(root === undefined ? {} : { root }) } as const
  return [
    route({ ...at, path: `${path}/:server/:id`, handle: (call) => download(parts, call, call.params, null) }),
    route({ ...at, path: `${path}/:server/:id/:name`, handle: (call) => download(parts, call, call.params, call.params.name) }),
  ]
}
function thumbnailRoutes(
  parts: MediaParts,
  root: string | undefined,
  path: string,
  versions: readonly string[],
  access: 'device' | 'either',
) {
  const at = { method: 'GET', versions, access, ...(root === undefined ? {} : { root }) } as const
  return [route({ ...at, path: `${path}/:server/:id`, handle: (call) => thumbnail(parts, call, call.params) })]
}
async function thumbnail(parts: MediaParts, call: MaybeCall, named: Named): Promise<object> {
  const size = sizeIn(call.query)
  if (await isPicture(parts, call, named)) return SENT
  const { media, thumbnails } = parts
  const file = await found(media, named)
  if (!file.type.startsWith('image/') || !isShown(file.type)) throw new MatrixError(400, 'M_UNKNOWN', 'This is no picture')
  await media.uploads!.send(call.exchange, await thumbnails!.of(file, size), HEADERS)
  return SENT
}
/** @throws MatrixError */
function sizeIn(query: URLSearchParams): Size {
  const [width, height] = ['width', 'height'].map((name) => Number(query.get(name) ?? NaN))
  if (!(width! >= 1 && height! >= 1)) throw invalidParam('"width" and "height" are numbers of pixels')
  return sizeFor(width!, height!, query.get('method') === 'crop')
}
/** Pictures of people and rooms are small, and shown as they are. @returns whether it was one, and the request is answered */
async function isPicture({ pictures }: MediaParts, { exchange, user }: MaybeCall, { server, id }: Named): Promise<boolean> {
  const photo = user === null ? null : await pictures.find(user, server, id)
  if (photo === null) return false
  exchange.reply(200, { ...harmless(photo.type, 'picture'), ...HEADERS, 'cache-control': PICTURE_AGE }, photo.octets)
  return true
}
/** Another picture has another id, but the user may show it to fewer people later. */
const PICTURE_AGE = 'private, max-age=86400'
type Named = Readonly<Record<'server' | 'id', string>>
async function download(parts: MediaParts, call: MaybeCall, named: Named, name: string | null): Promise<object> {
  if (await isPicture(parts, call, named)) return SENT
  const { media } = parts
  const file = await found(media, named)
  await media.uploads!.send(call.exchange, name === null ? file : { ...file, name }, HEADERS)
  return SENT
}
/** @throws MatrixError M_NOT_FOUND */
async function found(media: Media, { server, id }: Named): Promise<KnownFile> {
  const file = await media.find(server, id)
  if (file === null) throw notFound('There is no such file, or it has expired')
  return file
}

/** @returns the URI @throws MatrixError */
async function upload(media: Media, { exchange, user, query }: DeviceCall): Promise<string> {
  const { uploads } = media
  if (uploads === null) throw forbidden('Nothing can be uploaded to this server')
  const size = Number(exchange.header('content-length') ?? NaN)
  if (!Number.isSafeInteger(size)) throw new MatrixError(411, 'M_MISSING_PARAM', 'Say how long the file is (Content-Length)')
  if (size === 0) throw missingParam('The file is empty')
  if (size > uploads.fileOctetsMax) throw tooLarge(`The largest file has ${uploads.fileOctetsMax} octets`)
  const type = mediaType(exchange.header('content-type') ?? 'application/octet-stream')
  if (type === null) throw badJson('This is no media type')
  try {
    const file = await uploads.take(exchange, { owner: user.bare, name: query.get('filename') ?? '', type, size })
    return media.uriOf(file, user)
  } catch (error) {
    if (error instanceof StanzaError) throw forbidden(error.detail.text ?? 'There is no room for the file')
    throw error
  }
}
