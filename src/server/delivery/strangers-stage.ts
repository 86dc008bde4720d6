/**
 * Who may write to an account. People whom the user does not know are refused exactly like senders to a missing account; people to
 * whom the user has written may answer, for as long as that is remembered.
 */
import type { Clock } from '../../base/clock.ts'
import { contactKey } from '../../im/account.ts'
import { deliverMessage } from '../../im/delivery.ts'
import { isStranger, passageOf, withoutContent } from '../../im/strangers.ts'
import { addressOrNull } from '../../xmpp/jid.ts'
import { mediatedInvite, MUC_USER } from '../../xmpp/muc-user.ts'
import { Payload, type Packet } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { LocalAccount } from '../account/session.ts'
import type { Slot } from '../account/slots.ts'
import type { FromClient, ToAccount } from '../pipeline/contexts.ts'
import type { Stage, Verdict } from '../pipeline/pipeline.ts'
import type { CorrespondentStore } from '../ports.ts'
import type { Router } from '../routing/router.ts'
import { isStrangerTo } from '../routing/strangers.ts'

export interface StrangersParts {
  readonly clock: Clock
  readonly router: Router
  readonly correspondents: CorrespondentStore
  readonly correspondentsMax: number
  /** The people of whom it is known to be stored that the user wrote to them; null if there are none. */
  readonly written: Slot<LocalAccount, Set<string> | null>
}

/** XEP-0249: rooms send it along, for old clients. */
const CONFERENCE = 'jabber:x:conference'
/** The most people of one account of whom that is remembered. */
const WRITTEN_MAX = 100

/** What a client sends: the addressee may answer. */
export function correspondentsStage({ clock, router, ...parts }: StrangersParts): Stage<FromClient> {
  const { correspondents, correspondentsMax, written } = parts
  return ({ session: { account }, packet }) => {
    const { to } = packet
    if (to === null || !writes(packet)) return 'next'
    if (!isStrangerTo(router, account, to)) return 'next'
    const key = contactKey(to)
    const known = account.get(written)
    if (known?.has(key) === true) return 'next'
    return correspondents.put(account.bare.bare, key, clock.now(), correspondentsMax).then(() => {
      if (known === null || known.size >= WRITTEN_MAX) account.set(written, new Set([key]))
      else known.add(key)
      return 'next'
    })
  }
}

/** Clients ask strangers many things by themselves. A message, or an order, is what a user sends. */
const writes = ({ kind, type }: Packet): boolean => (kind === 'message' && type !== 'error') || (kind === 'iq' && type === 'set')

/** What arrives for an account. */
export function strangersStage(parts: StrangersParts): Stage<ToAccount> {
  return (context) => {
    const { account, packet } = context
    const passage = passageOf(account.policy.strangers, packet)
    if (passage === 'passes' || !isStrangerTo(parts.router, account, packet.from)) return 'next'
    if (passage === 'without content') {
      context.packet = withoutContent(packet)
      return 'next'
    }
    return packet.kind === 'message' ? message(parts, context) : 'done'
  }
}

function message({ correspondents }: StrangersParts, context: ToAccount): Verdict | Promise<Verdict> {
  const { account, packet } = context
  if (isInvitedByFriend(account, packet)) {
    context.packet = invitationIn(packet)
    return 'next'
  }
  if (deliverMessage(null, packet, false).kind === 'error') throw new StanzaError('service-unavailable')
  return correspondents.has(account.bare.bare, contactKey(packet.from)).then((has) => (has ? 'next' : 'done'))
}

/** XEP-0045 7.8.2: a room passes on the invitation of somebody else whom the user knows. Only the room can know if that is true. */
function isInvitedByFriend(account: LocalAccount, packet: Packet): boolean {
  const inviter = mediatedInvite(packet)?.attr('from')
  const address = inviter === undefined ? null : addressOrNull(inviter)
  const isRoom = packet.from.isBare && packet.from.local !== ''
  return isRoom && address !== null && address.bare !== account.bare.bare && !isStranger(account, address)
}
/** A stranger who only says to be a room writes nothing with it. */
const invitationIn = (packet: Packet): Packet => {
  const parts = packet.payload.elements.filter((e) => e.is('x', MUC_USER) || e.is('x', CONFERENCE))
  return packet.with({ payload: Payload.of(...parts) })
}
