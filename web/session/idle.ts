/** XEP-0319 for the client library, which implements it differently: `<idle since='...'/>` in presence. */
import { JXT } from 'stanza'

declare module 'stanza/protocol' {
  interface Presence {
    inactiveSince?: Date
  }
}

export const idle: JXT.DefinitionOptions = JXT.extendPresence({
  inactiveSince: JXT.childDateAttribute('urn:xmpp:idle:1', 'idle', 'since'),
})
