/**
 * XEP-0310: presence state annotations. A client that was shown a presence is told when it may be out of date: because the link
 * to the other server is broken (4.1, fact `link-down`), or because the contact's client is away for a moment (4.2, fact
 * `session-paused`); and again when all is well. Only clients that ask for annotations see them.
 */
import { Portions } from '../../base/portions.ts'
import { between, choice, count, duration, flag, section, size, zeroOr } from '../../base/settings.ts'
import type { FromClient, ToAccount } from '../../server/pipeline/contexts.ts'
import type { Stage } from '../../server/pipeline/pipeline.ts'
import type { LocalEndpoint } from '../../server/account/session.ts'
import { defineFeature, xep } from '../../server/feature.ts'
import { asksToJoin } from '../../xmpp/muc-user.ts'
import { honest, plain, PSA, PSA_REVISED } from '../../xmpp/state-annotation.ts'
import { capsOf } from '../0115-entity-capabilities/index.ts'
import { clientStatesOf } from '../0352-client-state-indication/index.ts'
import { staysOf } from '../0410-self-ping/index.ts'
import { Absences } from './absences.ts'
import { Audit } from './audit.ts'
import { Denials } from './denials.ts'
import { Annotations, LANGUAGES } from './descriptions.ts'
import { Doubts } from './doubts.ts'
import { doubtsInForce } from './in-force.ts'
import { Known } from './known.ts'
import { LeftInDoubt } from './left-in-doubt.ts'
import { LinkDoubts } from './link-doubts.ts'
import { Newcomers } from './newcomers.ts'
import { Pauses } from './pauses.ts'
import { keepReceivers } from './receivers-kept.ts'
import { Receivers } from './receivers.ts'
import { RemoteReceivers } from './remote-receivers.ts'
import { ShownBefore } from './shown-before.ts'
import { Showing } from './showing.ts'
import { Telling } from './telling.ts'
import { testimony } from './testimony.ts'
import { Unconfirmed } from './unconfirmed.ts'
import { Violations } from './violations.ts'
import { Writer } from './writer.ts'

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
  specs: [xep(310, 'Presence State Annotations', '0.1')],
  needs: ['entity-capabilities', 'client-state-indication', 'self-ping'],
  settings,
  install(host, options) {
    const { router, disco, log } = host
    const caps = capsOf(host)
    const states = clientStatesOf(host)
    const limits = { presencesMax: options['noted-presences'], octetsMax: options['noted-size'] }
    const annotations = new Annotations(options['language'], options['description'])
    const inPortions = (): Portions =>
      new Portions(host.clock, (error) => log.error({ err: error }, 'Unhandled error while sending annotations'))
    const portions = inPortions()
    const links = new LinkDoubts(host)
    const tellOf = (endpoint: LocalEndpoint): void => {
      telling.lookAtWatchersOf(endpoint)
      remote.look(endpoint)
    }
    const pauses = new Pauses(host, options['pause-grace'], tellOf)
    const left = new LeftInDoubt(host, links, limits)
    const known = new Known(host, limits)
    const receivers = new Receivers({ host, caps, states, limits, left, known })
    const doubts = new Doubts({ router, pauses, links, receivers })
    keepReceivers(host, receivers)
    const violations = options['audit'] > 0 ? new Violations(host) : null
    const writer = new Writer({ host, annotations, doubts, receivers })
    const showing = new Showing({ host, known, receivers, doubts, links, writer, violations })
    const telling = new Telling({ host, caps, states, receivers, portions, doubts, showing, writer })
    const remote = new RemoteReceivers({ host, resolver: caps.resolver, pauses, portions, annotations, stays: staysOf(host) })
    new Newcomers({ host, caps, portions, receivers, showing, left })
    const confirmWithin = options['confirm-within']
    const unconfirmed = new Unconfirmed({ host, portions, telling, links, confirmWithin })
    new ShownBefore({ host, known, receivers, unconfirmed, confirmWithin })

    const absences = new Absences({ host, receivers })
    if (violations !== null)
      new Audit({ host, receivers, absences, portions: inPortions(), doubts, violations, interval: options['audit'] })
    const denials = new Denials(host, (account, jid) => violations?.foundAbsent(account, account.bare, jid))
    host.on('policy-changed', ({ account }) => {
      for (const endpoint of account.resources) if (pauses.isShown(endpoint)) tellOf(endpoint)
    })
    host.on('stay-confirmed', ({ session, room }) =>
      telling.confirmed(session, room, links.losses(session.jid.domain, room.domain)),
    )
    const { journal, witnesses } = host
    witnesses.addForShown((watcher, contact) => testimony({ receivers, absences, journal }, watcher, contact))
    witnesses.addForShown((watcher, contact) => denials.testify(watcher, contact))
    witnesses.addForDoubts(() => doubtsInForce(host.links, pauses, receivers))
    host.links.watching.also((session) => receivers.domains(session))
    const out: Stage<FromClient> = (context) => {
      context.packet = plain(context.packet) // PSA-32
      const { session, packet } = context
      absences.said(session, packet)
      if (asksToJoin(packet)) receivers.askedBy(session) // the room tells all, also to one who was in (XEP-0045 7.2.1)
      if (packet.to !== null && router.placeOf(packet.to) !== 'here') {
        remote.note(session, packet)
        showing.said(session, packet)
      }
      if (packet.type === 'probe' && packet.to !== null) {
        known.tellAgain(session.account, packet.to)
        receivers.asked(session.account) // the answer is for all of its resources
      }
      return 'next'
    }
    host.fromClient('annotations-out', out, { kinds: ['presence'] })
    const arrives: Stage<ToAccount> = (context) => {
      const { account, packet } = context
      if (packet.type === 'subscribed') receivers.asked(account) // presence follows again (RFC 6121 3.1.5)
      if (router.placeOf(packet.from) === 'here') return 'next' // presence of local clients has passed 'annotations-out'
      context.packet = honest(packet)
      left.heardFrom(account, packet.from.domain)
      return 'next'
    }
    host.toAccount('annotations-in', arrives, { kinds: ['presence'] })
    disco.server.features.push(PSA, PSA_REVISED) // PSA-37
  },
})
