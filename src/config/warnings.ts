/** Settings that work but should be used only on purpose: open to the world, for tests, or without any effect. */
import type { Millis } from '../base/clock.ts'
import { RESUMPTION_MS } from '../stream/s2s/management.ts'
import type { Complaint } from './complaint.ts'
import { nthSection } from './lines.ts'
import { exposures, unreachable } from './listening.ts'
import { oddCouples } from './relations.ts'
import type { Config } from './sections.ts'

/** The least characters of a component's secret: XEP-0114 uses it with a hash that is computed quickly. */
const SECRET_MIN = 20

/** The settings to warn about. */
export function warningsAbout(config: Config): readonly Complaint[] {
  const { server, sasl, streams, presence, component, log, features } = config
  const found: Complaint[] = [
    ...exposures(config),
    ...unreachable(config),
    ...oddCouples(config),
    ...idleWords(config),
    ...resumptions(config),
    ...unlabelled(config),
  ]
  const warn = (section: string, option: string, what: string): void =>
    void found.push({ section, option, what, remedy: 'Leave it out, except for tests.' })
  const { policy } = features['security-labels'] as { readonly policy: string }
  if (server.profile === 'fmn' && policy === '')
    found.push({
      section: 'security-labels',
      option: 'policy',
      what: 'messages are not judged by labels, which the profile "fmn" is for',
      remedy: 'Name the file with the security policy.',
    })
  if (server.fresh) warn('server', 'fresh', 'nothing is kept when the server stops')
  if (!streams['require-tls']) warn('streams', 'require-tls', 'users may log in and write without encryption')
  if (presence['queries-by-strangers']) warn('presence', 'queries-by-strangers', 'strangers can find out who is online')
  if (sasl['plain-without-tls']) warn('sasl', 'plain-without-tls', 'passwords may be sent without encryption')
  if (log.level === 'debug') warn('log', 'level', 'the log may contain what users write')
  for (const [i, { secret }] of component.entries()) {
    if (secret.length >= SECRET_MIN) continue
    found.push({
      section: nthSection('component', i + 1),
      option: 'secret',
      what: 'it is short and may be guessed',
      remedy: `Write one of ${SECRET_MIN} characters or more.`,
    })
  }
  return found
}

/** After a stream between servers broke, stanzas for the other server can be held for a while: the stream may be resumed. */
function* resumptions({ federation, features }: Config): Iterable<Complaint> {
  if (!federation.enabled || !federation['stream-management']) return
  const annotations = features['presence-annotations'] as { readonly 'confirm-within': Millis }
  const [held, remedy] = [`${RESUMPTION_MS / 1000} seconds`, `Write "${RESUMPTION_MS / 500} seconds" or more.`]
  if (federation['queue-timeout'] <= RESUMPTION_MS)
    yield {
      section: 'federation',
      option: 'queue-timeout',
      what: `stanzas that are held after a broken stream, for up to ${held}, are refused before it is known what it delivered`,
      remedy,
    }
  if (annotations['confirm-within'] <= RESUMPTION_MS)
    yield {
      section: 'presence-annotations',
      option: 'confirm-within',
      what: `contacts may be shown as gone while stanzas are held, for up to ${held}, after a stream has broken`,
      remedy,
    }
}

/** Options that have no effect because of other options. */
function* idleWords({ federation, peer, tls, sasl, features }: Config): Iterable<Complaint> {
  if (!federation.enabled) {
    const remedy = 'Write enabled = true in section [federation], or leave it out.'
    const what = 'it has no effect while federation is disabled'
    for (const i of peer.keys()) yield { section: nthSection('peer', i + 1), option: 'domain', what, remedy }
    if (federation.authorities !== '') yield { section: 'federation', option: 'authorities', what, remedy }
  } else if (federation.trust === 'deny' && peer.every(({ trust }) => trust === 'deny' || trust === 'inherit'))
    yield {
      section: 'federation',
      option: 'trust',
      what: 'no other server is trusted',
      remedy: 'Write enabled = false instead, or a [[peer]] with another trust.',
    }
  if (tls['client-authorities'] !== '' && !sasl.mechanisms.includes('EXTERNAL'))
    yield {
      section: 'tls',
      option: 'client-authorities',
      what: 'it has no effect without EXTERNAL among the mechanisms',
      remedy: 'Add "EXTERNAL" to [sasl] mechanisms, or leave it out.',
    }
  const fast = features['fast'] as { readonly 'lifetime': Millis; readonly 'without-channel-binding': boolean }
  if (fast.lifetime > 0 && fast['without-channel-binding'] && !sasl.plain && sasl.mechanisms.every((m) => m.endsWith('-PLUS')))
    yield {
      section: 'fast',
      option: 'without-channel-binding',
      what: 'a token need not be bound to the connection, though a password has to be',
      remedy: 'Write false, as [sasl] mechanisms has only -PLUS.',
    }
  const registration = features['registration'] as { readonly 'open': boolean; readonly 'per-address': number }
  if (registration.open && registration['per-address'] === 0)
    yield {
      section: 'registration',
      option: 'per-address',
      what: 'anybody may make as many accounts as they like',
      remedy: 'Leave it out, except for tests.',
    }
}

/** LAB-29 */
function* unlabelled({ features }: Config): Iterable<Complaint> {
  const { policy } = features['security-labels'] as { readonly policy: string }
  const { enabled } = features['http-upload'] as { readonly enabled: boolean }
  if (policy !== '' && enabled)
    yield {
      section: 'security-labels',
      option: 'policy',
      what: 'uploaded files have no labels: whoever has the link of one can read it',
      remedy: 'Write enabled = false in section [http-upload], if that is not acceptable.',
    }
}
