/**
 * What messages of a conversation are about (MXR-92, MXR-166): an archive keeps stanzas, which name others by the ids that clients have
 * given. Messages of one page come in their order, and what they name is looked up once.
 */
import type { Entry } from '../../rooms/log.ts'
import type { Said } from '../../rooms/machine/drafts.ts'
import type { KeptMessage } from '../../server/account-archive.ts'
import { decode } from '../../xml/wire.ts'
import { correctedIn, reactionsIn } from '../../xmpp/relations.ts'
import { retractedIn } from '../../xmpp/retraction.ts'

/** What a message may be about. */
type About = 'correct' | 'react' | 'retract'
type React = Extract<Entry, { kind: 'react' }>

export interface Lookups {
  /** The message that clients of XMPP name so; null: there is none. @param isSent by the owner; null: by either */
  named(id: string, isSent: boolean | null): Promise<KeptMessage | null>
  /** The reactions of one person to a message, as they were before that position. */
  reactionsBefore(target: KeptMessage, isSent: boolean, before: number): Promise<readonly string[]>
}

export class AboutOthers {
  readonly #lookups: Lookups
  /** By the names that messages use. */
  readonly #named = new Map<string, Promise<KeptMessage | null>>()
  /** The last reactions, by the message that they are about and their author. */
  readonly #reactions = new Map<string, readonly string[]>()

  /** @param preceding entries that come right before the messages, without a gap */
  constructor(lookups: Lookups, preceding: readonly Entry[]) {
    this.#lookups = lookups
    for (const entry of preceding)
      if (entry.kind === 'react' && entry.by !== null) this.#reactions.set(keyOf(entry.target, entry.by), entry.now)
  }
  async entryOf(message: KeptMessage): Promise<Entry> {
    const kind = kindOf(message)
    const target = kind === null ? null : await this.#targetOf(message, kind)
    if (kind === null || target === null || target.seq >= message.seq) return plain(message)
    const about = { ...plain(message), target: target.id }
    if (kind === 'correct') return { ...about, kind }
    if (kind === 'retract') return { ...about, kind, moderated: false, reason: '' }
    return { ...about, kind, ...(await this.#changed(message, target)) }
  }
  async #targetOf(message: KeptMessage, kind: About): Promise<KeptMessage | null> {
    const found = await this.#look(message.about!, kind === 'react' ? null : message.isSent)
    // A correction of a correction is one of the first message
    const isAgain = kind !== 'retract' && found !== null && kindOf(found) === 'correct'
    return isAgain ? this.#look(found.about!, found.isSent) : found
  }
  #look(id: string, isSent: boolean | null): Promise<KeptMessage | null> {
    const key = `${isSent} ${id}`
    const known = this.#named.get(key)
    if (known !== undefined) return known
    const found = this.#lookups.named(id, isSent)
    this.#named.set(key, found)
    return found
  }
  /** XEP-0444: each set takes the place of the one before. */
  async #changed(message: KeptMessage, target: KeptMessage): Promise<Pick<React, 'now' | 'added' | 'removed'>> {
    const { now } = reactionsIn(message.packet.payload)!
    const key = keyOf(target.id, message.packet.from.bare)
    const before = this.#reactions.get(key) ?? (await this.#lookups.reactionsBefore(target, message.isSent, message.seq))
    this.#reactions.set(key, now)
    return { now, added: now.filter((one) => !before.includes(one)), removed: before.filter((one) => !now.includes(one)) }
  }
}
const keyOf = (target: string, author: string): string => `${target} ${author}`

/** The ids by which others name a message. */
export const namesOfMessage = ({ id, packet }: KeptMessage): readonly string[] => [
  ...new Set([id, ...(packet.id === null ? [] : [decode(packet.id)])]),
]

/** Null: it is about nothing, or it was taken back. */
export function kindOf({ about, isRetracted, packet: { payload } }: KeptMessage): About | null {
  if (about === null || isRetracted) return null
  if (reactionsIn(payload) !== null) return 'react'
  if (retractedIn(payload).length > 0) return 'retract'
  return correctedIn(payload) === null ? null : 'correct'
}
function plain({ id, seq, stream, at, isSent, isRetracted, packet }: KeptMessage): Extract<Entry, { kind: 'message' }> {
  const { payload, lang, from, beside } = packet
  const said: Said = {
    payload,
    lang,
    fromId: packet.id === null ? null : decode(packet.id),
    givenId: id,
    mx: isRetracted ? null : (beside?.form ?? null),
    isPassing: false,
  }
  return {
    kind: 'message',
    id,
    seq,
    stream,
    at,
    by: from.bare,
    byFull: null,
    nick: null,
    veiled: false,
    transaction: isSent ? (beside?.transaction ?? null) : null,
    isRetracted,
    isKept: true,
    ...said,
  }
}
