/**
 * Encrypted rooms: where clients may switch encryption on (MXR-94), and what XMPP clients are shown in the place of what is
 * encrypted (MXR-73). Nobody here can read it.
 */
import { el, type Element } from '../../xml/element.ts'
import { HINTS } from '../../xmpp/hints.ts'
import { CLIENT } from '../../xmpp/ns.ts'
import { Payload } from '../../xmpp/packet.ts'
import { badJson, forbidden } from '../http/errors.ts'
import type { AwakeRoom } from './awake-room.ts'
import { textIn, type JsonObject } from './json.ts'
import type { Form } from './message-text.ts'
import { isVeiled } from './open-rooms.ts'
import { stateKey } from './picture.ts'
import { ENCRYPTION } from './states.ts'

export const ENCRYPTED = 'm.room.encrypted'
/** XEP-0380. */
const EME = 'urn:xmpp:eme:0'
const MEGOLM = 'im.porchlight:megolm'

export interface EncryptionParts {
  readonly rule: 'both-matrix' | 'allow' | 'never'
  /** What XMPP clients are shown. */
  readonly text: string
  /** Those of these accounts that have a device with keys. */
  readonly having: (bares: readonly string[]) => Promise<ReadonlySet<string>>
}
/** A room that is to be made. */
export interface NewRoom {
  /** Bare JIDs: who makes it, and who is invited. */
  readonly people: readonly string[]
  /** Anybody may enter. */
  readonly isOpen: boolean
}

export const isEncrypted = ({ face }: Pick<AwakeRoom, 'face'>): boolean => face.has(stateKey(ENCRYPTION, ''))

export class Encryption {
  readonly #parts: EncryptionParts

  constructor(parts: EncryptionParts) {
    this.#parts = parts
  }
  /** May encryption be switched on in a room that is there? @throws MatrixError */
  checkState({ room }: AwakeRoom, key: string, content: JsonObject): void {
    this.#check(key, content)
    if (isVeiled(room.facts.config))
      throw forbidden('The room hides who people are: clients could not find the keys of the others')
  }
  /**
   * May a room be encrypted from the start? Not where somebody is invited who could read nothing of it: what the client has not
   * asked for is not left out silently, but refused.
   * @throws MatrixError
   */
  async checkNew(key: string, content: JsonObject, { people, isOpen }: NewRoom): Promise<void> {
    this.#check(key, content)
    if (this.#parts.rule === 'allow') return
    if (isOpen || people.length < 2) throw forbidden('Make the room without encryption, and switch it on in the room')
    const having = await this.#parts.having(people)
    if (people.some((one) => !having.has(one)))
      throw forbidden('Somebody who is invited has no Matrix client that encrypts: make the room without encryption')
  }
  #check(key: string, content: JsonObject): void {
    if (this.#parts.rule === 'never') throw forbidden('This server has no encrypted rooms')
    if (key !== '' || (textIn(content, 'algorithm') ?? '') === '') throw badJson('"algorithm" must be a text')
  }
  /** What was encrypted, and what stands for it. @param more what stands behind the body, where that is the text of the body */
  form(content: JsonObject, more: (text: string) => readonly Element[]): Form {
    const { text } = this.#parts
    const marks = [el('encryption', EME, { namespace: MEGOLM, name: 'Megolm' }), el('store', HINTS)]
    const payload = Payload.of(el('body', CLIENT, {}, text), ...marks, ...more(text))
    return { payload, mx: JSON.stringify({ type: ENCRYPTED, content }) }
  }
}
