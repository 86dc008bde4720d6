/**
 * The picture of a room: `m.room.avatar`, and the picture in its card for clients of XMPP (XEP-0486). Whichever of the two is changed, the
 * other one follows.
 */
import type { Log } from '../../base/log.ts'
import { SERVICE, type Command } from '../../rooms/machine/commands.ts'
import type { ServedRooms } from '../../rooms/rooms.ts'
import { cardWith, type Photo } from '../../xep/0398-avatar-conversion/index.ts'
import { parseElement } from '../../xml/parse.ts'
import { decode, encode } from '../../xml/wire.ts'
import { serialise } from '../../xml/write.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { tooLarge } from '../http/errors.ts'
import { mxcIn } from '../ids/media-id.ts'
import { pictureIn } from '../ids/picture-id.ts'
import type { Pictures } from '../media/pictures.ts'
import type { Access } from './access.ts'
import type { AwakeRoom } from './awake-room.ts'
import { stateCommand } from './creating.ts'
import { textIn, type JsonObject } from './json.ts'
import { stateKey } from './picture.ts'

export interface PortraitsParts {
  readonly access: Access
  readonly served: ServedRooms
  readonly pictures: Pictures
  readonly errors: Log
}

export const AVATAR = 'm.room.avatar'
const VCARD = 'vcard-temp'

export class Portraits {
  readonly #parts: PortraitsParts

  constructor(parts: PortraitsParts) {
    this.#parts = parts
  }
  /** A Matrix client sets the picture. @throws MatrixError */
  async set(awake: AwakeRoom, user: Jid, content: JsonObject): Promise<void> {
    const { access, served, pictures } = this.#parts
    const url = textIn(content, 'url') ?? ''
    const photo = url === '' ? null : await pictures.meant(user, url)
    const card = this.#cardWith(await served.store.card(awake.room.uid), photo)
    const state = stateCommand(AVATAR, '', this.#contentOf(awake, photo?.hash, photo))
    await access.perform(awake, user, { do: 'batch', commands: [card, state] })
  }
  /** For a room that is to be made; null: it has no picture. @throws MatrixError */
  async cardFor(user: Jid, content: JsonObject): Promise<Command | null> {
    const url = textIn(content, 'url') ?? ''
    return url === '' ? null : this.#cardWith(null, await this.#parts.pictures.meant(user, url))
  }
  #cardWith(before: string | null, photo: Photo | null): Command {
    const { cardOctetsMax } = this.#parts.served
    const card = decode(serialise(cardWith(parseElement(encode(before ?? `<vCard xmlns='${VCARD}'/>`)), photo)))
    if (Buffer.byteLength(card) > cardOctetsMax)
      throw tooLarge(`The card of a room, with its picture, has at most ${cardOctetsMax} octets`)
    return { do: 'card', card, pictures: photo === null ? [] : [photo.hash] }
  }
  /** The card of a room may have been changed by a client of XMPP, also while no Matrix client looked at the room. */
  look(awake: AwakeRoom): void {
    const { room, face } = awake
    const [hash] = room.facts.pictures
    const now = face.get(stateKey(AVATAR, ''))
    const shown = now === undefined ? {} : (JSON.parse(now) as JsonObject)
    const wanted = this.#contentOf(awake, hash, null)
    // What is kept for Matrix alone is no picture of the card
    const isOfCard = pictureIn(mxcIn(textIn(shown, 'url') ?? '')?.id ?? '') !== null
    if (textIn(shown, 'url') === textIn(wanted, 'url') || (hash === undefined && !isOfCard)) return
    const order = { address: room.address, actor: SERVICE, create: null, answered: null }
    const done = this.#parts.served.rooms.perform({ ...order, command: stateCommand(AVATAR, '', wanted) })
    Promise.resolve(done).catch((error: unknown) =>
      this.#parts.errors.error({ err: error }, 'The picture of a room could not be shown to Matrix clients'),
    )
  }
  /** @param photo null: nothing is known of it but its hash */
  #contentOf({ room, names }: AwakeRoom, hash: string | undefined, photo: Photo | null): JsonObject {
    const url = hash === undefined ? null : this.#parts.pictures.ofRoom(names.domain, room.uid, hash)
    if (url === null) return {}
    return photo === null ? { url } : { url, info: { mimetype: photo.type, size: photo.octets.length } }
  }
}
