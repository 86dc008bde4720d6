/**
 * Everything that is implemented: the features, in the order of their installation, and the specifications that are part of
 * the server itself. `docs/xeps.md` is made from this list.
 */
import { xep, type Feature, type Spec } from '../server/feature.ts'
import { lastActivity } from './0012-last-activity/index.ts'
import { serviceDiscovery } from './0030-service-discovery/index.ts'
import { multiUserChat } from './0045-multi-user-chat/index.ts'
import { privateXml } from './0049-private-xml/index.ts'
import { vcardTemp } from './0054-vcard-temp/index.ts'
import { publishSubscribe } from './0060-publish-subscribe/index.ts'
import { search } from './0055-search/index.ts'
import { bytestreams } from './0065-bytestreams/index.ts'
import { adHocCommands } from './0050-ad-hoc-commands/index.ts'
import { registration } from './0077-registration/index.ts'
import { softwareVersion } from './0092-version/index.ts'
import { entityCapabilities } from './0115-entity-capabilities/index.ts'
import { serviceAdministration } from './0133-service-administration/index.ts'
import { connectionMethods } from './0156-connection-methods/index.ts'
import { contactAddresses } from './0157-contact-addresses/index.ts'
import { offlineMessages } from './0160-offline-messages/index.ts'
import { personalEventing } from './0163-personal-eventing/index.ts'
import { invisibility } from './0186-invisibility/index.ts'
import { blocking } from './0191-blocking/index.ts'
import { streamManagement } from './0198-stream-management/index.ts'
import { ping } from './0199-ping/index.ts'
import { entityTime } from './0202-time/index.ts'
import { externalServices } from './0215-external-services/index.ts'
import { securityLabels } from './0258-security-labels/index.ts'
import { carbons } from './0280-carbons/index.ts'
import { messageArchive } from './0313-message-archive/index.ts'
import { presenceStateAnnotations } from './0310-presence-state-annotations/index.ts'
import { clientStateIndication } from './0352-client-state-indication/index.ts'
import { push } from './0357-push/index.ts'
import { blockReports } from './0377-block-reports/index.ts'
import { outageStatus } from './0455-outage-status/index.ts'
import { httpUpload } from './0363-http-upload/index.ts'
import { avatarConversion } from './0398-avatar-conversion/index.ts'
import { invitations } from './0401-invitations/index.ts'
import { bookmarks } from './0402-bookmarks/index.ts'
import { bind2 } from './0386-bind-2/index.ts'
import { selfPing } from './0410-self-ping/index.ts'
import { fast } from './0484-fast/index.ts'
import { displayedSynchronization } from './0490-displayed-synchronization/index.ts'
import { clientAccess } from './0494-client-access/index.ts'

export const features: readonly Feature[] = [
  serviceDiscovery,
  lastActivity,
  adHocCommands,
  registration,
  serviceAdministration,
  invitations,
  softwareVersion,
  entityCapabilities,
  connectionMethods,
  contactAddresses,
  outageStatus,
  messageArchive,
  offlineMessages,
  invisibility,
  blocking,
  blockReports,
  securityLabels,
  personalEventing,
  bookmarks,
  privateXml,
  avatarConversion,
  vcardTemp,
  multiUserChat,
  publishSubscribe,
  search,
  bytestreams,
  httpUpload,
  displayedSynchronization,
  streamManagement,
  entityTime,
  externalServices,
  carbons,
  clientStateIndication,
  ping,
  selfPing,
  push,
  presenceStateAnnotations,
  bind2,
  fast,
  clientAccess,
]

const rfc = (number: number, title: string, status: Spec['status'] = 'complete', note = ''): Spec => ({
  id: `RFC ${number}`,
  title,
  version: '',
  status,
  note,
})

export interface PlacedSpec {
  readonly spec: Spec
  /** The file or folder of the repository that implements it. */
  readonly place: string
}
const at = (place: string, ...specs: readonly Spec[]): readonly PlacedSpec[] => specs.map((spec) => ({ spec, place }))

