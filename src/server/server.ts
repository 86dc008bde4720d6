/**
 * The machine room, put together: accounts, sessions, router and pipelines over the stores it is given.
 * Features are installed on it as a Host; `freeze` ends that, and from then on nothing in it changes but
 * its state. It opens no socket: streams bind sessions on it and hand over what they read.
 */
import { createHmac } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Entropy } from '../base/entropy.ts'
import { HttpRoutes } from '../base/http.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import { defaultLimits, type ImLimits } from '../im/account.ts'
import { redeliverPending, type PresenceOut } from '../im/presence.ts'
import { Element } from '../xml/element.ts'
import { Packet } from '../xmpp/packet.ts'
import { StanzaError } from '../xmpp/stanza-error.ts'
import { Accounts, type LocalAccount } from './accounts.ts'
import { Asking } from './asking.ts'
import { checkStage } from './check-stage.ts'
import type { FromClient, ToAccount, ToSession } from './contexts.ts'
import { deliverStage, iqInStage, routeStage, undeliverable } from './delivery-stages.ts'
import { DiscoBook } from './disco-book.ts'
import { violation } from './endings.ts'
import { KeptFarewells } from './farewells.ts'
import { FactBoard, type FactKind, type Facts } from './facts.ts'
import type { Host, Software, Stores } from './feature.ts'
import { IqService } from './iq-service.ts'
import { KeptSessions } from './kept-sessions.ts'
import { Lane } from './lane.ts'
import { Links } from './links.ts'
import { mending } from './links/mending.ts'
import { Undelivered } from './links/undelivered.ts'
import { watching } from './links/watching.ts'
import { LocalDomain } from './local-domain.ts'
import { FROM_CLIENT, TO_ACCOUNT, TO_SESSION, type ToSessionStage } from './order.ts'
import { run, type Stage } from './pipeline.ts'
import { PresenceJournal } from './presence-journal.ts'
import { presenceInStage, presenceStage } from './presence-stages.ts'
import { Probing } from './probing.ts'
import { RateLimiter } from './rate-limit.ts'
import type { Registrar } from './registrar.ts'
import { Registry } from './registry.ts'
import { RosterAudit } from './roster-audit.ts'
import { RosterChanges } from './roster-changes.ts'
import { installRosterService } from './roster-service.ts'
import { Router } from './router.ts'
import { Rush } from './rush/rush.ts'
import { Refused, type LaneItem, type Session } from './session.ts'
import { installSessionRequest } from './session-request.ts'
import { Sessions } from './sessions.ts'
import type { LimitsSettings, PresenceSettings, RateSettings } from './settings.ts'
import { StageBook } from './stage-book.ts'
import { StreamFeatures } from './stream-features.ts'
import { UnansweredRequests } from './unanswered-requests.ts'

export interface ServerOptions<D> {
  readonly software: Software
  /** At least one; the first names the server. */
  readonly domains: readonly string[]
  readonly stores: Stores
  readonly database: D
  /** Makes the registrar over the parts of this server. */
  readonly registrar: (host: Omit<Host<D>, 'registrar'>) => Registrar
  readonly presence: PresenceSettings
  /** What `Host.secret` is made from. */
  readonly secret: Buffer
  readonly limits: LimitsSettings
  readonly rate: RateSettings
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
  readonly metrics: Metrics
}

export interface Server<D = unknown> {
  readonly host: Host<D>
  readonly streamFeatures: StreamFeatures
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly rosterAudit: RosterAudit
  readonly keptSessions: KeptSessions
  /** The stages in force, for `porchlight explain order`. */
  readonly order: Readonly<Record<'fromClient' | 'toAccount' | 'toSession', readonly string[]>>
  /** Takes over what came on a session's stream, in order. An ending ends the session when its turn comes. */
  receive(session: Session, item: LaneItem): void
  /** Ends the installing of features. */
  freeze(): void
}

