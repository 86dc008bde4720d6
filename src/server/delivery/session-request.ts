/**
 * RFC 3921 section 3: clients from before RFC 6121 ask for a session after binding a resource, and do not continue without an
 * answer. They have one already: RFC 6121 made it part of the binding.
 */
import { SESSION } from '../../xmpp/ns.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { Registry } from '../routing/registry.ts'

export function installSessionRequest(registry: Registry): void {
  const rule = { type: 'set', ns: SESSION, name: 'session' } as const
  registry.account.add({ ...rule, access: 'owner', handle: () => null })
  registry.server.add({
    ...rule,
    handle({ session }) {
      if (session === null) throw new StanzaError('service-unavailable')
      return null
    },
  })
}
