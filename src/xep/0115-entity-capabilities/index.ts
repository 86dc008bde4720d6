/**
 * XEP-0115: entity capabilities. One resolver for all parts that need to know the features of a client (`capsOf`), and the
 * server's own capabilities in its stream features (section 6.3).
 */
import { between, count, section, size } from '../../base/settings.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import { el, type Element } from '../../xml/element.ts'
import { selfInfo } from '../0030-service-discovery/index.ts'
import { readInfo, verOf } from './hash.ts'
import { CAPS } from '../../xmpp/caps.ts'
import { Resolver } from './resolver.ts'
import { SessionCaps } from './session-caps.ts'

/** The function of our own hash. */
const HASH = 'sha-1'
const FEATURES_MAX = 1000
const WAITING_MAX = 100

export type { Resolver } from './resolver.ts'
export type { SessionCaps } from './session-caps.ts'

const faces = new WeakMap<Host, SessionCaps>()

/** The features of local clients. For features that need 'entity-capabilities'. */
export const capsOf = (host: Host): SessionCaps => faces.get(host)!

export const entityCapabilities = defineFeature({
  name: 'entity-capabilities',
  specs: [xep(115, 'Entity Capabilities', '1.6.0', 'complete', 'without the optimisation of section 8.4')],
  needs: ['service-discovery'],
  settings: section({
    'known': count(
      5000,
      between(1, 1_000_000),
      'Verification strings whose features are remembered. If there are more, the least recently used one is forgotten, and asked for again when needed.',
    ),
    'known-size': size('8 MiB', between('10 KB', '1 GiB'), 'Octets that those features may take.'),
  }),
  install(host, settings) {
    const limits = {
      entriesMax: settings['known'],
      bytesMax: settings['known-size'],
      featuresMax: FEATURES_MAX,
      waitingMax: WAITING_MAX,
    }
    // Otherwise every client would be asked again after a restart, and not be told what it wants to hear of until it answers
    const changed = host.keep.service<readonly string[]>({
      name: 'capabilities',
      version: 1,
      things: () => resolver.keys(),
      save: (key) => resolver.memory(key),
      load: (key, features) => resolver.restore(key, features),
    })
    const resolver = new Resolver(host.ask, (name) => host.router.placeOf(name) === 'here', limits, changed)
    const caps = new SessionCaps(host, resolver)
    faces.set(host, caps)
    host.fromClient('caps', caps.stage, { kinds: ['presence'] })
    host.metrics.gauge('porchlight_caps_known', 'Verification strings of capabilities that are known', () => resolver.known)
    offerOwn(host)
  },
})

/** Computed when first needed: after the last feature has registered what it supports. */
function offerOwn(host: Host): void {
  let own: Element | null = null
  const ver = (): string => verOf(readInfo(selfInfo(host.disco.server))!.s, HASH)
  const c = (): Element => (own ??= el('c', CAPS, { hash: HASH, node: host.software.uri, ver: ver() }))
  host.disco.server.features.push(CAPS)
  host.disco.server.aliases.push((node) => node === `${host.software.uri}#${c().attr('ver')}`)
  host.streamFeatures.afterAuth.push(c)
}
