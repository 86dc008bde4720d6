/**
 * Which tests show that a standard is implemented. A row of a table passes if each of them has passed in the last run; prefer tests
 * with clients and servers of others. The standard of a row that has no test here, or none that was run, reads "no".
 */

export type Evidence =
  /** Tests whose name has this part, and the file in which the name is written. */
  | { readonly file: string; readonly name: string }
  /** All tests whose name cites a statement of that group (docs/statements.md), or one of them. */
  | { readonly statements: string; readonly number: number | null }

const [INTEROP, STORIES] = ['test/interop', 'test/stories']

/** The tests of one file. */
const within = (file: string, ...names: readonly string[]): readonly Evidence[] => names.map((name) => ({ file, name }))
const standards = (...names: readonly string[]): readonly Evidence[] => within(`${INTEROP}/standards.test.ts`, ...names)
const across: readonly Evidence[] = within(`${INTEROP}/servers/federated.ts`, 'contacts, presence, probes, messages, disco')

export const evidence: Readonly<Record<string, readonly Evidence[]>> = {
  'RFC 6120': [
    ...within(`${INTEROP}/logins.test.ts`, 'more than once', 'RFC 6120 6.5.10: is refused with a wrong password'),
    ...within(`${STORIES}/core.test.ts`, 'T-C01:', 'T-C05:', 'T-C09:', 'T-C20:'),
    ...across,
  ],
  'RFC 6121': [
    ...within(`${INTEROP}/stories.ts`, 'RFC 6121 3.1, 4.4, 4.5:', 'RFC 6121 2.1, 4.3:', 'RFC 6121 5.2, XEP-0160:'),
    ...within(`${STORIES}/subscription-table.test.ts`, 'App. A: '),
    ...across,
  ],
  'RFC 7395': [...within(`${INTEROP}/web.test.ts`, 'over websocket > '), ...within(`${STORIES}/websocket.test.ts`, 'T-W01:')],
  'RFC 7590': [
    ...within(`${INTEROP}/logins.test.ts`, 'logs in by starttls'),
    ...within(`${STORIES}/core.test.ts`, 'T-C02:', 'T-C03:'),
    ...within(`${STORIES}/bosh.test.ts`, 'RFC 7590: no encryption where it is required'),
  ],
  'RFC 7622': [
    ...standards('RFC 7622: addresses beyond ASCII'),
    ...within('src/xmpp/jid.test.ts', 'RFC 7622 3.5'),
    ...within('src/xmpp/idna.test.ts', 'RFC 7622 3.2.2'),
  ],
  'XEP-0004': [...standards('XEP-0004: '), ...within('src/xmpp/data-form.test.ts', 'FORM-1', 'FORM-2')],
  'XEP-0012': [...standards('XEP-0012: '), ...within(`${STORIES}/extensions.test.ts`, 'T-L01:')],
  'XEP-0030': [
    ...within(`${INTEROP}/extensions.test.ts`, 'XEP-0030: finds'),
    ...within(`${STORIES}/extensions.test.ts`, 'T-DI01:', 'T-DI02, T-DI03:'),
  ],
  'XEP-0045': [
    ...within(`${INTEROP}/rooms.test.ts`, 'slixmpp in a room'),
    ...within(`${INTEROP}/servers/rooms-across.ts`, 'their users in our room', 'our users in their room'),
    ...within(`${STORIES}/rooms.test.ts`, 'T-M01', 'T-M02', 'ROOM-64'),
  ],
  'XEP-0047': [
    ...within(`${INTEROP}/files.test.ts`, 'T-B01, T-B02'),
    ...within(`${STORIES}/in-band-bytestreams.test.ts`, 'T-B01'),
  ],
  'XEP-0048': [
    ...within(`${INTEROP}/storage.test.ts`, 'T-E15, T-E16'),
    ...within(`${STORIES}/bookmarks.test.ts`, 'T-E15, PEP-31:'),
  ],
  'XEP-0049': [
    ...within(`${INTEROP}/storage.test.ts`, 'PRIV-20'),
    ...within(`${STORIES}/private-xml.test.ts`, 'PRIV-20, PRIV-21:', 'PRIV-22:'),
  ],
  'XEP-0054': [...within(`${INTEROP}/storage.test.ts`, 'VC-21'), ...within(`${STORIES}/vcard.test.ts`, 'VC-21:')],
  'XEP-0055': [...standards('XEP-0055: '), ...within(`${STORIES}/search.test.ts`, 'SRCH-20', 'SRCH-21')],
  'XEP-0059': [...standards('XEP-0059: '), ...within('src/xmpp/result-set.test.ts', 'RSM-1', 'RSM-3')],
  'XEP-0060': [
    ...within(`${INTEROP}/node-service.test.ts`, 'T-E08: slixmpp makes a node', 'T-E08: slixmpp subscribes from', 'T-E21:'),
    ...within(`${STORIES}/nodes.test.ts`, 'XEP-0060 6.5', 'PS-1', 'PS-3'),
    ...within(`${STORIES}/collections.test.ts`, 'PUB-30:'),
    ...within(`${STORIES}/node-errors.test.ts`, 'T-E09, T-E12:'),
  ],
  'XEP-0065': within(`${INTEROP}/files.test.ts`, 'T-B01, T-B02'),
  'XEP-0077': [
    ...within('src/xep/0077-registration/registration.test.ts', 'XEP-0077 3.1', 'XEP-0077 3.2', 'XEP-0077 3.3'),
    ...within(`${INTEROP}/invitations.test.ts`, 'slixmpp: a newcomer registers'),
  ],
  'XEP-0082': [...standards('XEP-0082, 0202: '), ...within('src/xmpp/datetime.test.ts', 'TIME-1')],
  'XEP-0092': [...standards('XEP-0092: '), ...within(`${STORIES}/extensions.test.ts`, 'T-TV1:')],
  'XEP-0106': [...standards('XEP-0106: '), ...within('src/xmpp/jid.test.ts', 'ESC-1')],
  'XEP-0114': [
    ...within(`${INTEROP}/component-bot.test.ts`, 'XEP-0114: the bot'),
    ...within(`${STORIES}/components.test.ts`, 'T-K01', 'T-K02', 'T-K03'),
  ],
  'XEP-0115': [...standards('XEP-0115: '), ...within(`${STORIES}/extensions.test.ts`, 'T-CP01, T-CP02:', 'T-CP03:', 'CAPS:')],
  'XEP-0124': [
    ...within(`${INTEROP}/web.test.ts`, 'over bosh > '),
    ...within(`${STORIES}/bosh.test.ts`, 'BOSH 7.2', 'BOSH 10', 'BOSH 14'),
  ],
  'XEP-0153': [
    ...within(`${INTEROP}/storage.test.ts`, 'T-E15, T-E16'),
    ...within(`${STORIES}/avatars.test.ts`, 'PEP-32', 'PEP-34'),
  ],
  'XEP-0156': within('src/xep/0156-connection-methods/connection-methods.test.ts', 'T-W02'),
  'XEP-0157': within('src/xep/0157-contact-addresses/contact-addresses.test.ts', 'XEP-0157'),
  'XEP-0160': [
    ...within(`${INTEROP}/stories.ts`, 'RFC 6121 5.2, XEP-0160:'),
    ...within(`${STORIES}/delivery.test.ts`, 'T-D14', 'T-D15'),
    ...within(`${STORIES}/full-disk.test.ts`, 'RFC 6120 8.3.3.18: what is for somebody outside the roster'),
  ],
  'XEP-0163': [
    ...within(`${INTEROP}/eventing.test.ts`, 'slixmpp: mood'),
    ...within(`${INTEROP}/node-service.test.ts`, 'T-E21:'),
    ...within(`${STORIES}/eventing.test.ts`, 'T-E01', 'T-E02', 'T-E06', 'T-E13'),
  ],
  'XEP-0191': [
    ...within(`${INTEROP}/extensions.test.ts`, 'XEP-0191 3.2'),
    ...within(`${STORIES}/extensions.test.ts`, 'T-BLK1', 'T-BLK2', 'T-BLK3', 'T-BLK4'),
  ],
  'XEP-0198': [
    ...within(`${INTEROP}/resumption.test.ts`, 'comes back for its session > after a cut', 'comes back too late'),
    ...within(`${STORIES}/stream-management.test.ts`, 'T-SM01'),
  ],
  'XEP-0199': within(`${INTEROP}/extensions.test.ts`, 'XEP-0199 4.2'),
  'XEP-0202': [...standards('XEP-0082, 0202: '), ...within(`${STORIES}/extensions.test.ts`, 'T-TV1:')],
  'XEP-0203': [
    ...within(`${INTEROP}/extensions.test.ts`, 'XEP-0203: what was kept'),
    ...within(`${STORIES}/security.test.ts`, 'TIME-4'),
  ],
  'XEP-0206': [...within(`${INTEROP}/web.test.ts`, 'over bosh > '), ...within(`${STORIES}/bosh.test.ts`, 'XEP-0206')],
  'XEP-0215': [...standards('XEP-0215: '), ...within('src/xep/0215-external-services/external.test.ts', 'EXT-1')],
  'XEP-0220': within(`${INTEROP}/servers/federated.ts`, ', by dialback'),
  'XEP-0223': [...within(`${INTEROP}/storage.test.ts`, 'T-E15, T-E16'), ...within(`${STORIES}/eventing.test.ts`, 'T-E05')],
  'XEP-0249': standards('XEP-0249: '),
  'XEP-0258': [
    { statements: 'LAB', number: null },
    ...within(`${INTEROP}/labels.test.ts`, 'slixmpp asks for the catalogue and sends labelled'),
  ],
  'XEP-0280': [
    ...within(`${INTEROP}/extensions.test.ts`, 'XEP-0280: another client'),
    ...within(`${STORIES}/extensions.test.ts`, 'T-CAR1', 'T-CAR2', 'T-CAR3', 'T-CAR4'),
  ],
  'XEP-0313': [
    ...within(`${INTEROP}/storage.test.ts`, 'MAM-26'),
    ...within(`${INTEROP}/profanity-history.test.ts`, 'profanity fetches what was said'),
    ...within(`${STORIES}/archive.test.ts`, 'T-A02', 'T-A05', 'T-A07'),
    ...within(`${STORIES}/archive-first.test.ts`, 'T-A07, MAM-29:'),
    ...within(`${STORIES}/room-archive.test.ts`, 'MAM-30 to MAM-34', 'ROOM-113:'),
  ],
  'XEP-0352': [...standards('XEP-0352: '), ...within(`${STORIES}/extensions.test.ts`, 'T-CSI1', 'T-CSI2')],
  'XEP-0357': [...within(`${INTEROP}/push.test.ts`, 'T-W08'), ...within(`${STORIES}/push.test.ts`, 'PUSH-3')],
  'XEP-0363': [...within(`${INTEROP}/files.test.ts`, 'UPL-1'), ...within(`${STORIES}/upload.test.ts`, 'UPL-1', 'UPL-3', 'UPL-4')],
  'XEP-0368': within(`${INTEROP}/logins.test.ts`, 'logs in by direct-tls'),
  'XEP-0379': within(`${STORIES}/invitations.test.ts`, 'INV-2'),
  'XEP-0386': [
    ...within(`${INTEROP}/sasl2.test.ts`, '@xmpp/client: a session in one exchange'),
    ...within(`${STORIES}/bind2.test.ts`, 'T-W04:'),
    ...within(`${STORIES}/archive-first.test.ts`, 'XEP-0386 3.2:', 'T-A07, MAM-29:'),
  ],
  'XEP-0398': [...within(`${INTEROP}/storage.test.ts`, 'T-E15, T-E16'), ...within(`${STORIES}/avatars.test.ts`, 'T-E16, PEP-33')],
  'XEP-0401': [
    ...within(`${INTEROP}/invitations.test.ts`, 'slixmpp: a newcomer registers'),
    ...within(`${STORIES}/invitations.test.ts`, 'INV-1'),
  ],
  'XEP-0402': [
    ...within(`${INTEROP}/storage.test.ts`, 'T-E15, T-E16'),
    ...within(`${STORIES}/bookmarks.test.ts`, 'T-E15, PEP-31:'),
  ],
  'XEP-0410': [
    ...within(`${INTEROP}/servers/rooms-across.ts`, 'their server is killed, with ours in a room there'),
    ...within(`${STORIES}/rooms.test.ts`, 'ROOM-66: a ping of oneself'),
    ...within(`${STORIES}/foreign-rooms.test.ts`, 'ROOM-122'),
  ],
  'XEP-0424': [...within(`${STORIES}/room-archive.test.ts`, 'ROOM-114'), ...within(`${STORIES}/retractions.test.ts`, 'MAM-39')],
  'XEP-0425': within(`${STORIES}/room-talk.test.ts`, 'ROOM-114'),
  'XEP-0445': within(`${INTEROP}/invitations.test.ts`, 'slixmpp: a newcomer registers'),
  'XEP-0455': [{ statements: 'EXT', number: 4 }],
}
