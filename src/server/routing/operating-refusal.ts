/** What the sender of a stanza is told when the server itself has failed at it: the words for the operator stay in the log. */
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { OperatingError } from '../ports.ts'

/** Of whatever error that is none of the sender's making (RFC 6120 8.3.3.8, 8.3.3.18). */
export function operatingRefusal(error: unknown): StanzaError {
  if (!(error instanceof OperatingError) || !error.isPassing) return new StanzaError('internal-server-error', { type: 'wait' })
  return new StanzaError('resource-constraint', { text: 'The server cannot store anything at the moment' })
}
