/**
 * Between two people, what names another message is never labelled lower than it (decision 40): corrections, retractions, reactions,
 * markers, receipts, replies. It would tell of the other one, or repeat it. Rooms do the same with their own messages
 * (`xep/0045-multi-user-chat/relating.ts`). The last messages of an account are remembered, others are looked up in its archive.
 */
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Label } from '../../im/security-policy.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Host } from '../../server/feature.ts'
import type { Slot } from '../../server/account/slots.ts'
import type { Labels } from '../../server/labelling/labels.ts'
import { forbidden } from '../../server/labelling/rules.ts'
import { valueOf } from '../../xml/entities.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet, Payload } from '../../xmpp/packet.ts'
import { meantIn, namedIn, NAMED_MAX } from '../../xmpp/relations.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'

/** Messages of one account that are remembered, and the characters of an id at most: others choose the ids. */
const REMEMBERED_MAX = 50
const ID_MAX = 100

type Remembered = BoundedMap<string, Label | null>
/** The labels of the messages that another one names, and the ids of those that are not there. */
interface Found {
  readonly labels: readonly (Label | null)[]
  readonly missing: readonly string[]
}

export class Naming {
  readonly #labels: Labels
  readonly #archive: Host['stores']['accountArchive']
  readonly #slot: Slot<LocalAccount, Remembered | null>

  constructor(host: Pick<Host, 'stores' | 'accountSlot'>, labels: Labels) {
    this.#labels = labels
    this.#archive = host.stores.accountArchive
    this.#slot = host.accountSlot<Remembered | null>('labelled-messages', 'forgotten', () => null)
  }
  /** The account has exchanged this message with the other person. */
  note(account: LocalAccount, peer: Jid, { id }: Packet, label: Label | null): void {
    if (id === null || id.length > ID_MAX) return
    let remembered = account.get(this.#slot)
    if (remembered === null) account.set(this.#slot, (remembered = new BoundedMap(REMEMBERED_MAX)))
    remembered.set(keyOf(peer, valueOf(id)), label)
  }
  /**
   * What the account sends to the other person, with a label that is not lower than those of the messages that it names. What is about a
   * message that nobody finds is refused if that one could have been above its label and beyond the receiver.
   * @throws StanzaError
   */
  sent(account: LocalAccount, peer: Jid, payload: Payload): Payload | Promise<Payload> {
    const found = this.#find(account, peer, payload)
    if (found === null) return payload
    return found instanceof Promise
      ? found.then((its) => this.#sent(account, peer, payload, its))
      : this.#sent(account, peer, payload, found)
  }
  #sent({ bare }: LocalAccount, peer: Jid, payload: Payload, found: Found): Payload {
    const raised = this.#raised(payload, found)
    const labels = this.#labels
    const meant = found.missing.length === 0 ? [] : meantIn(payload)
    if (!found.missing.some((id) => meant.includes(id))) return raised
    const isBeyond = (label: Label): boolean => labels.mayHave(bare, label) && !labels.mayHave(peer, label)
    if (!labels.isBelowOneOf(raised, isBeyond)) return raised
    throw new StanzaError('item-not-found', { text: 'The message that it names is not known' })
  }
  /** The same for what comes from another server: what nobody finds is the other server's matter. @throws StanzaError */
  received(account: LocalAccount, peer: Jid, payload: Payload): Payload | Promise<Payload> {
    const found = this.#find(account, peer, payload)
    if (found === null) return payload
    return found instanceof Promise ? found.then((its) => this.#raised(payload, its)) : this.#raised(payload, found)
  }

  #raised(payload: Payload, { labels }: Found): Payload {
    let raised: Payload | null = payload
    for (const label of labels) {
      raised = label === null ? null : this.#labels.notBelow(raised, label)
      if (raised === null) throw forbidden('The message that it names has another security label')
    }
    return raised
  }
  /** Null: it names none. */
  #find(account: LocalAccount, peer: Jid, payload: Payload): Found | Promise<Found> | null {
    const ids = namedIn(payload)
    if (ids.length === 0) return null
    if (ids.length > NAMED_MAX) throw new StanzaError('bad-request', { text: 'It names too many messages' })
    const remembered = account.get(this.#slot)
    const labels: (Label | null)[] = []
    const unknown: string[] = []
    for (const id of ids) {
      const label = remembered?.get(keyOf(peer, id))
      if (label === undefined) unknown.push(id)
      else labels.push(label)
    }
    return unknown.length === 0 ? { labels, missing: unknown } : this.#lookUp(account, peer, unknown, labels)
  }
  async #lookUp({ bare }: LocalAccount, peer: Jid, ids: readonly string[], known: readonly (Label | null)[]): Promise<Found> {
    const entries = await Promise.all(ids.map((id) => this.#archive.named(bare, peer, id)))
    const labels = entries.flatMap((packet) => (packet === null ? [] : [this.#labels.labelOf(packet.payload)]))
    return { labels: [...known, ...labels], missing: ids.filter((_, i) => entries[i] === null) }
  }
}

const keyOf = ({ bare }: Jid, id: string): string => `${bare} ${id}`