/** A server without features, ready for them to be installed on `host`. */
export function createServer<D>(options: ServerOptions<D>): Server<D> {
  const { clock, entropy, log, metrics, stores, domains, software } = options
  const limits = imLimits(options.limits)
  const failed = (error: unknown, what: string): void => log.error({ err: error }, what)
  const facts = new FactBoard((error, kind) => log.error({ err: error, fact: kind }, 'An observer of a fact has failed'))
  const journal = new PresenceJournal(facts, clock, options.presence['sent-log'])
  const registry = new Registry()
  const fromClient = new StageBook<FromClient>(FROM_CLIENT)
  const toAccount = new StageBook<ToAccount>(TO_ACCOUNT)
  const toSession = new StageBook<ToSession>(TO_SESSION)
  const presencesDelivered = metrics.counter(
    'porchlight_presences_delivered_total',
    'Presence stanzas handed to client connections',
  )
  const stanzasDelivered = metrics.counter(
    'porchlight_stanzas_delivered_total',
    'Stanzas of every kind handed to client connections',
  )
  const stanzasReceived = metrics.counter('porchlight_stanzas_received_total', 'Stanzas that clients have sent')

  const deliver = (session: Session, packet: Packet): void => void run(toSession.stages, { session, packet })
  const deliverAfter = (name: ToSessionStage): typeof deliver => {
    let rest: readonly Stage<ToSession>[] | null = null
    return (session, packet) => void run((rest ??= toSession.after(name)), { session, packet })
  }
  const presenceSent = (session: Session, { from, type }: Packet): void => {
    presencesDelivered.value += 1
    journal.sent.note(session.jid, from, type, clock.now())
  }
  const writeStage: Stage<ToSession> = ({ session, packet }) => {
    if (session.connection === null) return 'done'
    stanzasDelivered.value += 1
    if (packet.kind === 'presence') presenceSent(session, packet)
    session.connection.send(packet.wire)
    return 'done'
  }
  const accounts = new Accounts(stores, options.limits['idle-accounts'], {
    lastSeen: options.presence['last-seen'],
    sharePaused: options.presence['share-paused'],
  })
  const router = new Router((error) => failed(error, 'A stanza could not be routed'))
  const asking = new Asking(router, clock, entropy)
  const iq = new IqService({ registry, router, accounts, asking })
  const probing = new Probing({
    accounts,
    router,
    deliver,
    rosters: stores.rosters,
    failed: (error) => failed(error, 'Contacts could not be looked up for a probe'),
    later: (work) => rush.later(work),
  })
  const farewells = new KeptFarewells({
    accounts,
    rosters: stores.rosters,
    router,
    clock,
    entropy,
    metrics,
    failed: (error) => failed(error, 'The end of a subscription could not be noted'),
  })
  const rosterChanges = new RosterChanges({ clock, rosters: stores.rosters, router, facts, deliver, farewells })
  const unanswered = new UnansweredRequests({
    accounts,
    router,
    clock,
    entropy,
    rosters: stores.rosters,
    againAfterMs: options.presence['ask-again'],
    failed: (error) => failed(error, 'Requests could not be sent again'),
  })
  const out: PresenceOut = {
    route: (packet) => void router.route(packet),
    routeAll: (packet, to) => router.routeAll(packet, to),
    toResource: (packet, resource) => deliver(resource as Session, packet),
    probe: (me, contacts) => probing.ask(me, contacts),
    becameAvailable(me) {
      const { account } = me as Session
      redeliverPending(account, me, out)
      unanswered.becameAvailable(account)
    },
  }
  const sessions = new Sessions({
    clock,
    entropy,
    accounts,
    facts,
    presenceOut: out,
    makeLane,
    resourcesMax: options.limits['resources'],
  })

  const rush: Rush = new Rush({
    clock,
    facts,
    slots: sessions.slots,
    isLocal: (domain) => router.isLocal(domain),
    goOn: deliverAfter('rush'),
    sessions: options.presence['rush'],
    holdMs: options.presence['rush-hold'],
  })

  /** What a session does with each thing its client sends. */
  function makeLane(session: Session): Lane<LaneItem> {
    const work = (item: LaneItem): void | Promise<void> => {
      if (item instanceof Packet) {
        session.heard(isAnswer(item) ? 'answer' : 'stanza')
        return counted(session, fromStanza(session, item))
      }
      if (!(item instanceof Element || item instanceof Refused)) return sessions.leave(session, item)
      const waits = rateLimiter.admitOther(session)
      return waits === null ? other(session, item) : waits.then(() => (session.ended ? undefined : other(session, item)))
    }
    return new Lane(
      work,
      (error) => stumbled(session, error),
      () => session.connection?.resume(),
    )
  }
  function stumbled(session: Session, error: unknown): void {
    failed(error, 'A stanza made the server stumble; its session is ended')
    sessions.end(session, violation('internal-server-error'))
  }
  function counted(session: Session, waits: void | Promise<void>): void | Promise<void> {
    stanzasReceived.value += 1
    if (waits !== undefined) return waits.then(() => void (session.handled += 1))
    session.handled += 1
  }
  function other(session: Session, item: Element | Refused): void | Promise<void> {
    if (item instanceof Element) {
      session.heard('acknowledgement')
      return nonza(session, item)
    }
    if (item.reply !== null) deliver(session, item.reply)
    return counted(session)
  }
  function nonza(session: Session, element: Element): void | Promise<void> {
    const handle = registry.nonzaHandler(element)
    if (handle === undefined) return sessions.end(session, violation('unsupported-stanza-type'))
    return handle(session, element)
  }
  function fromStanza(session: Session, packet: Packet, firstStage = 0): void | Promise<void> {
    const context: FromClient = { session, packet }
    const refuse = (error: unknown): void | Promise<void> => {
      if (!(error instanceof StanzaError)) throw error
      return router.refuse(
        context.packet.to === null ? context.packet.addressedTo(session.account.bare) : context.packet,
        error,
        session.jid,
      )
    }
    try {
      const verdict = run(fromClient.stages, context, firstStage)
      if (typeof verdict !== 'string') return verdict.then(nothing, refuse)
    } catch (error) {
      return refuse(error)
    }
  }

  /** Of a stanza that 'rate-limit', the first stage, has kept for a while. */
  function goOn(session: Session, packet: Packet): void | Promise<void> {
    try {
      return fromStanza(session, packet, 1)?.catch((error: unknown) => stumbled(session, error))
    } catch (error) {
      stumbled(session, error)
    }
  }

  const isWatched = watching(sessions, clock, (session) => links.shownTo(session))
  const links: Links = new Links({ clock, entropy, facts, metrics, isWatched })
  const undelivered = new Undelivered({
    clock,
    accounts,
    router,
    metrics,
    failed: (error) => failed(error, 'Presence for a mended link could not be sent'),
  })
  router.onUndelivered((presence) => undelivered.keep(presence))
  facts.on('link-mended', mending({ clock, sessions, router, probing }))
  facts.on('link-mended', (link) => undelivered.mended(link))
  const isDirectoryPublic = options.presence['public-directory']
  const parts = { clock, accounts, facts, router, probing, rosterChanges, farewells, out, deliver, limits, iq, isDirectoryPublic }
  const rateLimiter = new RateLimiter({
    rate: options.rate,
    clock,
    metrics,
    facts,
    slots: sessions.slots,
    isLocal: (domain) => router.isLocal(domain),
    goOn,
  })
  fromClient.install('rate-limit', (context) => rateLimiter.check(context))
  fromClient.install(
    'check',
    checkStage((domain) => router.serves(domain)),
  )
  fromClient.install('presence', presenceStage(parts))
  fromClient.install('route', routeStage(router))
  toAccount.install('presence-in', presenceInStage(parts))
  toAccount.install('iq-in', iqInStage(parts))
  toAccount.install('deliver', deliverStage(parts))
  toSession.install('rush', (context) => rush.stage(context))
  toSession.install('write', writeStage)
  installSessionRequest(registry)
  installRosterService({ registry, rosters: stores.rosters, rosterChanges, deliver, limits })

  const keptSessions = new KeptSessions({
    clock,
    log,
    accounts,
    sessions,
    facts,
    router,
    probing,
    store: stores.keptSessions,
    lastPresence: stores.lastPresence,
    octetsMax: options.limits['kept-sessions'],
  })
  keptSessions.keepsakes.push({ name: 'rush', settle: (session) => rush.letOut(session), restore: nothing })
  const disco = new DiscoBook()
  const streamFeatures = new StreamFeatures()
  const hostParts: Omit<Host<D>, 'registrar'> = {
    clock,
    entropy,
    log,
    metrics,
    software,
    domains,
    accounts,
    sessions,
    router,
    disco,
    journal,
    streamFeatures,
    http: new HttpRoutes(),
    stores,
    probing,
    links,
    database: options.database,
    secret: (purpose) => createHmac('sha256', options.secret).update(purpose).digest(),
    iqToAccount: (rule) => registry.account(rule),
    iqToServer: (rule) => registry.server(rule),
    nonza: (ns, name, handle) => registry.nonza(ns, name, handle),
    fromClient: (name, stage) => fromClient.install(name, stage),
    toAccount: (name, stage) => toAccount.install(name, stage),
    toSession: (name, stage) => toSession.install(name, stage),
    on: (kind, observer) => facts.on(kind, observer),
    tell: <K extends FactKind>(kind: K, fact: Facts[K]) => facts.tell(kind, fact),
    sessionSlot: <T>(name: string, initial: (s: Session) => T) => sessions.slots.declare(name, initial),
    accountSlot: <T>(name: string, initial: (a: LocalAccount) => T) => accounts.slots.declare(name, initial),
    keepsake: (keepsake) => void keptSessions.keepsakes.push(keepsake),
    alsoLoad: (load) => accounts.alsoLoad(load),
    deliver,
    deliverAfter,
    ask: (from, to, payload, answered) => asking.ask(from, to, payload, answered),
  }
  const host: Host<D> = { ...hostParts, registrar: options.registrar(hostParts) }
  metrics.gauge('porchlight_sessions', 'Bound sessions', () => sessions.size)
  metrics.gauge('porchlight_accounts_in_memory', 'Accounts in memory', () => accounts.size)

  return {
    host,
    streamFeatures,
    accounts,
    sessions,
    keptSessions,
    rosterAudit: new RosterAudit({ domains, clock, entropy, accounts, stores, rosterChanges, limits }),
    order: {
      get fromClient() {
        return fromClient.names
      },
      get toAccount() {
        return toAccount.names
      },
      get toSession() {
        return toSession.names
      },
    },
    receive(session, item) {
      if (session.ended) return
      session.lane.push(item)
      if (session.lane.depth >= options.limits['queued-stanzas']) session.connection?.hold()
    },
    freeze() {
      toAccount.end(undeliverable)
      for (const book of [fromClient, toAccount, toSession]) book.freeze()
      const hasPresence = options.presence['server-presence']
      const local = new LocalDomain({ accounts, iq, probing, router, hasPresence, stages: toAccount.stages })
      for (const domain of domains) router.claimForAccounts(domain, local)
    },
  }
}

const nothing = (): void => {}
const isAnswer = ({ kind, type }: Packet): boolean => kind === 'iq' && (type === 'result' || type === 'error')

function imLimits(settings: LimitsSettings): ImLimits {
  return {
    ...defaultLimits,
    rosterItems: settings['roster-items'],
    groupsPerItem: settings['groups-per-item'],
    pendingRequests: settings['pending-requests'],
    directedPerResource: settings['directed-presence'],
  }
}
