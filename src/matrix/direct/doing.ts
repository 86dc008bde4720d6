/**
 * What a user does in a conversation (MXR-92, MXR-99): what is said is a message of the user's device, which the archives of both
 * have under one id; to join and to leave is to answer a request.
 */
import type { Command } from '../../rooms/machine/commands.ts'
import type { Said, Transaction } from '../../rooms/machine/drafts.ts'
import type { Outcome } from '../../rooms/rooms.ts'
import type { Host } from '../../server/feature.ts'
import { encode } from '../../xml/wire.ts'
import { el } from '../../xml/element.ts'
import { HINTS } from '../../xmpp/hints.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import type { Hides } from '../data/ignored.ts'
import { forbidden } from '../http/errors.ts'
import type { Talk } from './talk.ts'

export interface DoingParts {
  readonly host: Pick<Host, 'accounts' | 'clock' | 'router' | 'send' | 'stores'>
  readonly addressOf: (user: Jid, device: string) => Jid
  readonly hiddenFrom: (bare: string) => Promise<Hides>
  /** The user belongs to the conversation. @throws StanzaError */
  readonly accept: (talk: Talk) => Promise<void>
  /** The user does not want to see it, or does not want to be seen. */
  readonly leave: (talk: Talk) => Promise<void>
  /** What was stored before is shown when this resolves. */
  readonly caughtUp: (talk: Talk) => Promise<void>
}

export class Doing {
  readonly #parts: DoingParts

  constructor(parts: DoingParts) {
    this.#parts = parts
  }
  /** @throws MatrixError, StanzaError */
  async attempt(talk: Talk, command: Command, transaction: Transaction | null): Promise<Outcome> {
    switch (command.do) {
      case 'retract':
        if (command.moderated) return { refuse: 'not-the-author' }
        await this.#say(talk, command.said, transaction)
        return null
      case 'append':
      case 'correct':
      case 'react':
        await this.#say(talk, command.said, transaction)
        return null
      case 'face':
        if (command.key !== null) return { refuse: 'rank' }
        await this.#say(talk, this.#ofMatrix(command.type, command.content), transaction)
        return null
      case 'join':
        await this.#parts.accept(talk)
        return null
      case 'leave':
      case 'decline':
        await this.#parts.leave(talk)
        return null
      default:
        return { refuse: 'rank' }
    }
  }
  async #say(talk: Talk, said: Said, transaction: Transaction | null): Promise<void> {
    const { host, hiddenFrom, addressOf, caughtUp } = this.#parts
    const { owner, peer } = talk
    const hides = await hiddenFrom(owner.bare)
    if (hides(peer.bare)) throw forbidden('You ignore this person')
    const account = await host.accounts.load(owner.bare)
    if (account === null) throw forbidden('There is no such account')
    const { payload, lang, fromId, givenId, mx, isPassing } = said
    const packet = Packet.of({
      kind: 'message',
      type: 'chat',
      from: transaction === null ? owner : addressOf(owner, transaction.device.slice(owner.bare.length + 1)),
      to: peer,
      id: fromId === null ? null : encode(fromId),
      lang,
      payload: isPassing && payload.child('displayed', MARKERS) === undefined ? payload.plus(NO_STORE) : payload,
      archiveId: givenId,
      beside: mx === null && transaction === null ? null : { form: mx, transaction },
    })
    await this.#send(account, packet)
    if (transaction !== null && givenId !== null) talk.log.sent(transaction, givenId)
    await caughtUp(talk)
  }
  /** An event without a form in XMPP is not for people elsewhere: it is kept for the user alone. */
  async #send(account: Parameters<Host['send']>[0], packet: Packet): Promise<void> {
    const { host } = this.#parts
    const { clock, router, stores } = host
    const isForMatrix = packet.payload.child('body') === undefined && packet.beside?.form != null
    if (!isForMatrix || router.placeOf(packet.to!) === 'here') return host.send(account, packet)
    const message = { packet, id: packet.archiveId!, at: clock.now(), isSent: true }
    await stores.accountArchive.append(account.bare.bare, message)
  }
  #ofMatrix(type: string, content: string): Said {
    const { clock, stores } = this.#parts.host
    const id = stores.accountArchive.newId(clock.now())
    const mx = JSON.stringify({ type, content: JSON.parse(content) as unknown })
    return { payload: Payload.of(el('store', HINTS)), lang: null, fromId: id, givenId: id, mx, isPassing: false }
  }
}
const NO_STORE = el('no-store', HINTS)
const MARKERS = 'urn:xmpp:chat-markers:0'
