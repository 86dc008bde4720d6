/** RFC 6121 sections 3 and 4 in the pipelines: which rule of `im/` applies to a presence, in both directions. */
import type { Clock } from '../../base/clock.ts'
import { contactKey, type Account, type ImLimits } from '../../im/account.ts'
import { unseen } from '../../im/invisibility.ts'
import { broadcastAvailable, broadcastUnavailable, directed, receive, type PresenceOut } from '../../im/presence.ts'
import { inbound, outbound } from '../../im/subscribing.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Packet } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { LocalAccount, LocalEndpoint, Session } from '../account/session.ts'
import type { FromClient, ToAccount } from '../pipeline/contexts.ts'
import { isLeftOut, whereRoomIs } from '../account/crowding.ts'
import type { KeptFarewells } from '../contacts/farewells.ts'
import type { FactBoard } from '../account/facts.ts'
import type { Stage, Verdict } from '../pipeline/pipeline.ts'
import type { HeardContacts } from '../contacts/heard.ts'
import type { Relics } from '../keeping/relics.ts'
import type { ProbeAnswers } from '../contacts/probe-answers.ts'
import type { RosterChanges } from '../contacts/roster-changes.ts'
import type { Router } from '../routing/router.ts'
import type { SentLog } from '../explaining/sent-log.ts'
import { withinShare, type Untold } from './untold.ts'

export interface PresenceParts {
  readonly clock: Clock
  readonly facts: FactBoard
  readonly router: Router
  readonly probeAnswers: ProbeAnswers
  readonly rosterChanges: RosterChanges
  readonly farewells: KeptFarewells
  readonly untold: Untold
  readonly out: PresenceOut<LocalEndpoint>
  readonly limits: ImLimits
  readonly relics: Relics
  readonly heard: HeardContacts
  /** What clients were sent. */
  readonly sent: SentLog
  /** Whether users may learn that an account does not exist. */
  readonly isDirectoryPublic: boolean
}
const done = (): Verdict => 'done'

/** Presence that a client sends. */
export function presenceStage(parts: PresenceParts): Stage<FromClient> {
  return ({ session, packet }) => {
    switch (packet.type) {
      case '':
      case 'unavailable':
        // The presence of its relic ends: by this presence, or because the client has evidently begun
        // (docs/decisions/018-sessions-over-a-restart.md).
        if ((packet.to === null) === (packet.type !== '')) parts.relics.takeBack(session)
        if (packet.to === null) broadcast(parts, session, packet)
        else directed(session.account, session, packet, parts.limits, parts.out)
        return 'done'
      case 'subscribe':
      case 'subscribed':
      case 'unsubscribe':
      case 'unsubscribed':
        return subscription(parts, session, addressed(packet))
      case 'probe':
        return probe(parts.router, session.account, addressed(packet))
      case 'error':
        return passOn(parts.router, addressed(packet))
      default: // 4.7.1
        throw new StanzaError('bad-request', { text: 'Presence has no such type' })
    }
  }
}

/** Presence that arrives for an account. */
export function presenceInStage(parts: PresenceParts): Stage<ToAccount> {
  const out = { toResource: withinShare(parts.untold) }
  const ofStrangers = { toResource: whereRoomIs }
  return ({ account, packet, origin }) => {
    // RFC 6121 A.3.4: the answer to an 'unsubscribe' does not refuse a later request.
    if (parts.farewells.arrived(account, packet)) return 'done'
    switch (packet.type) {
      case '':
      case 'unavailable':
      case 'error':
        receive(account, packet, origin !== null && isLeftOut(account, packet.from) ? ofStrangers : out)
        return 'done'
      case 'probe':
        parts.probeAnswers.answer(account, packet)
        return 'done'
      case 'unsubscribed':
        return unsubscribed(parts, account, packet)
      case 'subscribe':
      case 'subscribed':
      case 'unsubscribe':
        return parts.rosterChanges
          .perform(account, () => inbound(account, packet, parts.clock.now(), parts.limits), null)
          .then(done)
      default:
        return 'done'
    }
  }
}