/** What is part of the core or of streams, or only passed on, and so has no folder here. */
export const otherSpecs: readonly PlacedSpec[] = [
  ...at('src/stream/', rfc(6120, 'XMPP Core', 'complete', 'streams of clients and between servers')),
  ...at(
    'src/im/',
    rfc(6121, 'XMPP Instant Messaging and Presence', 'complete', 'with roster versioning, subscription pre-approval'),
  ),
  ...at(
    'src/xmpp/jid.ts',
    rfc(7622, 'XMPP Address Format', 'complete', 'with the Unicode version of the JavaScript engine'),
    xep(106, 'JID Escaping', '1.1.1', 'complete', 'escapes are ordinary characters of an address'),
  ),
  ...at('src/stream/negotiation.ts', rfc(7590, 'Use of TLS in XMPP')),
  ...at('src/sasl/scram.ts', rfc(5802, 'SCRAM (SHA-1)'), rfc(7677, 'SCRAM-SHA-256')),
  ...at('src/sasl/plain.ts', rfc(4616, 'SASL PLAIN', 'complete', 'on encrypted streams only')),
  ...at(
    'src/net/channel-binding.ts',
    rfc(5929, 'Channel Bindings for TLS', 'complete', 'tls-unique, tls-server-end-point'),
    rfc(9266, 'Channel Bindings for TLS 1.3'),
  ),
  ...at(
    'src/stream/settings.ts',
    xep(
      47,
      'In-Band Bytestreams',
      '2.0.1',
      'complete',
      'passed on between clients; stanzas may be as large as the largest block',
    ),
  ),
  ...at('src/stream/websocket-framing.ts', rfc(7395, 'XMPP over WebSocket')),
  ...at(
    'src/xmpp/precis.ts',
    rfc(8264, 'PRECIS Framework'),
    rfc(8265, 'PRECIS: Usernames and Passwords', 'complete', 'UsernameCaseMapped, OpaqueString'),
  ),
  ...at(
    'src/xmpp/data-form.ts',
    xep(4, 'Data Forms', '2.13.2', 'complete', 'in commands, rooms, nodes, archives and the search'),
  ),
  ...at('src/xmpp/result-set.ts', xep(59, 'Result Set Management', '1.0')),
  ...at('src/im/delivery.ts', xep(249, 'Direct MUC Invitations', '1.2', 'complete', 'passed on between clients')),
  ...at('src/xmpp/datetime.ts', xep(82, 'XMPP Date and Time Profiles', '1.1.1')),
  ...at('src/stream/component-stream.ts', xep(114, 'Jabber Component Protocol', '1.6', 'complete', 'jabber:component:accept')),
  ...at(
    'src/stream/bosh/',
    xep(124, 'Bidirectional-streams Over Synchronous HTTP (BOSH)', '1.11.2', 'complete', 'one stream in a session'),
    xep(206, 'XMPP Over BOSH', '1.4'),
  ),
  ...at(
    'src/sasl/external.ts',
    xep(178, 'Best Practices for Use of SASL EXTERNAL with Certificates', '1.2', 'complete', 'clients and servers'),
  ),
  ...at('src/xmpp/delay.ts', xep(203, 'Delayed Delivery', '2.0')),
  ...at(
    'src/stream/s2s/dialback/',
    xep(220, 'Server Dialback', '1.1.1', 'complete', 'only where the operator allows it, and over TLS'),
  ),
  ...at('src/im/roster.ts', xep(237, 'Roster Versioning', '1.3', 'complete', 'now part of RFC 6121')),
  ...at(
    'src/import/xep0227.ts',
    xep(
      227,
      'Portable Import/Export Format for XMPP-IM Servers',
      '1.1',
      'partial',
      '`porchlight import` and `porchlight export`',
    ),
  ),
  ...at('src/stream/s2s/pairs.ts', xep(288, 'Bidirectional Server-to-Server Connections', '1.0.1')),
  ...at(
    'src/stream/client-service.ts',
    xep(368, 'SRV records for XMPP over TLS', '1.1.0', 'complete', 'direct TLS with ALPN, for clients and servers'),
  ),
  ...at(
    'src/stream/sasl-profiles.ts',
    xep(388, 'Extensible SASL Profile', '1.0.4', 'complete', 'clients; no tasks but those of XEP-0480, which clients ask for'),
  ),
  ...at(
    'src/sasl/offers.ts',
    xep(440, 'SASL Channel-Binding Type Capability', '1.0.0'),
    xep(474, 'SASL SCRAM Downgrade Protection', '0.5.0'),
  ),
  ...at('src/stream/stream-limits.ts', xep(478, 'Stream Limits Advertisement', '0.2.0')),
  ...at(
    'src/stream/sasl-upgrade.ts',
    xep(480, 'SASL Upgrade Tasks', '0.2.0', 'complete', 'SCRAM; offered while accounts of the domain lack keys'),
  ),
]

export interface Implemented {
  readonly spec: Spec
  /** What implements it: a feature, or a file or folder of the repository. */
  readonly by: Feature | string
}

/** Each specification once, by its name: the feature whose first one it is, or else the first that names it. */
export const specifications: readonly Implemented[] = eachOnce()

function eachOnce(): readonly Implemented[] {
  const byId = new Map<string, Implemented>()
  for (const { spec, place } of otherSpecs) byId.set(spec.id, { spec, by: place })
  for (const feature of features)
    for (const spec of feature.specs)
      if (spec === feature.specs[0] || !byId.has(spec.id)) byId.set(spec.id, { spec, by: feature })
  return [...byId.values()].sort((a, b) => (a.spec.id < b.spec.id ? -1 : 1))
}
