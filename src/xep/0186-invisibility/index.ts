/**
 * XEP-0186: a client becomes invisible, until it becomes visible again or its session ends. The rules are in
 * `src/im/invisibility.ts`.
 */
import { section } from '../../base/settings.ts'
import { becomeInvisible, becomeVisible, lookAround, type InvisibilityOut } from '../../im/invisibility.ts'
import { defineFeature, xep } from '../../server/feature.ts'
import type { AccountRequest, Answer } from '../../server/routing/registry.ts'
import type { LocalEndpoint, Session } from '../../server/account/session.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'

/** The second one is used by clients from before 2017; only the attribute 'probe' has changed. */
const NAMESPACES = ['urn:xmpp:invisible:1', 'urn:xmpp:invisible:0'] as const

export const invisibility = defineFeature({
  name: 'invisibility',
  specs: [xep(186, 'Invisible Command', '0.14.0')],
  settings: section({}),
  install(host) {
    const out: InvisibilityOut<LocalEndpoint> = {
      routeAll: (packet, to) => host.router.routeAll(packet, to),
      toResource: (packet, endpoint) => endpoint.take(packet),
      probe: (me, contacts) => host.probing.ask(me, contacts),
      pour: (me, steps) => me.room.pour(steps),
    }
    const hide = (request: AccountRequest): Answer => {
      const session = sessionOf(request)
      host.relics.takeBack(session)
      const { account, presence: before } = session
      const probes = booleanOf(request.payload.attr('probe'))
      becomeInvisible(account, session, host.clock.now(), out)
      if (before !== null) host.tell('presence-changed', { session, before, after: null })
      host.tell('visibility-changed', { session, looksAround: probes })
      if (probes) lookAround(account, session, out)
      return null
    }
    const show = (request: AccountRequest): Answer => {
      const session = sessionOf(request)
      becomeVisible(session)
      host.tell('visibility-changed', { session, looksAround: false })
      return null
    }
    for (const ns of NAMESPACES) {
      const rule = { type: 'set', ns, access: 'owner' } as const
      host.iqToAccount({ ...rule, name: 'invisible', handle: hide })
      host.iqToAccount({ ...rule, name: 'visible', handle: show })
      host.disco.server.features.push(ns)
    }
  },
})

/** @throws StanzaError not-allowed: only a session can become invisible, and only itself */
function sessionOf({ session }: AccountRequest): Session {
  if (session === null) throw new StanzaError('not-allowed')
  return session
}

/** An xs:boolean; false if it is absent. @throws StanzaError bad-request */
function booleanOf(text: string | undefined): boolean {
  if (text === 'true' || text === '1') return true
  if (text === undefined || text === 'false' || text === '0') return false
  throw new StanzaError('bad-request', { text: "The attribute 'probe' must be true or false" })
}
