/**
 * XEP-0310: presence state annotations. Whoever was shown a presence is told when it may be out of date: because the way
 * to the other server is broken (4.1, fact `link-down`), or because the client at its other end is away for a moment
 * (4.2, fact `session-paused`), and again when all is well. Only clients that ask for it see anything of this.
 */
import type { Millis } from '../../base/clock.ts'
import { between, choice, count, duration, flag, section, size, zeroOr } from '../../base/settings.ts'
import { Portions } from '../../base/portions.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { Session } from '../../server/account/session.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { capsOf } from '../0115-entity-capabilities/index.ts'
import { clientStatesOf } from '../0352-client-state-indication/index.ts'
import { honest, plain, PSA } from '../../xmpp/state-annotation.ts'
import { Absences } from './absences.ts'
import { Audit } from './audit.ts'
import { Denials } from './denials.ts'
import { Annotations, LANGUAGES } from './descriptions.ts'
import { doubtsInForce } from './in-force.ts'
import { Outages } from './outages.ts'
import { Pauses } from './pauses.ts'
import { Receivers, type DoubtOf, type SinceOf } from './receivers.ts'
import { RemoteReceivers } from './remote-receivers.ts'
import { ShownBefore } from './shown-before.ts'
import { testimony } from './testimony.ts'

const settings = section({
  'pause-grace': duration(
    '3 seconds',
    zeroOr('100 ms', '10 minutes'),
    'How long a client may be without a connection before others are told. If it is back sooner, nobody is told. "0 s": others are told at once.',
  ),
  'confirm-within': duration(
    '20 seconds',
    between('1 s', '10 minutes'),
    'After an outage the server probes the contacts there. A resource that is not confirmed within this time after the last answer is shown as gone.',
  ),
  'noted-presences': count(
    5000,
    between(1, 1_000_000),
    'Presences that the server remembers for one client that asks for annotations. More are not annotated.',
  ),
  'noted-size': size('2 MiB', between('10 KB', '1 GiB'), 'The same in octets, about.'),
  'audit': duration(
    '1 minute',
    zeroOr('1 s', '1 day'),
    'How often a sample of what clients were shown is compared with the actual state. A broken promise is counted in the metrics and logged. "0 s": never.',
  ),
  'description': flag(true, 'Whether annotations carry a text for people, in the language of their stream.'),
  'language': choice(LANGUAGES, 'en', 'Language of that text if the language of the stream is unknown.'),
})

export const presenceStateAnnotations = defineFeature({
  name: 'presence-annotations',
  specs: [xep(310, 'Presence State Annotations', '0.1', 'partial', 'no rooms yet')],
  needs: ['entity-capabilities', 'client-state-indication'],
  settings,
  install(host, options) {
    const { links, router, disco, log } = host
    const caps = capsOf(host)
    const limits = { presencesMax: options['noted-presences'], octetsMax: options['noted-size'] }
    const annotations = new Annotations(options['language'], options['description'])
    const inPortions = (): Portions =>
      new Portions(host.clock, (error) => log.error({ err: error }, 'Unhandled error while sending annotations'))
    const portions = inPortions()
    const tellOf = (session: Session): void => {
      portions.do(lookAt(host, session, receivers))
      remote.look(session)
    }
    const pauses = new Pauses(host, options['pause-grace'], tellOf)
    /** PSA-35: not every user wants others to know; his own clients do. */
    const isPauseShownTo = ({ account }: Session, jid: Jid): boolean => {
      const paused = pauses.at(jid)
      return paused !== null && (paused.account === account || paused.account.policy.sharePaused !== 'none')
    }
    const doubtOf: DoubtOf = (watcher, from, heardAfter) => {
      if (router.placeOf(from) === 'here') return isPauseShownTo(watcher, from) ? 'connection-paused' : null
      return outages.isInDoubt(watcher.jid.domain, from.domain, heardAfter) ? 'server-unavailable' : null
    }
    const sinceOf: SinceOf = ({ jid: { domain } }, from, heardAfter) => {
      if (router.placeOf(from) !== 'here') return outages.since(domain, from.domain, heardAfter)
      const paused = pauses.at(from)
      return paused === null ? null : pauses.since(paused)
    }
    const states = clientStatesOf(host)
    const receivers = new Receivers({ host, caps, states, portions, annotations, limits, doubtOf, sinceOf })
    const isPaused = (session: Session): boolean => pauses.isShown(session) && session.account.policy.sharePaused === 'contacts'
    const pausedSince = (session: Session): Millis | null => pauses.since(session)
    const { resolver } = caps
    const remote = new RemoteReceivers({ host, resolver, portions, annotations, isPaused, pausedSince })
    host.probing.repeatBy((session, to) => remote.repeated(session, to))
    const confirmWithin = options['confirm-within']
    const outages = new Outages({ host, caps, portions, receivers, limits, confirmWithin })
    new ShownBefore({ host, receivers, outages, confirmWithin })

    const interval = options['audit']
    const absences = new Absences({ host, receivers })
    const audit = interval > 0 ? new Audit({ host, receivers, absences, portions: inPortions(), doubtOf, interval }) : null
    const denials = new Denials(host, (account, jid) => audit?.foundAbsent(account, account.bare, jid))
    host.on('policy-changed', ({ account }) => {
      for (const session of account.sessions) if (pauses.isShown(session)) tellOf(session)
    })
    const { journal, witnesses } = host
    witnesses.addForShown((watcher, contact) => testimony({ receivers, absences, journal }, watcher, contact))
    witnesses.addForShown((watcher, contact) => denials.testify(watcher, contact))
    witnesses.addForDoubts(() => doubtsInForce(links, pauses, receivers))
    links.watching.also((session) => receivers.domains(session))
    host.toSession('psa-ledger', receivers.stage)
    host.fromClient('annotations-out', (context) => {
      if (context.packet.kind !== 'presence') return 'next'
      context.packet = plain(context.packet) // PSA-32
      const { session, packet } = context
      absences.said(session, packet)
      if (packet.to !== null && router.placeOf(packet.to) !== 'here') {
        remote.note(session, packet)
        receivers.said(session, packet)
      }
      if (packet.type === 'probe' && packet.to !== null) {
        host.heard.tellAgain(session.account, packet.to)
        receivers.asked(session.account) // the answer is for all of its resources
      }
      return 'next'
    })
    host.toAccount('annotations-in', (context) => {
      const { account, packet } = context
      if (packet.kind !== 'presence') return 'next'
      if (packet.type === 'subscribed') receivers.asked(account) // what follows is said anew (RFC 6121 3.1.5)
      if (router.placeOf(packet.from) === 'here') return 'next' // what our own clients say has passed 'annotations-out'
      context.packet = honest(packet)
      outages.heardFrom(account, packet.from.domain)
      return 'next'
    })
    disco.server.features.push(PSA) // PSA-37
  },
})

/** Each session here that may have been shown the presence of this one looks again. */
function* lookAt(host: Host, { account, directed, jid }: Session, receivers: Receivers): Generator {
  const seen = new Set<LocalAccount>([account])
  for (const to of [...account.audience, ...(directed?.values() ?? [])]) {
    const watcher: LocalAccount | undefined = hasAccounts(host, to) ? host.accounts.get(to.bare) : undefined
    if (watcher !== undefined) seen.add(watcher)
  }
  for (const watcher of seen) {
    for (const session of [...watcher.sessions]) {
      receivers.look(session, jid)
      yield
    }
  }
}

const hasAccounts = ({ router }: Host, { domain }: Jid): boolean => router.kindOf(domain) === 'accounts'
