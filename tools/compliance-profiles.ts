/**
 * What is demanded of a server: the suites of XEP-0479 (2023, version 0.1.0; its columns "Server" and "Advanced Server"), and the
 * profiles of NATO's Federated Mission Networking, with the versions that they pin.
 */
import type { Level } from '../src/cli/compliance-statement.ts'

export interface Demand {
  readonly feature: string
  readonly level: Level
  readonly standard: string
  /** Null if no version is pinned. */
  readonly pinned: string | null
}

export interface Profile {
  /** As `porchlight conformance --profile` names it. */
  readonly id: string
  readonly title: string
  readonly source: string
  /** The suite whose features are demanded too (XEP-0479 2); null if there is none. */
  readonly includes: string | null
  readonly demands: readonly Demand[]
}

/** A feature, from whom it is demanded, and its providers. */
type Line = readonly [feature: string, level: Level, ...standards: readonly string[]]

const suite = (id: string, title: string, ...lines: readonly Line[]): Profile => ({
  id,
  title: `XEP-0479, ${title}`,
  source:
    'XMPP Compliance Suites 2023, version 0.1.0. The columns for clients are left out, and features that do not concern servers.',
  includes: id === CORE ? null : CORE,
  demands: lines.flatMap(([feature, level, ...standards]) =>
    standards.map((standard) => ({ feature, level, standard, pinned: null })),
  ),
})
const CORE = 'xep-0479-core'

const suites: readonly Profile[] = [
  suite(
    CORE,
    'Core',
    ['Core features', 'core', 'RFC 6120'],
    ['TLS', 'core', 'RFC 7590'],
    ['Direct TLS', 'advanced', 'XEP-0368'],
    ['Feature discovery', 'core', 'XEP-0030'],
    ['Feature broadcasts', 'advanced', 'XEP-0115'],
    ['Server extensibility', 'core', 'XEP-0114'],
    ['Event publishing', 'advanced', 'XEP-0163'],
  ),
  suite(
    'xep-0479-web',
    'Web',
    ['Web connection mechanisms', 'core', 'RFC 7395', 'XEP-0206', 'XEP-0124'],
    ['Connection mechanism discovery', 'noted', 'XEP-0156'],
  ),
  suite(
    'xep-0479-im',
    'IM',
    ['Core features', 'core', 'RFC 6121'],
    ['User avatar compatibility', 'advanced', 'XEP-0398', 'XEP-0153'],
    ['vcard-temp', 'core', 'XEP-0054'],
    ['Outbound message synchronization', 'core', 'XEP-0280'],
    ['User blocking', 'advanced', 'XEP-0191'],
    ['Group chat', 'core', 'XEP-0045', 'XEP-0249'],
    ['Advanced group chat', 'advanced', 'XEP-0048', 'XEP-0313', 'XEP-0402', 'XEP-0410'],
    ['Persistent storage of private data via PubSub', 'advanced', 'XEP-0223'],
    ['Private XML storage', 'advanced', 'XEP-0049'],
    ['Stream management', 'advanced', 'XEP-0198'],
    ['History storage and retrieval', 'advanced', 'XEP-0313'],
    ['File upload', 'core', 'XEP-0363'],
    ['For public networks', 'noted', 'XEP-0077', 'XEP-0157'],
    ['Discovery of public rooms', 'noted', 'XEP-0433'],
    ['Misbehaviour in public rooms', 'noted', 'XEP-0424', 'XEP-0425'],
  ),
  suite(
    'xep-0479-mobile',
    'Mobile',
    ['Stream management', 'core', 'XEP-0198'],
    ['Client state indication', 'core', 'XEP-0352'],
    ['Third party push notifications', 'advanced', 'XEP-0357'],
  ),
  suite('xep-0479-av', 'A/V Calling', ['STUN/TURN server discovery', 'core', 'XEP-0215']),
  {
    ...suite(
      'xep-0479-future',
      'Future Development',
      ['Client connection optimizations', 'noted', 'XEP-0386', 'XEP-0409', 'XEP-0397'],
      ['On-boarding of new users', 'noted', 'XEP-0401', 'XEP-0379', 'XEP-0445'],
      ['Other group chat', 'noted', 'XEP-0369'],
      ['Successors', 'noted', 'XEP-0402', 'XEP-0225', 'XEP-0390'],
      ['Service outage status', 'noted', 'XEP-0455'],
    ),
    source: 'XMPP Compliance Suites 2023, section 3, as far as it concerns servers. Nothing of this is required.',
    includes: null,
  },
]

