/**
 * XEP-0198: client and server tell each other how many stanzas they have handled, and a session whose connection breaks waits
 * for its client (`Sessions.leave`). Stanzas of the client are counted in `Session.handled`; stanzas to the client in
 * `server/stream-management/queue.ts`, which streams between servers use too.
 */
import { between, count, duration, section, size, textLike, zeroOr } from '../../base/settings.ts'
import { defineFeature, xep } from '../../server/feature.ts'
import { el } from '../../xml/element.ts'
import { StreamManagement } from './management.ts'
import { failed, SM } from '../../server/stream-management/nonzas.ts'

/**
 * Much less than what may wait in a connection's output queue: what a client receives after a resumption must not break the
 * connection again.
 */
export const WINDOW_OCTETS = 256 * 1024

const settings = section({
  'resume-time': duration(
    '5 minutes',
    zeroOr('1 s', '1 day'),
    'How long a session waits for its client after its connection is lost. A client may ask for less. "0 s": sessions cannot be resumed.',
  ),
  'resume-location': textLike(
    /^(\[[0-9a-f:.]+\]|[^\s:/@[\]]+)(:\d{1,5})?$/i, // RFC 6120 4.9.3.19
    'a host with or without a port, such as "node1.example.org:5222" or "[2001:db8::1]:5222"',
    'Host name or IP address that clients should try first to resume their sessions. Empty: none is named.',
  ),
  'queue-stanzas': count(
    5000,
    between(1, 1_000_000),
    'Stanzas that may wait for one client to acknowledge them, or to come back. One more ends the session. Its stanzas are then treated as if the client had not come back in time.',
  ),
  'queue-size': size('4 MiB', between('10 KB', '16 GiB'), 'The same in octets, about.'),
  'ask-after-stanzas': count(10, between(1, 100_000), 'Stanzas after which a client is asked for an acknowledgement at once.'),
  'ask-after': duration(
    '1 second',
    between('100 ms', '1 day'),
    'Time after which a client is asked for an acknowledgement of fewer stanzas.',
  ),
  'answer-timeout': duration(
    '60 seconds',
    zeroOr('1 s', '1 hour'),
    'How long a client that was asked may send nothing at all. After that its connection counts as lost: its session waits, or ends if it cannot be resumed. "0 s": no limit.',
  ),
})

export const streamManagement = defineFeature({
  name: 'stream-management',
  specs: [
    xep(
      198,
      'Stream Management',
      '1.6.3',
      'complete',
      'for clients, and between servers where the one that calls has a certificate that holds',
    ),
  ],
  settings,
  install(host, options) {
    const management = new StreamManagement(host, {
      resumable: options['resume-time'],
      location: options['resume-location'],
      limits: {
        stanzas: options['queue-stanzas'],
        octets: options['queue-size'],
        windowOctets: WINDOW_OCTETS,
        askAfter: options['ask-after-stanzas'],
      },
      askAfter: options['ask-after'],
      silence: options['answer-timeout'],
    })
    host.nonza(SM, 'enable', (session, element) => management.enable(session, element))
    host.nonza(SM, 'r', (session) => management.requested(session))
    host.nonza(SM, 'a', (session, element) => management.acknowledged(session, element))
    host.nonza(SM, 'resume', (session) => management.outOfPlace(session))
    const { streamFeatures } = host
    // Not if it was enabled along with the binding: there is nothing left to negotiate
    streamFeatures.afterAuth.push(({ session }) => (session !== null && management.isEnabled(session) ? null : el('sm', SM)))
    streamFeatures.entrance(SM, (client, element) => management.enter(client, element))
    streamFeatures.inline('resume', {
      at: 'home',
      ns: SM,
      offer: () => (management.canResume ? el('sm', SM) : null),
      ask: (client, [asked]) => management.enter(client, asked),
    })
    streamFeatures.withBinding.push({
      ns: SM,
      ask: (session, asked) => (asked.name === 'enable' ? management.begin(session, asked) : failed('unexpected-request')),
    })
    host.keep.session(management.snapshot)
    host.toAccount('sm-holders', (context) => management.holders(context), { kinds: ['message'] })
    host.on('stored-message-sent', ({ session, packet, seq }) => packet !== null && management.stored(session, packet, seq))
    host.on('session-paused', ({ session, why }) => why === 'stream-lost' && management.paused(session))
    host.on('session-ended', ({ session, ending, connection }) => management.ended(session, ending.resumable ? null : connection))
  },
})
