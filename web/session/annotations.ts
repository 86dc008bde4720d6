/** XEP-0310 for the client library: how stanzas say that a presence may be out of date. */
import { JXT } from 'stanza'
import type { Annotation } from '../model/presence.ts'

const PSA = 'urn:xmpp:psa'
/** The feature by which a client asks for annotations (XEP-0310 3). */
export const PSA_FEATURE = PSA
/** Since when a doubt applies. XEP-0310 has no element for it; this one is this server's own. */
const DOUBTED = 'urn:porchlight:doubted:0'

interface WireAnnotation {
  from?: string
  connectionPaused?: boolean
  serverUnavailable?: boolean
  since?: Date
}
declare module 'stanza/protocol' {
  interface Presence {
    stateAnnotations?: WireAnnotation[]
  }
}

export const stateAnnotations: JXT.DefinitionOptions = {
  element: 'state-annotation',
  namespace: PSA,
  aliases: [{ path: 'presence.stateAnnotations', multiple: true }],
  fields: {
    from: JXT.attribute('from'),
    connectionPaused: JXT.childBoolean(null, 'connection-paused'),
    serverUnavailable: JXT.childBoolean(null, 'server-unavailable'),
    since: JXT.childDateAttribute(DOUBTED, 'doubted', 'since'),
  },
}

export function readAnnotation({ from, connectionPaused, serverUnavailable, since }: WireAnnotation): Annotation {
  const doubt = serverUnavailable === true ? 'server-unavailable' : connectionPaused === true ? 'connection-paused' : null
  const isDate = since !== undefined && !Number.isNaN(since.getTime())
  return { from: from ?? '', doubt, since: isDate ? since : null }
}