/** A standard, or a standard and the version that is pinned. */
const fmn = (
  id: string,
  title: string,
  spid: string,
  ...standards: readonly (string | readonly [string, string])[]
): Profile => ({
  id,
  title: `FMN, ${title}`,
  source: `NATO Interoperability Standards and Profiles, service profile \`${spid}\`.`,
  includes: null,
  demands: standards.map((one) => {
    const [standard, pinned] = typeof one === 'string' ? [one, null] : one
    return { feature: '', level: 'core', standard, pinned }
  }),
})
const xeps = (...numbers: readonly number[]): readonly string[] => numbers.map((n) => `XEP-${String(n).padStart(4, '0')}`)

const profiles: readonly Profile[] = [
  fmn(
    'fmn4-prf-3',
    'Spiral 4: Presence',
    'fmn4-20211022-prf-3',
    'RFC 6120',
    'RFC 6121',
    'RFC 6122',
    'XEP-0012',
    ['XEP-0030', '2.5rc3'],
    ...xeps(47, 54, 55),
    ['XEP-0060', '1.18.0'],
    'XEP-0092',
    ['XEP-0106', '1.1.1'],
    'XEP-0114',
    ['XEP-0115', '1.5.2'],
    ...xeps(160, 199, 202, 203),
    ['XEP-0220', '1.1.1'],
  ),
  fmn('fmn4-prf-2', 'Spiral 4: Group chat and archives', 'fmn4-20211022-prf-2', ['XEP-0045', '1.32.0'], ...xeps(59, 82, 313)),
  fmn(
    'fmn3',
    'Spiral 3: Basic text-based collaboration',
    'fmn3-basic-text-based-collaboration-profile',
    'RFC 6120',
    'RFC 6121',
    'RFC 6122',
    ...xeps(4, 12, 30, 45, 47, 49, 54, 55, 60, 65, 92, 114, 115, 160, 198, 199, 202, 203),
    ['XEP-0220', '1.1'],
    'XEP-0258',
  ),
]

export const allProfiles: readonly Profile[] = [...suites, ...profiles]

/** Standards that another one has replaced here. */
export const replacedBy: Readonly<Record<string, string>> = { 'RFC 6122': 'RFC 7622' }

/** What differs on the wire between a pinned version, or an obsolete standard, and what is implemented. */
export const differences: Readonly<Record<string, string>> = {
  'RFC 6122':
    'Addresses are prepared by PRECIS and IDNA2008, and no longer by stringprep and IDNA2003. Addresses in ASCII are the same under both. Others can differ: RFC 7622 knows characters that are newer than Unicode 3.2, keeps "ß" and the final sigma of a domain, and refuses symbols and compatibility characters in the local part which stringprep mapped or let pass.',
  'XEP-0030 2.5rc3':
    'Nothing. Since 2.5.0 receivers do not rely on the feature disco#info itself, and this server always lists it.',
  'XEP-0045 1.32.0':
    'Nothing that a client of 1.32.0 does not understand. Status 307 does not stand beside 333 (since 1.33.0); the first subject has a delay (1.34.0); bans are by bare address, a list of bans takes effect as a whole or not at all, and presence of a destroyed room has <destroy/> (1.35.0); who is no owner gets `forbidden` (1.35.1); `allowinvites` never restricts owners (1.35.3); an empty `nick` releases a reserved nickname (1.35.4).',
  'XEP-0060 1.18.0':
    'The form and feature `pubsub#meta-data`: 1.15.5 to 1.20.0, and so 1.18.0, spell it `pubsub#metadata`; 1.21.0 took that back. This server writes `meta-data` and accepts both. A purge removes the last item too (since 1.22.0); `pubsub#type` names the namespace of the payload (1.23.0); collections are another specification (1.28.0), and are not implemented.',
  'XEP-0106 1.1.1': '',
  'XEP-0115 1.5.2': 'Nothing. 1.6.0 added a warning about preimages.',
  'XEP-0220 1.1': 'Nothing. 1.1.1 changed a reference.',
  'XEP-0220 1.1.1': '',
}
