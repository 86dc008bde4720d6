/** XEP-0494 for the client library: which clients have access to the account. */
import { JXT } from 'stanza'

const CAM = 'urn:xmpp:cam:0'

interface WireClient {
  readonly id?: string
  readonly connected?: boolean
  readonly firstSeen?: Date
  readonly lastSeen?: Date
  readonly device?: string
}
declare module 'stanza/protocol' {
  interface IQPayload {
    accessList?: object
    accessClients?: { readonly clients?: readonly WireClient[] }
    accessRevoke?: { readonly id: string }
  }
}

export const clientAccess: JXT.DefinitionOptions[] = [
  { element: 'list', namespace: CAM, path: 'iq.accessList' },
  { element: 'clients', namespace: CAM, path: 'iq.accessClients' },
  {
    element: 'client',
    namespace: CAM,
    aliases: [{ path: 'iq.accessClients.clients', multiple: true }],
    fields: {
      id: JXT.attribute('id'),
      connected: JXT.booleanAttribute('connected'),
      firstSeen: JXT.childDate(null, 'first-seen'),
      lastSeen: JXT.childDate(null, 'last-seen'),
      device: JXT.deepChildText([
        { namespace: CAM, element: 'user-agent' },
        { namespace: CAM, element: 'device' },
      ]),
    },
  },
  { element: 'revoke', namespace: CAM, path: 'iq.accessRevoke', fields: { id: JXT.attribute('id') } },
]
