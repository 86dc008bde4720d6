/**
 * Who may write to an account. People whom the user does not know are refused exactly like senders to a missing account; people to
 * whom the user has written may answer, for as long as that is remembered.
 */
import { contactKey } from '../../im/account.ts'
import { deliverMessage } from '../../im/delivery.ts'
import { isStranger, passageOf, withoutContent } from '../../im/strangers.ts'
import { addressOrNull } from '../../xmpp/jid.ts'
import { mediatedInvite, MUC_USER } from '../../xmpp/muc-user.ts'
import { Payload, type Packet } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { Correspondents } from '../account/correspondents.ts'
import type { LocalAccount } from '../account/session.ts'
import type { WrittenTo } from '../account/written-to.ts'
import type { FromAccount, ToAccount } from '../pipeline/contexts.ts'
import type { Stage, Verdict } from '../pipeline/pipeline.ts'
import type { Router } from '../routing/router.ts'
import { isStrangerTo } from '../routing/strangers.ts'

export interface StrangersParts {
  readonly router: Router
  readonly writtenTo: WrittenTo
}

/** XEP-0249: rooms send it along, for old clients. */
const CONFERENCE = 'jabber:x:conference'

/**
 * The addressee of what a client sends may answer: the session has room for the answer (crowding.ts), and the account is open to it.
 * Presence has a stage of its own.
 */
export function correspondentsStage({ router, writtenTo }: StrangersParts): Stage<FromAccount> {
  return ({ account, session, packet }) => {
    const to = packet.to!
    if (account.roster.has(contactKey(to))) return 'next'
    if (session !== null) (session.correspondents ??= new Correspondents()).wroteTo(to)
    if (!writes(packet) || writtenTo.isNoted(account, to) || !isStrangerTo(router, account, to)) return 'next'
    return writtenTo.note(account, to).then(() => 'next')
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

function message({ writtenTo }: StrangersParts, context: ToAccount): Verdict | Promise<Verdict> {
  const { account, packet } = context
  if (isInvitedByFriend(account, packet)) {
    context.packet = invitationIn(packet)
    return 'next'
  }
  if (deliverMessage(null, packet, false).kind === 'error') throw new StanzaError('service-unavailable')
  const mayAnswer = writtenTo.has(account, packet.from)
  return typeof mayAnswer === 'boolean' ? passes(mayAnswer) : mayAnswer.then(passes)
}

const passes = (is: boolean): Verdict => (is ? 'next' : 'done')

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
