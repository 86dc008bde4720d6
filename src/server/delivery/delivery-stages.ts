/** RFC 6121 section 8 in the pipelines: messages and IQs, outgoing and to an account's resources. */
import { deliverIq, deliverMessage, maySee, mayQuery } from '../../im/delivery.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { FromAccount, ToAccount } from '../pipeline/contexts.ts'
import { hasRoomFor, thoseWithRoom } from '../account/crowding.ts'
import type { IqService } from '../routing/iq-service.ts'
import type { Stage, Verdict } from '../pipeline/pipeline.ts'
import type { Router } from '../routing/router.ts'

export interface DeliveryParts {
  readonly router: Router
  readonly iq: IqService
  /** Whether an IQ of any sender reaches a resource, against the advice of 8.5.3.1. */
  readonly mayStrangersQuery: boolean
}
const done = (): Verdict => 'done'
const beyondShare = (): StanzaError =>
  new StanzaError('resource-constraint', { text: 'Too many of your stanzas are waiting for this recipient' })

/** A stanza that no earlier stage has handled goes to its address. */
export function routeStage(router: Router): Stage<FromAccount> {
  return ({ packet, keeping }) => {
    const waits = router.route(packet)
    // What the client is told that we have handled is on disk
    if (keeping !== null) return Promise.all([waits, keeping.isStored]).then(done)
    return waits?.then(done) ?? 'done'
  }
}

/** 8.5.2.1.3 and 8.5.3: the account's server answers for the bare JID; a resource answers for itself. */
export function iqInStage({ iq, mayStrangersQuery }: DeliveryParts): Stage<ToAccount> {
  return ({ account, packet }) => {
    const isAnswer = packet.type === 'result' || packet.type === 'error'
    if (isAnswer && iq.answered(packet)) return 'done' // the server has asked in the name of a client
    if (iq.answersForResource(packet)) return iq.toAccount(account, packet)?.then(done) ?? 'done'
    const verdict = deliverIq(account, packet, mayStrangersQuery || mayReach(account, packet))
    switch (verdict.kind) {
      case 'account':
        return iq.toAccount(account, packet)?.then(done) ?? 'done'
      case 'deliver': {
        if (hasRoomFor(account, verdict.to, packet)) verdict.to.take(packet)
        else if (packet.type === 'get' || packet.type === 'set')
          throw maySee(account, packet.from) ? beyondShare() : iq.refusal(packet, account)
        return 'done'
      }
      case 'error':
        throw iq.refusal(packet, account)
      case 'silent':
        return 'done'
    }
  }
}

/** May this sender reach the resource in the IQ's address (8.5.3.1)? The server of the account may. */
function mayReach(account: ToAccount['account'], packet: Packet): boolean {
  const resource = account.resource(packet.to!.full)
  if (packet.from.full === account.bare.domain) return true
  return resource !== undefined && mayQuery(account, resource, packet.from)
}

/** 8.5.2.1.1, 8.5.3: chooses the resources that receive a message. A message without any is left to 'offline'. */
export const deliverStage: Stage<ToAccount> = (context) => {
  const { account, packet } = context
  // All of Table 1 gives it to the resource in `to`, if that is there, groupchat if the sender sees it; nearly always there is room
  const named = account.resource(packet.to!.full)
  const isIts = named !== undefined && !named.vacant && (packet.type !== 'groupchat' || maySee(account, packet.from))
  if (isIts && hasRoomFor(account, named, packet)) {
    named.take(packet)
    context.delivered = [named]
    return 'next'
  }
  const sees = maySee(account, packet.from)
  const decision = deliverMessage(account, packet, sees)
  switch (decision.kind) {
    case 'deliver': {
      const to = thoseWithRoom(account, decision.to, packet)
      if (to.length === 0) {
        if (sees && packet.type !== 'error') throw beyondShare()
        return 'done' // a kind that is not stored: 'offline-turn' has stored the rest
      }
      for (const endpoint of to) endpoint.take(packet)
      context.delivered = to
      return 'next'
    }
    case 'store':
      return 'next'
    case 'error':
      throw new StanzaError('service-unavailable')
    case 'silent':
      return 'done'
  }
}

/** The last stage for messages: one that was neither delivered nor stored is undeliverable (8.5.2.2.1). */
export const undeliverable: Stage<ToAccount> = ({ packet, delivered, isStored }) => {
  if (delivered.length === 0 && !isStored && packet.type !== 'error') throw new StanzaError('service-unavailable')
  return 'done'
}
