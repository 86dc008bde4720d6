/**
 * Assembles everything about rosters: how they change, how contacts are probed, which parts of a subscription are sent again;
 * and `out`, through which the rules of `im/` get all that done.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import type { Entropy } from '../../base/entropy.ts'
import type { Metrics } from '../../base/metrics.ts'
import { redeliverPending, type PresenceOut } from '../../im/presence.ts'
import type { Wire } from '../../xml/wire.ts'
import type { Accounts } from '../account/accounts.ts'
import type { FactBoard } from '../account/facts.ts'
import { KeptFarewells, type FarewellsParts } from './farewells.ts'
import type { Decisions } from './decisions.ts'
import type { RosterStore } from '../ports.ts'
import { ProbeAnswers } from './probe-answers.ts'
import { Probing } from './probing.ts'
import { RosterChanges } from './roster-changes.ts'
import type { Router } from '../routing/router.ts'
import type { LocalEndpoint } from '../account/session.ts'
import { UnshownRequests } from './unshown-requests.ts'
import { UnansweredRequests } from './unanswered-requests.ts'

export interface ContactsParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly metrics: Metrics
  readonly accounts: Accounts
  readonly rosters: RosterStore
  readonly router: Router
  readonly facts: FactBoard
  readonly decisions: Decisions
  readonly linkTo: FarewellsParts['linkTo']
  /** Does the work when no rush is in progress; false if there is none. */
  readonly later: (work: () => void) => boolean
  readonly requestId: () => Wire
  readonly askAgainAfterMs: Millis
  readonly failed: (error: unknown, what: string) => void
}

export interface Contacts {
  readonly probing: Probing
  readonly probeAnswers: ProbeAnswers
  readonly farewells: KeptFarewells
  readonly rosterChanges: RosterChanges
  readonly out: PresenceOut<LocalEndpoint>
}

export function contacts(parts: ContactsParts): Contacts {
  const { clock, router, facts, rosters, later, decisions } = parts
  const failing = (what: string) => (error: unknown) => parts.failed(error, what)
  const probing = new Probing(router)
  const notFound = failing('Contacts could not be looked up for a probe')
  const probeAnswers = new ProbeAnswers({ ...parts, probing, later, failed: notFound })
  const farewells = new KeptFarewells({ ...parts, failed: failing('The end of a subscription could not be noted') })
  const rosterChanges = new RosterChanges({
    clock,
    rosters,
    router,
    facts,
    farewells,
    decisions,
    unshown: new UnshownRequests(),
    requestId: parts.requestId,
  })
  const againAfterMs = parts.askAgainAfterMs
  const unanswered = new UnansweredRequests({ ...parts, againAfterMs, failed: failing('Requests could not be sent again') })
  const out: PresenceOut<LocalEndpoint> = {
    route: (packet) => void router.route(packet),
    routeAll: (packet, to) => router.routeAll(packet, to),
    toResource: (packet, endpoint) => endpoint.take(packet),
    probe: (me, all) => probing.ask(me, all),
    pour: (me, steps) => me.room.pour(steps),
    becameAvailable(me) {
      redeliverPending(me.account, me, out)
      unanswered.becameAvailable(me.account)
    },
  }
  return { probing, probeAnswers, farewells, rosterChanges, out }
}
