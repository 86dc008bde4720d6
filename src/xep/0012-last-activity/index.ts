/**
 * XEP-0012: how long ago a user was last available, and how long the server has been running. A sender who may not see the
 * user's presence gets `forbidden` (section 3); the answer is the same for an account that does not exist.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import { section } from '../../base/settings.ts'
import { asTold } from '../../im/last-seen.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import { defineFeature, xep } from '../../server/feature.ts'
import { el, type Element } from '../../xml/element.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'

const LAST = 'jabber:iq:last'

export const lastActivity = defineFeature({
  name: 'last-activity',
  specs: [xep(12, 'Last Activity', '2.0')],
  settings: section({}),
  install(host) {
    const { clock, disco } = host
    const startedAt = clock.now()
    const rule = { type: 'get', ns: LAST, name: 'query' } as const
    host.iqToServer({ ...rule, handle: () => lastElement(clock.now() - startedAt) }) // section 5
    host.iqToAccount({
      ...rule,
      access: 'subscribers',
      refusal: 'forbidden',
      handle: ({ account, from }) => lastOf(account, from, clock),
    })
    for (const features of [disco.server.features, disco.account.features]) features.push(LAST)
  },
})

/** Section 3: a connected resource counts as present, available or not, unless it is invisible (XEP-0186 3.1.1 rule 8). */
function lastOf(account: LocalAccount, asker: Jid, clock: Clock): Element {
  const hides = account.resources.some(({ invisible }) => invisible)
  if (hides ? account.isAvailable : account.resources.length > 0) return lastElement(0)
  const policy = asker.bare === account.bare.bare ? 'exact' : account.policy.lastSeen
  if (policy === 'none') throw new StanzaError('forbidden')
  const last = asTold(account.lastUnavailable, policy)
  if (last === null) throw new StanzaError('service-unavailable', { text: 'It is not known when this account was last online' })
  return lastElement(clock.now() - last.at, last.payload.child('status')?.text)
}

const lastElement = (span: Millis, status = ''): Element =>
  el('query', LAST, { seconds: `${Math.max(0, Math.floor(span / 1000))}` }, ...(status === '' ? [] : [status]))
