/**
 * Assembles the server: accounts, sessions, router and pipelines over the given stores. Features are installed on it through a
 * Host. `freeze` ends the installation; from then on only its state changes. It opens no socket: streams bind sessions on it and
 * hand over their input.
 */
import type { Clock } from '../base/clock.ts'
import type { Entropy } from '../base/entropy.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Authenticator } from '../sasl/authenticator.ts'
import type { Jid } from '../xmpp/jid.ts'
import { Accounts } from './account/accounts.ts'
import { Asking } from './routing/asking.ts'
import { Checkpoints } from './keeping/checkpoints.ts'
import { contacts } from './contacts/contacts.ts'
import type { FromAccount, FromClient, ToAccount } from './pipeline/contexts.ts'
import type { Database } from './database.ts'
import { installCore, type Books } from './delivery/core-stages.ts'
import { undeliverable } from './delivery/delivery-stages.ts'
import type { FileStore } from './files.ts'
import { FactBoard } from './account/facts.ts'
import type { Groundwork, Host, Software, Stores } from './feature.ts'
import { hostOf } from './host.ts'
import { HeardContacts } from './contacts/heard.ts'
import { HomeHere } from './contacts/home-here.ts'
import { IqService } from './routing/iq-service.ts'
import { keepOf } from './keeping/keep.ts'
import { Relics } from './keeping/relics.ts'
import { KeptSessions } from './keeping/kept-sessions.ts'
import { GuardedDestination } from './labelling/guard.ts'
import { labelsOf, type Labelling } from './labelling/labelling.ts'
import type { Labels } from './labelling/labels.ts'
import { KeptStates } from './keeping/kept-states.ts'
import { Decisions } from './contacts/decisions.ts'
import { DomainLists } from './links/domain-lists.ts'
import { linking } from './links/linking.ts'
import { Groups } from './contacts/groups.ts'
import type { Links, LinkTimes } from './links/links.ts'
import { LocalDomain } from './delivery/local-domain.ts'
import { FROM_CLIENT, TO_ACCOUNT } from './pipeline/order.ts'
import { Parties } from './routing/parties.ts'
import { Witnesses } from './explaining/witnesses.ts'
import { PresenceJournal } from './explaining/presence-journal.ts'
import { RateLimiter } from './pipeline/rate-limit.ts'
import type { Registrar } from './account/registrar.ts'
import { Registry } from './routing/registry.ts'
import { requestIds } from './routing/request-ids.ts'
import { RosterAudit } from './contacts/roster-audit.ts'
import { Router } from './routing/router.ts'
import { Rush } from './rush/rush.ts'
import type { LaneItem, LocalAccount, Session, SessionWays } from './account/session.ts'
import { SlotBook } from './account/slots.ts'
import { WrittenTo } from './account/written-to.ts'
import { SessionWork } from './delivery/session-work.ts'
import { Sessions } from './account/sessions.ts'
import { imLimits, type LimitsSettings, type PresenceSettings, type RateSettings } from './settings.ts'
import { Subscriptions } from './contacts/subscriptions.ts'
import { StageBook } from './pipeline/stage-book.ts'
import type { StreamFeatures } from './streams/stream-features.ts'
import { Untold } from './delivery/untold.ts'
import { Veil } from './routing/veil.ts'
import { writing } from './delivery/writing.ts'

export interface ServerOptions {
  readonly software: Software
  /** At least one; the first one names the server. */
  readonly domains: readonly string[]
  /** What components may claim (XEP-0114); prepared. */
  readonly componentDomains: readonly string[]
  readonly stores: Stores
  readonly database: Database
  readonly files: FileStore
  /** Make the registrar and the authenticator from the parts of this server. */
  readonly registrar: (host: Groundwork) => Registrar
  readonly authenticator: (host: Groundwork) => Authenticator
  readonly presence: PresenceSettings
  /** The times of links to remote domains. */
  readonly linkTimes: LinkTimes
  /** The secret from which `Host.secret` derives its keys. */
  readonly secret: Buffer
  readonly limits: LimitsSettings
  readonly rate: RateSettings
  /** Security labels (XEP-0258); null: messages are not judged by labels. */
  readonly labelling: Labelling | null
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
  readonly metrics: Metrics
}

