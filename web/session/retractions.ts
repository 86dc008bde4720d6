/** XEP-0424 and XEP-0425 for the client library: messages that are taken back. */
import { JXT } from 'stanza'

export const RETRACT = 'urn:xmpp:message-retract:1'

declare module 'stanza/protocol' {
  interface Message {
    /** The id of the message that this one takes back. */
    retracts?: string
    /** It stands in the place of a message that was taken back. */
    isRetracted?: boolean
  }
}

export const retractions: JXT.DefinitionOptions = JXT.extendMessage({
  retracts: JXT.childAttribute(RETRACT, 'retract', 'id'),
  isRetracted: JXT.childBoolean(RETRACT, 'retracted'),
})
