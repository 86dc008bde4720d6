/**
 * XEP-0357: a client names a push service of its app, and the server notifies that service when something comes while the device
 * is away. What is worth it, and how often, is in `machine.ts`.
 */
import { between, count, duration, flag, section, zeroOr } from '../../base/settings.ts'
import { defineFeature, xep } from '../../server/feature.ts'
import type { AccountRequest, Answer } from '../../server/routing/registry.ts'
import type { Session } from '../../server/account/session.ts'
import { NOT_RESUMED } from '../../server/account/endings.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { roomsElsewhereOf } from '../0410-self-ping/index.ts'
import { LongPauses } from './long-pauses.ts'
import { Notifying } from './notifying.ts'
import { optionsOf, PUSH, targetOf } from './request.ts'

const settings = section({
  'enabled': flag(true, 'Whether clients may name push services that are told when something has come for them.'),
  'services': count(
    20,
    between(1, 1000),
    'Push services of one account. With one more, the one that was enabled longest ago is forgotten.',
  ),
  'interval': duration(
    '1 minute',
    between('1 s', '1 day'),
    'How often a device that is away is notified at most, until it is back.',
  ),
  'resume-time': duration(
    '24 hours',
    zeroOr('1 minute', '7 days'),
    'How much longer than [stream-management] resume-time a session waits for its client if push can reach it. Others see it as unavailable meanwhile. "0 s": no longer.',
  ),
  'unread-after': duration(
    '30 seconds',
    between('1 s', '1 hour'),
    'How long a client that has said that its user is not looking may leave something unacknowledged. Then its device is notified.',
  ),
})

export const push = defineFeature({
  name: 'push',
  specs: [xep(357, 'Push Notifications', '0.4.1', 'complete', 'counts only, no content')],
  needs: ['client-state-indication', 'self-ping'],
  settings,
  install(host, config) {
    if (!config.enabled) return
    const limits = { intervalMs: config.interval, unreadMs: config['unread-after'] }
    const notifying = new Notifying(host, limits)
    const longPauses = new LongPauses({ host, rooms: roomsElsewhereOf(host), longerMs: config['resume-time'], notifying })
    // The client of the same installation has given up the session that waits for it
    host.on('session-bound', ({ session }) => {
      for (const other of session.account.sessions)
        if (other !== session && longPauses.isWithdrawn(other) && notifying.deviceOf(other) === notifying.deviceOf(session))
          queueMicrotask(() => host.sessions.end(other, NOT_RESUMED))
    })
    const enable = async ({ account, session, payload }: AccountRequest): Promise<Answer> => {
      const device = notifying.deviceOf(own(session))
      const { service, node } = targetOf(payload)
      const wanted = {
        owner: account.bare.bare,
        device,
        service: service.full,
        node: node ?? '',
        options: optionsOf(payload),
        enabledAt: host.clock.now(),
      }
      await account.serial.run(async () => {
        await host.stores.devices.enablePush(wanted, config.services)
        await notifying.learn(account)
      })
      return null
    }
    const disable = async ({ account, session, payload }: AccountRequest): Promise<Answer> => {
      own(session)
      const { service, node } = targetOf(payload)
      await account.serial.run(async () => {
        await host.stores.devices.disablePush(account.bare.bare, service.full, node)
        await notifying.learn(account)
      })
      return null
    }
    const rule = { type: 'set', ns: PUSH, access: 'owner' } as const
    host.iqToAccount({ ...rule, name: 'enable', handle: enable })
    host.iqToAccount({ ...rule, name: 'disable', handle: disable })
    host.disco.account.features.push(PUSH)
  },
})

/** @throws StanzaError not-allowed: only a client of the account has a device */
function own(session: Session | null): Session {
  if (session === null) throw new StanzaError('not-allowed')
  return session
}
