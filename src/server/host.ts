/** What features get to see of the server: their only access to it (`feature.ts`). */
import { createHmac } from 'node:crypto'
import { HttpRoutes } from '../base/http.ts'
import type { LocalAccount } from './account/session.ts'
import type { Fate } from './account/slots.ts'
import type { Asking } from './routing/asking.ts'
import type { Books } from './delivery/core-stages.ts'
import { DiscoBooks, listedAt } from './routing/disco-book.ts'
import type { FactBoard, FactKind, Facts } from './account/facts.ts'
import type { Groundwork, Host } from './feature.ts'
import type { IqService } from './routing/iq-service.ts'
import type { Authenticator } from '../sasl/authenticator.ts'
import { run } from './pipeline/pipeline.ts'
import type { Registrar } from './account/registrar.ts'
import { Service, type ServiceOptions } from './routing/services.ts'
import type { Session } from './account/session.ts'
import { StreamFeatures } from './streams/stream-features.ts'

type Given =
  | 'clock'
  | 'entropy'
  | 'log'
  | 'metrics'
  | 'software'
  | 'domains'
  | 'componentDomains'
  | 'accounts'
  | 'sessions'
  | 'writtenTo'
  | 'router'
  | 'parties'
  | 'heard'
  | 'relics'
  | 'journal'
  | 'witnesses'
  | 'stores'
  | 'probing'
  | 'probeAnswers'
  | 'links'
  | 'decisions'
  | 'subscriptions'
  | 'database'
  | 'files'
  | 'requestId'
  | 'deliverAfter'
  | 'resumeAfter'
  | 'keep'
  | 'labels'

export interface HostParts {
  /** What is passed on unchanged. */
  readonly given: Pick<Host, Given>
  readonly books: Books
  readonly facts: FactBoard
  readonly asking: Asking
  readonly iq: IqService
  /** The secret from which `Host.secret` derives its keys. */
  readonly secret: Buffer
  readonly registrar: (host: Groundwork) => Registrar
  readonly authenticator: (host: Groundwork) => Authenticator
}

export function hostOf({ given, books, facts, asking, iq, secret, registrar, authenticator }: HostParts): Host {
  const { accounts, sessions, router, domains } = given
  const { fromClient, fromAccount, toAccount, toSession, registry } = books
  const disco = new DiscoBooks()
  const service = (options: ServiceOptions): Service => {
    const made = new Service(options, { rules: registry.services, features: disco.serviceFeatures, iqService: iq })
    const { domain, identity, isListed = () => true } = options
    router.claim(domain, 'service', made)
    disco.server.items.push({ jid: domain, name: identity.name ?? null, at: listedAt(domain, domains), isThere: isListed })
    return made
  }
  const host: Groundwork = {
    ...given,
    disco,
    streamFeatures: new StreamFeatures(),
    http: new HttpRoutes(),
    secret: (purpose) => createHmac('sha256', secret).update(purpose).digest(),
    iqToAccount: (rule) => registry.account.add(rule),
    iqToServer: (rule) => registry.server.add(rule),
    iqToServices: (rule) => registry.services.add(rule),
    service,
    nonza: (ns, name, handle) => registry.nonza(ns, name, handle),
    fromClient: (name, stage, scope) => void fromClient.install(name, stage, scope),
    fromAccount(name, stage, scope) {
      fromClient.install(name, stage, scope)
      fromAccount.install(name, stage, scope)
    },
    toAccount: (name, stage, scope) => toAccount.install(name, stage, scope),
    toSession: (name, stage, scope) => toSession.install(name, stage, scope),
    on: (kind, observer) => facts.on(kind, observer),
    tell: <K extends FactKind>(kind: K, fact: Facts[K]) => facts.tell(kind, fact),
    sessionSlot: <T>(name: string, fate: Fate, initial: (s: Session) => T) => sessions.slots.declare(name, fate, initial),
    accountSlot: <T>(name: string, fate: Fate, initial: (a: LocalAccount) => T) => accounts.slots.declare(name, fate, initial),
    alsoLoad: (load) => accounts.alsoLoad(load),
    async send(account, packet) {
      await run(fromAccount.paths.of('message', 0), { account, session: null, packet, keeping: null })
    },
    ask: (from, to, payload, answered, within, type) => asking.ask(from, to, payload, answered, within, type),
  }
  return { ...host, registrar: registrar(host), authenticator: authenticator(host) }
}
