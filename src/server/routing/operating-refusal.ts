/** The error for the sender of a stanza when the server itself has failed: details for the operator are only in the log. */
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { OperatingError } from '../ports.ts'

/** For any error that the sender did not cause (RFC 6120 8.3.3.8, 8.3.3.18). */
export function operatingRefusal(error: unknown): StanzaError {
  if (!(error instanceof OperatingError) || !error.isPassing) return new StanzaError('internal-server-error', { type: 'wait' })
  return new StanzaError('resource-constraint', { text: 'The server cannot store anything at the moment' })
}
