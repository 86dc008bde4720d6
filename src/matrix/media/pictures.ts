/**
 * Pictures of people and rooms. That of a user is the avatar of XEP-0084, which clients of XMPP set and see too, and who may see it is
 * what its nodes say. That of a room is in its card (XEP-0486).
 */
import type { Host } from '../../server/feature.ts'
import { addressOrNull, type Jid } from '../../xmpp/jid.ts'
import { avatarsOf, dataIn, infoIn, photoOf, photosIn, type Photo } from '../../xep/0398-avatar-conversion/index.ts'
import { roomsOf } from '../../xep/0045-multi-user-chat/index.ts'
import { encode } from '../../xml/wire.ts'
import { parseElement } from '../../xml/parse.ts'
import type { ItemsSeen } from '../data/items-seen.ts'
import { badJson, notFound, tooLarge } from '../http/errors.ts'
import { mxcIn, mxcUri } from '../ids/media-id.ts'
import { pictureId, pictureIn, type PictureId } from '../ids/picture-id.ts'
import { serverName } from '../ids/user-id.ts'
import type { Media } from './media.ts'

const DATA = 'urn:xmpp:avatar:data'
const METADATA = 'urn:xmpp:avatar:metadata'
/** A larger one does not fit into an item. */
const OCTETS_MAX = 180 * 1024

export class Pictures {
  readonly #host: Host
  readonly #media: Media
  readonly #items: ItemsSeen

  constructor(host: Host, media: Media, items: ItemsSeen) {
    this.#host = host
    this.#media = media
    this.#items = items
  }
  /** The URI of the picture of a user; null: there is none that the viewer may see. */
  async uriOf(viewer: Jid, user: Jid): Promise<string | null> {
    const metadata = await this.#items.lastOrNull(viewer, user, METADATA)
    const info = infoIn(metadata ?? undefined)
    return info === null ? null : uri(user.domain, { kind: 'user', owner: user.bare, hash: info.hash })
  }
  /** The same of a room, by the hash of a picture in its card. @param domain of its accounts */
  ofRoom(domain: string, uid: string, hash: string): string | null {
    return uri(domain, { kind: 'room', owner: uid, hash })
  }
  /** Null: there is none of that id that the viewer may see. */
  async find(viewer: Jid, server: string, id: string): Promise<Photo | null> {
    const named = this.#host.domains.some((domain) => serverName(domain) === server.toLowerCase()) ? pictureIn(id) : null
    if (named === null) return null
    return named.kind === 'user' ? this.#ofUser(viewer, named) : this.#inCard(named)
  }
  async #ofUser(viewer: Jid, { owner, hash }: PictureId): Promise<Photo | null> {
    const user = addressOrNull(owner)
    if (user === null) return null
    const info = infoIn((await this.#items.lastOrNull(viewer, user, METADATA)) ?? undefined)
    if (info?.hash !== hash) return null
    return dataIn(info, (await this.#items.lastOrNull(viewer, user, DATA, hash)) ?? undefined)
  }
  async #inCard({ owner, hash }: PictureId): Promise<Photo | null> {
    const text = (await roomsOf(this.#host)?.store.card(owner)) ?? null
    return text === null ? null : (photosIn(parseElement(encode(text))).find((photo) => photo.hash === hash) ?? null)
  }
  /** The picture that a client means. @throws MatrixError M_NOT_FOUND, M_TOO_LARGE, M_BAD_JSON */
  async meant(user: Jid, given: string): Promise<Photo> {
    const mxc = mxcIn(given)
    if (mxc === null) throw badJson('A picture is named by an mxc URI')
    const known = await this.find(user, mxc.server, mxc.id)
    if (known !== null) return known
    const file = await this.#media.find(mxc.server, mxc.id)
    if (file === null) throw notFound('There is no such picture')
    if (file.size > OCTETS_MAX) throw tooLarge(`A picture of a user or a room has at most ${OCTETS_MAX} octets`)
    const photo = photoOf(await this.#media.uploads!.octetsOf(file))
    if (photo === null) throw badJson('A picture is a PNG, JPEG, GIF or WebP file')
    return photo
  }
  /** @param given null: the user has no picture from now on @throws MatrixError @throws StanzaError */
  async set(user: Jid, given: string | null): Promise<void> {
    const avatars = avatarsOf(this.#host)
    if (given === null) return avatars.remove({ bare: user })
    await avatars.publish({ bare: user }, await this.meant(user, given), false)
  }
}
function uri(domain: string, named: PictureId): string | null {
  const id = pictureId(named)
  return id === null ? null : mxcUri({ server: serverName(domain), id })
}
