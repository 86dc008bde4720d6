/** The person's own account: nickname, picture, password, and the devices that have access (XEP-0172, 0084, 0077, 0494). */
import { Platform, type Agent } from 'stanza'
import type { IQ } from 'stanza/protocol'
import { softwareWords } from '../model/device-words.ts'
import { sentence } from '../model/words.ts'
import { w } from '../words/index.ts'
import { bareOf, whyNot } from './stanzas.ts'

export interface Device {
  readonly id: string
  readonly name: string
  readonly isConnected: boolean
  /** Since when it has had access, as far as the server knows. */
  readonly firstSeen: Date | null
  readonly lastSeen: Date | null
  /** Is it this page? */
  readonly isThis: boolean
}
/** Why it was not done, in words; null if it was done. */
type Refusal = string | null
/** The width and the height of a picture in pixels. */
const SIDE = 128
/** The id of a client that has sessions and no token begins so; its resource follows. */
const SESSION = 'session:'
/** How long a client may take to say what it is. */
const ANSWER_MS = 3000

export class Profile {
  readonly #client: () => Agent
  readonly #device: () => string

  constructor(client: () => Agent, device: () => string) {
    this.#client = client
    this.#device = device
  }
  setNick(nick: string): Promise<Refusal> {
    return refusalOf(this.#client().publishNick(nick))
  }
  /** @param file any picture that the browser can show; it is made small */
  async setPicture(file: Blob): Promise<Refusal> {
    const client = this.#client()
    const small = await smaller(file)
    if (small === null) return w.profile.noPicture
    const octets = Platform.Buffer.from(await small.arrayBuffer())
    const id = Platform.Buffer.from(await crypto.subtle.digest('SHA-1', octets)).toString('hex')
    const version = { id, bytes: octets.length, mediaType: small.type, width: SIDE, height: SIDE }
    return refusalOf(client.publishAvatar(id, octets).then(() => client.useAvatars([version])))
  }
  removePicture(): Promise<Refusal> {
    return refusalOf(this.#client().useAvatars([]))
  }
  setPassword(password: string): Promise<Refusal> {
    const client = this.#client()
    const username = client.jid.slice(0, client.jid.indexOf('@'))
    return refusalOf(client.updateAccount(client.config.server!, { username, password }))
  }
  /** Rejects if the server refuses */
  async devices(): Promise<readonly Device[]> {
    const { accessClients } = await this.#client().sendIQ({ type: 'get', to: bareOf(this.#client().jid), accessList: {} } as IQ)
    return Promise.all(
      (accessClients?.clients ?? []).map(async ({ id = '', connected, firstSeen = null, lastSeen = null, device }) => ({
        ...{ id, firstSeen, lastSeen, isConnected: connected === true, isThis: id === this.#device() },
        name: (await this.#softwareOf(id)) ?? device ?? id,
      })),
    )
  }
  /** A client that has not told the server its name can be asked, if it has a session. Null: it says nothing. */
  async #softwareOf(id: string): Promise<string | null> {
    if (!id.startsWith(SESSION)) return null
    const client = this.#client()
    const asked = client.getSoftwareVersion(`${bareOf(client.jid)}/${id.slice(SESSION.length)}`)
    const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), ANSWER_MS))
    const answer = await Promise.race([asked, late]).catch(() => null)
    return answer === null ? null : softwareWords(answer)
  }
  async revoke(id: string): Promise<Refusal> {
    return refusalOf(this.#client().sendIQ({ type: 'set', to: bareOf(this.#client().jid), accessRevoke: { id } } as IQ))
  }
}

const refusalOf = (work: Promise<unknown>): Promise<Refusal> =>
  work.then(
    () => null,
    (error: unknown) => sentence(w.profile.refused(whyNot(error))),
  )

/** The middle of the picture, small. Null if it is none. */
async function smaller(file: Blob): Promise<Blob | null> {
  const picture = await createImageBitmap(file).catch(() => null)
  if (picture === null) return null
  const side = Math.min(picture.width, picture.height)
  const canvas = new OffscreenCanvas(SIDE, SIDE)
  const [x, y] = [(picture.width - side) / 2, (picture.height - side) / 2]
  canvas.getContext('2d')!.drawImage(picture, x, y, side, side, 0, 0, SIDE, SIDE)
  return canvas.convertToBlob({ type: 'image/png' })
}
