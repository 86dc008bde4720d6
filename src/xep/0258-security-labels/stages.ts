/** XEP-0258 5.1: what clients of this server send, and what arrives for its accounts (LAB-23, LAB-24, LAB-25, LAB-31). */
import { contactKey } from '../../im/account.ts'
import { deliverMessage, isKnown, maySee } from '../../im/delivery.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Host } from '../../server/feature.ts'
import type { Labels } from '../../server/labelling/labels.ts'
import { bearingOf, forbidden, violation, withoutContent } from '../../server/labelling/rules.ts'
import type { FromClient, ToAccount } from '../../server/pipeline/contexts.ts'
import type { Stage, Verdict } from '../../server/pipeline/pipeline.ts'
import type { Router } from '../../server/routing/router.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet, Payload } from '../../xmpp/packet.ts'
import { labelIn, mentionsLabel } from '../../xmpp/security-label.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { stanzaIdBy } from '../../xmpp/stanza-id.ts'
import type { Naming } from './naming.ts'
import type { LabelSettings } from './settings.ts'

export interface StageParts {
  readonly labels: Labels
  readonly router: Router
  readonly settings: LabelSettings
  readonly tell: Host['tell']
  readonly naming: Naming
}

const MAY_NOT_USE = 'Your clearance does not let you use this security label'
const MAY_NOT_RECEIVE = 'The recipient may not receive this security label'

/** What a client sends. A message that is refused was not archived, copied or sent. */
export function labelsOut({ labels, router, settings, naming }: StageParts): Stage<FromClient> {
  const sends = (context: FromClient, payload: Payload): Verdict => {
    const { packet, session } = context
    const { account, jid } = session
    const label = labels.labelOf(payload)
    const to = packet.to!
    if (!labels.grants('send', account.bare, label, jid)) throw forbidden(MAY_NOT_USE)
    const kind = router.kindOf(to.domain)
    if (kind === 'accounts' && !labels.grants('delivery', to, label, jid)) {
      if (settings['tell-strangers'] || isContact(account, to)) throw forbidden(MAY_NOT_RECEIVE)
      return asToNobody(packet)
    }
    if ((kind === 'elsewhere' || kind === 'component') && !labels.grants('domain', to, label, jid))
      throw forbidden(MAY_NOT_RECEIVE)
    if (kind !== 'service') naming.note(account, to, packet, label)
    if (payload !== packet.payload) context.packet = packet.with({ payload })
    return 'next'
  }
  const isUnlabelled = (packet: Packet, payload: Payload): boolean =>
    labels.labelOf(payload) === null && !mentionsLabel(packet.payload)
  return (context) => {
    const { session, packet } = context
    const isToService = packet.kind === 'message' && packet.to !== null && router.kindOf(packet.to.domain) === 'service'
    const bearing = bearingOf(packet, false, isToService && packet.to.resource === '')
    if (bearing === 'free') {
      if (packet.type === 'error') context.packet = withoutContent(packet)
      return 'next'
    }
    if (bearing === 'dropped') return 'done'
    if (bearing === 'violation') throw violation()
    const payload = labels.rewritten(packet.payload)
    if (labels.labelOf(payload) === null && labelIn(payload) === 'malformed')
      throw new StanzaError('bad-request', { text: 'A security label has exactly one <label/>, with one element at most' })
    if (isToService) return isForOccupants(packet) && isUnlabelled(packet, payload) ? 'next' : sends(context, payload)
    const raised = naming.sent(session.account, packet.to!, labels.raised(payload))
    return raised instanceof Promise ? raised.then((its) => sends(context, its)) : sends(context, raised)
  }
}
/** LAB-26: a room puts its own label on what is for its occupants, and judges it. */
const isForOccupants = ({ to, type }: Packet): boolean => to!.local !== '' && (type === 'groupchat' || to!.resource !== '')

/** The sender knows that there is such an account. */
const isContact = ({ bare, roster }: LocalAccount, to: Jid): boolean =>
  to.bare === bare.bare || to.local === '' || roster.isSubscribedTo(contactKey(to))

/** As if there were no such account (RFC 6121 8.5.1). */
function asToNobody(packet: Packet): Verdict {
  if (deliverMessage(null, packet, false).kind === 'error') throw new StanzaError('service-unavailable')
  return 'done'
}

/**
 * What arrives for an account. Clients of this server were asked already, and are asked again: the message may have been on its way
 * while a clearance was changed. What a session gives back is kept, and waits for another clearance: nothing is undelivered.
 */
export function labelsIn({ labels, router, settings, tell, naming }: StageParts): Stage<ToAccount> {
  const denied = ({ account, packet }: ToAccount, isOurs: boolean): Verdict => {
    if (stanzaIdBy(packet, account.bare) !== undefined) {
      tell('kept-message-withheld', { account, packet })
      return 'done'
    }
    const knows = isKnown(account, packet.from)
    const isTold = isOurs ? knows || settings['tell-strangers'] : knows && settings['bounce-remote']
    if (isTold) throw forbidden(MAY_NOT_RECEIVE)
    return asToNobody(packet)
  }
  const arrives = (context: ToAccount, payload: Payload, isOurs: boolean): Verdict => {
    const { account, packet } = context
    const { from, type } = packet
    const label = labels.labelOf(payload)
    const isGranted = isOurs && labels.mayHave(account.bare, label)
    if (!isGranted && !labels.grants('delivery', account.bare, label, from)) {
      // A room would take the error for the end of its occupant (ROOM-80); a stranger gets the one for a missing account
      const isOfRoom = type === 'groupchat' && router.kindOf(from.domain) !== 'accounts' && maySee(account, from)
      return isOfRoom ? 'done' : denied(context, isOurs)
    }
    if (type !== 'groupchat') naming.note(account, from, packet, label)
    const marked = isOurs ? payload : labels.remarked(payload)
    if (marked !== packet.payload) context.packet = packet.with({ payload: marked })
    return 'next'
  }
  return (context) => {
    const { account, packet } = context
    const { from, type } = packet
    // Presence, of which there is most, asks for nothing else
    const bearing = bearingOf(packet, packet.kind === 'message' && labels.isOfServer(from))
    if (bearing === 'free') {
      if (type === 'error' && labels.isFromOutside(from)) context.packet = withoutContent(packet)
      return 'next'
    }
    if (bearing === 'dropped') return 'done'
    if (bearing === 'violation') throw violation()
    const kind = router.kindOf(from.domain)
    if (kind === 'accounts' || kind === 'service') return arrives(context, packet.payload, true)
    const payload = labels.raised(packet.payload)
    const raised = type === 'groupchat' ? payload : naming.received(account, from, payload)
    return raised instanceof Promise ? raised.then((its) => arrives(context, its, false)) : arrives(context, raised, false)
  }
}
