/** XEP-0310 for `stanza`: definitions that an application gives it. */
import { JXT } from 'stanza'
import type { ReceivedPresence } from 'stanza/protocol/index.js'

export const PSA = 'urn:xmpp:psa'

interface WireAnnotation {
  readonly from?: string
  readonly connectionPaused?: boolean
  readonly serverUnavailable?: boolean
}

export const stateAnnotations: JXT.DefinitionOptions = {
  element: 'state-annotation',
  namespace: PSA,
  aliases: [{ path: 'presence.stateAnnotations', multiple: true }],
  fields: {
    from: JXT.attribute('from'),
    connectionPaused: JXT.childBoolean(null, 'connection-paused'),
    serverUnavailable: JXT.childBoolean(null, 'server-unavailable'),
  },
}

/** Who says what against the presence; '' for nothing. */
export function annotationsOf(presence: ReceivedPresence): readonly { readonly by: string; readonly doubt: string }[] {
  const { stateAnnotations: found = [] } = presence as { readonly stateAnnotations?: readonly WireAnnotation[] }
  return found.map(({ from = '', connectionPaused, serverUnavailable }) => ({
    by: from,
    doubt: serverUnavailable === true ? 'server-unavailable' : connectionPaused === true ? 'connection-paused' : '',
  }))
}
