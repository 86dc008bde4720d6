/**
 * PUSH-2: what is worth waking a device for, and when: one notification in an interval until the device is back. No clock, no
 * sockets.
 */
import type { Millis } from '../../base/clock.ts'
import { isArchivable } from '../../xmpp/archivable.ts'
import { hasHint } from '../../xmpp/hints.ts'
import { mediatedInvite } from '../../xmpp/muc-user.ts'
import { DELAY } from '../../xmpp/delay.ts'
import { CLIENT } from '../../xmpp/ns.ts'
import type { Packet } from '../../xmpp/packet.ts'

/** XEP-0249. */
const DIRECT_INVITE = 'jabber:x:conference'
/** Elements that stand for the content of a message in place of a body: encryption (XEP-0384, 0380), calls (XEP-0353, 0482). */
const CONTENT: ReadonlySet<string> = new Set([
  'eu.siacs.conversations.axolotl',
  'urn:xmpp:omemo:1',
  'urn:xmpp:omemo:2',
  'urn:xmpp:eme:0',
  'urn:xmpp:jingle-message:0',
  'urn:xmpp:jingle-message:1',
  'urn:xmpp:call-invites:0',
])
const JINGLE = 'urn:xmpp:jingle:1'

/** A message that somebody else has written, an invitation, or a call. @param account bare JID */
export function isWorthPushing(packet: Packet, account: string): boolean {
  const { kind, type, from, payload } = packet
  switch (kind) {
    case 'presence':
      return false
    case 'iq':
      return type === 'set' && payload.child('jingle', JINGLE)?.attr('action') === 'session-initiate'
    case 'message':
      if (from.bare === account || type === 'groupchat' || type === 'headline' || type === 'error' || payload.isEmpty)
        return false
      if (payload.child('x', DIRECT_INVITE) !== undefined || mediatedInvite(packet) !== undefined) return true
      // What was sent before its session ended comes again, with the time at which the server took it
      if (payload.elements.some((e) => e.is('delay', DELAY) && e.attr('from') === packet.to!.domain)) return false
      return isArchivable(packet) && hasContent(packet)
  }
}
/** Receipts and markers are stored too, but nobody waits for them. */
const hasContent = (packet: Packet): boolean =>
  packet.payload.child('body', CLIENT) !== undefined ||
  hasHint(packet, 'store') ||
  packet.payload.elements.some((e) => CONTENT.has(e.ns))

/** What is known of one device that is away. */
export class Waking {
  /** Messages since the device was last here. */
  messages = 0
  /** When it was last notified; null: not since it was here. */
  #at: Millis | null = null
  /** A notification is due at this time; null if none is. */
  dueAt: Millis | null = null

  /**
   * Something came for the device.
   * @param isMessage and no request
   * @param soonest not before this time
   * @returns when to look again; null if that is known already
   */
  came(isMessage: boolean, soonest: Millis, intervalMs: Millis): Millis | null {
    if (isMessage) this.messages += 1
    const at = this.#at === null ? soonest : Math.max(soonest, this.#at + intervalMs)
    if (this.dueAt !== null && this.dueAt <= at) return null
    this.dueAt = at
    return at
  }
  /** The time has come. False: it is not due any more, or not yet. */
  isDue(now: Millis): boolean {
    if (this.dueAt === null || now < this.dueAt) return false
    this.dueAt = null
    return true
  }
  notified(now: Millis): void {
    this.#at = now
  }
  /** The device is here: what came is seen. */
  back(): void {
    this.messages = 0
    this.#at = null
    this.dueAt = null
  }
}

/** PUSH-4: what an answer of a push service means. */
export type Outcome =
  | 'delivered'
  /** The service will never take it. */
  | 'refused'
  /** It may take it later. */
  | 'failed'

const FINAL: ReadonlySet<string> = new Set([
  'bad-request',
  'feature-not-implemented',
  'forbidden',
  'gone',
  'item-not-found',
  'jid-malformed',
  'not-acceptable',
  'not-allowed',
  'not-authorized',
  'registration-required',
  'subscription-required',
])

/** @param error null for a result; its condition and type otherwise, both '' if no answer has come */
export function outcomeOf(error: { readonly condition: string; readonly type: string } | null): Outcome {
  if (error === null) return 'delivered'
  return error.type !== 'wait' && FINAL.has(error.condition) ? 'refused' : 'failed'
}
