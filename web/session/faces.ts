/**
 * The nicknames, moods and pictures of contacts, and of the person (XEP-0172, 0107, 0084, 0153). A picture is read when it is shown
 * for the first time. It is drawn, not loaded from an address: the policy of the page allows no picture from elsewhere.
 */
import { Platform, type Agent } from 'stanza'
import type { Board } from '../model/board.ts'
import { faceOf, textOrNull, withFace, type Face } from '../model/faces.ts'
import type { Store } from '../model/store.ts'
import { bareOf } from './stanzas.ts'

/** Pictures that are read at a time. */
const AT_ONCE = 2
/** Larger pictures are not read: whoever has one slows down nobody. */
const OCTETS_MAX = 200_000

export class Faces {
  readonly #store: Store<Board>
  #client: Agent | null = null
  /** Pictures that are wanted: whose, by id. */
  readonly #wanted = new Map<string, string>()
  /** Those that are being read, and those that cannot be. */
  readonly #tried = new Set<string>()
  #reading = 0

  constructor(store: Store<Board>) {
    this.#store = store
  }
  use(client: Agent): void {
    this.#client = client
    this.#wanted.clear()
    this.#tried.clear()
    this.#reading = 0
    client.on('nick', ({ jid, nick }) => this.#shows(jid, { nick: textOrNull(nick) }))
    client.on('mood', ({ jid, mood }) => {
      const isSet = mood?.value !== undefined || textOrNull(mood?.text) !== null
      this.#shows(jid, { mood: isSet ? { name: mood?.value ?? null, text: textOrNull(mood?.text) } : null })
    })
    client.on('avatar', ({ jid, avatars: [first] }) => this.#shows(jid, { picture: first?.id ?? null }))
  }
  #shows(from: string | undefined, part: Partial<Face>): void {
    const jid = bareOf(from ?? this.#client!.jid)
    this.#store.update((board) => {
      const isKnown = board.roster.has(jid) || jid === bareOf(board.me ?? '')
      return isKnown ? { ...board, faces: withFace(board.faces, jid, part) } : board
    })
  }
  /** A picture comes into sight. */
  want(jid: string): void {
    const { faces, pictures } = this.#store.value
    const { picture } = faceOf(faces, jid)
    if (picture === null || pictures.has(picture) || this.#tried.has(picture)) return
    this.#wanted.set(picture, jid)
    this.#readMore()
  }
  #readMore(): void {
    for (const [id, jid] of this.#wanted) {
      if (this.#reading >= AT_ONCE) return
      this.#wanted.delete(id)
      this.#tried.add(id)
      this.#reading += 1
      void this.#read(id, jid).finally(() => {
        this.#reading -= 1
        this.#readMore()
      })
    }
  }
  async #read(id: string, jid: string): Promise<void> {
    const client = this.#client!
    const octets = (await fromNode(client, jid, id)) ?? (await fromCard(client, jid))
    if (octets === null || octets.length > OCTETS_MAX) return
    const picture = await createImageBitmap(new Blob([octets as Uint8Array<ArrayBuffer>])).catch(() => null)
    if (picture === null || client !== this.#client) return
    this.#store.update((board) => ({ ...board, pictures: new Map(board.pictures).set(id, picture) }))
  }
}

async function fromNode(client: Agent, jid: string, id: string): Promise<Uint8Array | null> {
  const item = await client.getAvatar(jid, id).catch(() => null)
  return item?.content?.data ?? null
}
async function fromCard(client: Agent, jid: string): Promise<Uint8Array | null> {
  const card = await client.getVCard(jid).catch(() => null)
  const photo = card?.records?.find((record) => record.type === 'photo')
  return photo !== undefined && 'data' in photo && photo.data !== undefined ? Platform.Buffer.from(photo.data) : null
}
