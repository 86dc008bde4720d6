/** Items of the nodes of a user (PEP), as somebody may see them. */
import type { Host } from '../../server/feature.ts'
import { pepOf, type Pep } from '../../xep/0163-personal-eventing/index.ts'
import { el, type Element } from '../../xml/element.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { forbidden, MatrixError } from '../http/errors.ts'

const PUBSUB = 'http://jabber.org/protocol/pubsub'

export class ItemsSeen {
  readonly #host: Pick<Host, 'ask' | 'router'>
  readonly #pep: Pep

  constructor(host: Host) {
    this.#host = host
    this.#pep = pepOf(host)
  }
  /** What the newest item holds, or the one of that id; null: there is none. @throws MatrixError M_FORBIDDEN */
  async last(viewer: Jid, user: Jid, node: string, id: string | null = null): Promise<Element | null> {
    if (viewer.bare === user.bare) {
      const items = await this.#pep.items(user, node, ...(id === null ? [] : [[id]]))
      return items?.at(-1)?.payload.elements[0] ?? null
    }
    if (this.#host.router.kindOf(user.domain) !== 'accounts') throw unseen()
    const wanted = id === null ? [] : [el('item', PUBSUB, { id })]
    const payload = el('pubsub', PUBSUB, {}, el('items', PUBSUB, { node }, ...wanted))
    const answer = await new Promise<Packet | null>((answered) => this.#host.ask(viewer, user, payload, answered))
    if (answer?.type !== 'result') throw unseen()
    return answer.payload.elements[0]?.child('items')?.elements.at(-1)?.elements[0] ?? null
  }
  /** The same; null also if the viewer may not see it. */
  lastOrNull(viewer: Jid, user: Jid, node: string, id: string | null = null): Promise<Element | null> {
    return this.last(viewer, user, node, id).catch((error: unknown) => {
      if (error instanceof MatrixError) return null
      throw error
    })
  }
}
/** Somebody who may not see it and a name without an account get the same answer. */
export const unseen = () => forbidden('You may not see this profile')