/**
 * The contact no longer lets the account see it. Its server has sent unavailable presence of each resource before (3.2.2 rule
 * 3), unless this answers a probe (4.3.2 rule 1). In that case the server knows of no subscription, and would never end what is
 * still shown.
 */
async function unsubscribed(
  { clock, limits, heard, sent, rosterChanges, router }: PresenceParts,
  account: LocalAccount,
  packet: Packet,
): Promise<Verdict> {
  const { from } = packet
  const key = contactKey(from)
  const isSeen = account.roster.isSubscribedTo(key)
  await rosterChanges.perform(account, () => inbound(account, packet, clock.now(), limits), null)
  if (!isSeen || account.roster.isSubscribedTo(key)) return 'done'
  const gone = (jid: Jid): Packet => Packet.of({ kind: 'presence', type: 'unavailable', from: jid, to: account.bare })
  if (router.placeOf(from) !== 'here') for (const { jid } of [...heard.ofAccount(account, from)]) router.routeQuietly(gone(jid))
  else
    for (const session of account.sessions)
      for (const shown of sent.lastTo(session.jid, from)) if (shown.type === '') session.take(gone(shown.from))
  return 'done'
}

/** RFC 6121 3: nobody can subscribe to the server itself, because it has no subscriptions (SUB-31). */
function subscription(parts: PresenceParts, session: Session, packet: Packet): Verdict | Promise<Verdict> {
  const { router, rosterChanges, limits, isDirectoryPublic } = parts
  const { account } = session
  const to = packet.to!
  const perform = (): Promise<Verdict> =>
    rosterChanges.perform(account, () => outbound(account, packet, limits), session.jid).then(done)
  const home = router.homeOf(to)
  if (home === null) return perform()
  if (to.local === '') {
    if (packet.type === 'subscribe')
      throw new StanzaError('service-unavailable', { text: 'The server has no presence to subscribe to' })
    return 'done'
  }
  if (packet.type !== 'subscribe' || !isDirectoryPublic) return perform()
  const exists = home.exists(to)
  const requested = (isThere: boolean): Promise<Verdict> => {
    // 3.1.2 requires the error, 8.5.1 silence: with silence nobody learns which accounts exist (SUB-33, DEVIATES(7)).
    if (!isThere) throw new StanzaError('item-not-found', { text: 'This account does not exist' })
    return perform()
  }
  return exists instanceof Promise ? exists.then(requested) : requested(exists)
}

/**
 * RFC 6121 4.3, sent for the account, not for the resource. A contact that has not yet answered a request is not probed: it
 * would have to refuse the probe (4.3.2 rule 1), and the refusal would be taken for its answer to the request (A.3.4).
 */
function probe(router: Router, account: Account, packet: Packet): Verdict | Promise<Verdict> {
  if (account.roster.item(contactKey(packet.to!))?.ask === true) return 'done'
  return passOn(router, packet.with({ from: account.bare }))
}

function broadcast(parts: PresenceParts, session: Session, sent: Packet): void {
  if (sent.payload.text.length > parts.limits.presenceBytes)
    throw new StanzaError('policy-violation', { text: `The presence has more than ${parts.limits.presenceBytes} octets` })
  if (session.invisible && sent.type === '') return unseen(session, sent)
  const { account, presence: before } = session
  if (before === null && sent.type === '') parts.heard.comes(session, parts.relics.owed(session) !== null)
  if (sent.type === '') broadcastAvailable(account, session, sent, parts.out)
  else broadcastUnavailable(account, session, sent, parts.clock.now(), parts.out)
  const after = session.presence
  if (before !== null || after !== null) parts.facts.tell('presence-changed', { session, before, after })
}

function addressed(packet: Packet): Packet {
  if (packet.to === null) throw new StanzaError('bad-request', { text: 'Presence of this type needs an address' })
  return packet
}

function passOn(router: Router, packet: Packet): Verdict | Promise<Verdict> {
  return router.route(packet)?.then(done) ?? 'done'
}