export interface Server {
  readonly host: Host
  readonly streamFeatures: StreamFeatures
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly rosterAudit: RosterAudit
  readonly subscriptions: Subscriptions
  /** The operator's groups. */
  readonly groups: Groups
  /** The operator's lists of other domains. */
  readonly domainLists: DomainLists
  readonly keptSessions: KeptSessions
  readonly checkpoints: Checkpoints
  /** The stages in force, for `porchlight explain order`. */
  readonly order: Readonly<Record<'fromClient' | 'toAccount' | 'toSession', readonly string[]>>
  /** Takes the input of a session's stream, in order. An ending ends the session when its turn comes. */
  receive(session: Session, item: LaneItem): void
  /** Ends the installation of features. */
  freeze(): void
}

/** A server without features; they can be installed on its `host`. */
export function createServer(options: ServerOptions): Server {
  const { clock, entropy, log, metrics, stores, presence } = options
  const { rosters } = stores
  const parties = new Parties()
  const limits = imLimits(options.limits, parties)
  const failed = (error: unknown, what: string): void => log.error({ err: error }, what)

  const facts = new FactBoard((error, kind) => log.error({ err: error, fact: kind }, 'Unhandled error in an observer of a fact'))
  const journal = new PresenceJournal(facts, clock, presence['sent-log'])
  const registry = new Registry()
  const fromClient = new StageBook<FromClient>(FROM_CLIENT)
  const fromAccount = new StageBook<FromAccount>(FROM_CLIENT)
  const toAccount = new StageBook<ToAccount, LocalAccount>(TO_ACCOUNT)
  const { toSession, deliver, deliverAfter } = writing({ clock, metrics, journal })
  const books: Books = { fromClient, fromAccount, toAccount, toSession, registry }
  const isOfServer = ({ local, domain, isBare }: Jid): boolean =>
    router.kindOf(domain) === 'service' || (router.kindOf(domain) === 'accounts' && (local === '' || isBare))
  const labels: Labels | null =
    options.labelling === null
      ? null
      : labelsOf(options.labelling, {
          clock,
          log,
          metrics,
          facts,
          store: stores.clearances,
          hasAccounts: (domain) => router.kindOf(domain) === 'accounts',
          groupsOf: (bare) => groups.groupsOf(bare),
          isOfServer,
          isFromOutside: ({ domain }) => ['elsewhere', 'component'].includes(router.kindOf(domain)),
        })
  const router: Router = new Router({
    facts,
    failed: (error) => failed(error, 'A stanza could not be routed'),
    guarded: (destination) => (labels === null ? destination : new GuardedDestination(destination, labels)),
  })
  const isServer = ({ local, domain }: Jid): boolean => local === '' && router.kindOf(domain) === 'accounts'

  const policy = { lastSeen: presence['last-seen'], sharePaused: presence['share-paused'], strangers: presence['strangers'] }
  const idle = { accounts: options.limits['idle-accounts'], octets: options.limits['idle-accounts-size'] }
  const admit = (account: LocalAccount): void => toAccount.admit(account)
  const accounts = new Accounts(stores, { idle, usual: policy, homes: options.domains, admit })
  const asking = new Asking(router, clock, entropy)
  const slots = new SlotBook<Session>()
  const iq = new IqService({ registry, router, accounts, asking, slots })
  const requestId = requestIds(entropy)
  const about = { clock, entropy, log, metrics, facts, accounts, router, failed, requestId }
  const later = (work: () => void): boolean => rush.later(work)
  const decisions = new Decisions({
    ...about,
    store: stores.decisions,
    rosters,
    failed: (error) => failed(error, 'A decision about a remote contact could not be stored or sent'),
  })
  const { probing, probeAnswers, farewells, rosterChanges, out } = contacts({
    ...about,
    rosters,
    decisions,
    linkTo: (local, remote) => links.get(local, remote),
    later,
    askAgainAfterMs: presence['ask-again'],
  })

  const made = { sessions: () => sessions, rateLimiter: () => rateLimiter }
  const work = new SessionWork({ fromClient, registry, router, metrics, failed, ...made })
  const end: SessionWays['end'] = (session, ending) => sessions.end(session, ending)
  const ways: SessionWays = { lane: (session) => work.lane(session), admit: (session) => toSession.admit(session), deliver, end }
  const sessions: Sessions = new Sessions({ ...about, presenceOut: out, ways, slots, resourcesMax: options.limits['resources'] })
  const relics = new Relics({ ...about, sessions, presenceOut: out })
  const rushes = { sessions: presence['rush'], holdMs: presence['rush-hold'] }
  const rush: Rush = new Rush({ ...about, slots, present: () => sessions.size, goOn: deliverAfter('rush'), ...rushes })
  const goOn = work.resumeAfter('rate-limit')
  const rateLimiter: RateLimiter = new RateLimiter({ ...about, rate: options.rate, slots, isServer, goOn })

  const links: Links = linking({ ...about, sessions, probing, asking, decisions, times: options.linkTimes })
  const isDirectoryPublic = presence['public-directory']
  const mayStrangersQuery = presence['queries-by-strangers']
  const heard = new HeardContacts({
    ...about,
    sessions,
    lossesOf: (local, remote) => links.get(local, remote)?.losses ?? 0,
    limits: { resourcesMax: options.limits['resources-elsewhere'], octetsMax: options.limits['resources-elsewhere-size'] },
  })
  const untold = new Untold({ router, probing, slots, sent: journal.sent })
  const rules = {
    untold,
    heard,
    relics,
    sent: journal.sent,
    mayStrangersQuery,
    probeAnswers,
    rosters,
    rosterChanges,
    farewells,
    out,
    limits,
    iq,
    isDirectoryPublic,
  }
  const writtenTo = new WrittenTo({ ...about, store: stores.correspondents, max: presence['correspondents'] })
  const groups = new Groups({ ...about, stores, rosterChanges, limits })
  installCore(books, { ...about, ...rules, writtenTo, groups, rateLimiter, rush })
  const kept = { store: stores.keptSessions, lastPresence: stores.lastPresence, octetsMax: options.limits['kept-sessions'] }
  const everyMs = options.limits['session-checkpoint']
  const states = new KeptStates({ ...about, sessions, store: stores.keptStates, isSavedWhileRunning: everyMs > 0 })
  const keptSessions = new KeptSessions({ ...about, sessions, relics, states, probing, ...kept })
  const { snapshots } = keptSessions
  const letOut = (session: Session): void => {
    rateLimiter.letOut(session)
    rush.letOut(session)
  }
  snapshots.session(untold.snapshot)
  snapshots.settle((session) => session.room.drain())
  snapshots.settle(letOut)
  snapshots.settle((session) => relics.letOut(session))

  const octetsMax = (options.limits['session-checkpoint-rate'] * everyMs) / 1000
  const writes = { store: stores.keptSessions, everyMs, octetsMax }
  const checkpoints = new Checkpoints({ ...about, sessions, states, kept: keptSessions, ...writes })

  const { software, domains, componentDomains, database, files, secret, registrar, authenticator } = options
  const witnesses = new Witnesses()
  const known = { labels, heard, relics, journal, witnesses, keep: keepOf(snapshots, states) }
  const resumeAfter: Host['resumeAfter'] = (name) => work.resumeAfter(name)
  const passing = { deliverAfter, resumeAfter, requestId }
  const subscriptions = new Subscriptions({ ...about, rosterChanges, limits })
  const contacting = { parties, probing, probeAnswers, links, decisions, subscriptions }
  const room = { accounts, sessions, writtenTo, router, ...contacting, ...passing, ...known }
  const given = { clock, entropy, log, metrics, software, domains, componentDomains, stores, database, files, ...room }
  const host = hostOf({ given, books, facts, asking, iq, secret, registrar, authenticator })
  metrics.gauge('porchlight_sessions', 'Bound sessions', () => sessions.size)
  metrics.gauge('porchlight_accounts_in_memory', 'Accounts in memory', () => accounts.size)

  return {
    host,
    streamFeatures: host.streamFeatures,
    accounts,
    sessions,
    keptSessions,
    checkpoints,
    rosterAudit: new RosterAudit({ ...about, domains, stores, rosterChanges, limits }),
    subscriptions,
    groups,
    domainLists: new DomainLists(stores.domainLists),
    order: orderOf(books),
    receive(session, item) {
      if (session.ended) return
      session.lane.push(item)
      if (session.lane.depth >= options.limits['queued-stanzas']) session.connection?.hold()
    },
    freeze() {
      snapshots.check(states.namesOfAccounts, sessions.slots, accounts.slots)
      toAccount.freeze(undeliverable)
      for (const book of [fromClient, fromAccount, toSession]) book.freeze()
      const hasPresence = presence['server-presence']
      const veil = new Veil(clock, options.limits['strangers-step'])
      const local = new LocalDomain({ accounts, iq, probeAnswers, router, veil, hasPresence, paths: toAccount.paths })
      const home = new HomeHere({ ...about, probeAnswers })
      for (const domain of domains) router.claimAccounts(domain, local, home)
    },
  }
}

/** The present order. */
const orderOf = ({ fromClient, toAccount, toSession }: Books): Server['order'] => ({
  get fromClient() {
    return fromClient.names
  },
  get toAccount() {
    return toAccount.names
  },
  get toSession() {
    return toSession.names
  },
})
