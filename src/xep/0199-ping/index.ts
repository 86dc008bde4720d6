/** XEP-0199: the server answers pings, for itself and on behalf of accounts, and pings silent clients. */
import { between, duration, section, zeroOr } from '../../base/settings.ts'
import { defineFeature, xep } from '../../server/feature.ts'
import { clientStatesOf } from '../0352-client-state-indication/index.ts'
import { Liveness, PING } from './liveness.ts'

export const ping = defineFeature({
  name: 'ping',
  specs: [xep(199, 'XMPP Ping', '2.0.1')],
  needs: ['client-state-indication'],
  settings: section({
    'idle': duration(
      '1 minute',
      zeroOr('1 s', '1 day'),
      'How long a session may send nothing before it is pinged. "0 s": no pings.',
    ),
    'inactive-idle': duration(
      '5 minutes',
      between('1 s', '1 day'),
      'The same for an inactive client (XEP-0352), so that a phone in a pocket is not woken more often.',
    ),
    'timeout': duration(
      '40 seconds',
      between('1 s', '10 minutes'),
      'How long a pinged session may send nothing at all. After that its connection counts as lost: it pauses if it can be resumed, and otherwise ends. Its contacts are told.',
    ),
  }),
  install(host, settings) {
    const pong = () => null
    host.iqToServer({ type: 'get', ns: PING, name: 'ping', handle: pong })
    host.iqToServices({ type: 'get', ns: PING, name: 'ping', handle: pong })
    // 4.2: a ping to the own bare JID is answered as one to the server. Senders who may not see the user learn nothing (PING-6)
    host.iqToAccount({ type: 'get', ns: PING, name: 'ping', access: 'subscribers', handle: pong })
    const { server, account, serviceFeatures } = host.disco
    for (const features of [server.features, account.features, serviceFeatures]) features.push(PING)
    if (settings.idle === 0) return
    const inactiveIdle = Math.max(settings.idle, settings['inactive-idle'])
    new Liveness(host, { idle: settings.idle, inactiveIdle, timeout: settings.timeout }, clientStatesOf(host)).watch()
    host.streamFeatures.idle = inactiveIdle // a client that obeys this must not be woken for a ping
  },
})
