/** What a room says of itself to service discovery (XEP-0045 6.4, 6.5, 6.6; XEP-0128). */
import { createHash } from 'node:crypto'
import { registrationMode } from '../../rooms/machine/lasting.ts'
import { affiliationIn } from '../../rooms/machine/plan.ts'
import type { Hat, Room } from '../../rooms/machine/room.ts'
import { el, type Element } from '../../xml/element.ts'
import { dataForm, type FormField } from '../../xmpp/data-form.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { PSA, PSA_REVISED } from '../../xmpp/state-annotation.ts'
import { VERSION } from '../0092-version/index.ts'
import { VERSIONS } from './affiliation-versions.ts'
import { VCARD } from '../0054-vcard-temp/index.ts'
import { VOICE_REQUEST } from './approval-forms.ts'
import { FULL_TEXT, MAM, MAM_EXTENDED } from '../0313-message-archive/index.ts'
import { HATS, MUC, OCCUPANT_ID } from './ns.ts'
import { COMMANDS } from '../0050-ad-hoc-commands/index.ts'
import { STANZA_ID } from '../../xmpp/stanza-id.ts'
import { RETRACT } from '../../xmpp/retraction.ts'
import { MODERATE, OLD_MODERATE } from './retracting.ts'
import { REGISTER } from './registering.ts'

const ROOM_INFO = `${MUC}#roominfo`
export const DISCO_INFO = 'http://jabber.org/protocol/disco#info'
export const DISCO_ITEMS = 'http://jabber.org/protocol/disco#items'

/** Beside those of its configuration. More are added by extensions of rooms. */
const FEATURES = [
  MUC,
  `${MUC}#stable_id`,
  `${MUC}#self-ping-optimization`,
  VOICE_REQUEST,
  OCCUPANT_ID,
  DISCO_INFO,
  DISCO_ITEMS,
  'urn:xmpp:ping',
  VERSIONS,
  VCARD,
  VERSION,
  COMMANDS,
  HATS,
  PSA,
  PSA_REVISED,
]

/** ROOM-42, ROOM-44: everybody who knows the address may ask. @param more features of extensions */
export function roomInfo(room: Room, asker: Jid, more: readonly string[] = []): Element {
  const { config } = room.facts
  const identity = el('identity', DISCO_INFO, {
    category: 'conference',
    type: 'text',
    name: config.name === '' ? undefined : config.name,
  })
  const features = [...FEATURES, ...more, ...featuresOf(room)].map((name) => el('feature', DISCO_INFO, { var: name }))
  return el('query', DISCO_INFO, {}, identity, ...features, ...(isOpenTo(room, asker) ? [infoForm(room)] : []))
}
/** Strangers learn nothing but the features of a hidden members-only room. */
export const isOpenTo = (room: Room, asker: Jid): boolean =>
  !room.facts.config.membersOnly || room.facts.config.public || affiliationIn(room, asker.bare) !== 'none'

function featuresOf(room: Room): readonly string[] {
  const { config } = room.facts
  const either = (is: boolean, yes: string, no: string): string => `muc_${is ? yes : no}`
  return [
    either(config.public, 'public', 'hidden'),
    either(config.membersOnly, 'membersonly', 'open'),
    either(config.moderated, 'moderated', 'unmoderated'),
    either(config.whois === 'anyone', 'nonanonymous', 'semianonymous'),
    either(config.passwordProtected, 'passwordprotected', 'unsecured'),
    either(config.persistent, 'persistent', 'temporary'),
    ...(config.archived
      ? [STANZA_ID, MAM, MAM_EXTENDED, FULL_TEXT, RETRACT, `${RETRACT}#tombstone`, MODERATE, OLD_MODERATE]
      : []),
    ...(registrationMode(room) === 'off' ? [] : [REGISTER, `${MUC}#register`]),
  ]
}

/** ROOM-43 */
function infoForm({ facts, occupants }: Room): Element {
  const { config, subject, quietFrom, pictures, hats } = facts
  const flag = (is: boolean): readonly string[] => [is ? '1' : '0']
  const shown = (name: string, values: readonly string[], type: FormField['type'] = 'text-single'): FormField => ({
    name,
    type,
    values,
  })
  const subjectText = subject?.payload.child('subject')?.text ?? ''
  const isForAll = config.public && !config.membersOnly
  return dataForm({
    type: 'result',
    formType: ROOM_INFO,
    fields: [
      shown('muc#roominfo_description', [config.description]),
      ...(config.language === '' ? [] : [shown('muc#roominfo_lang', [config.language])]),
      shown('muc#roominfo_occupants', [String(occupants.size)]),
      ...(isForAll && subjectText !== '' ? [shown('muc#roominfo_subject', [subjectText])] : []),
      shown('{urn:porchlight}is_quiet', flag(quietFrom !== null), 'boolean'),
      shown('muc#roominfo_subjectmod', flag(config.changeSubject), 'boolean'),
      shown('muc#roominfo_changesubject', flag(config.changeSubject), 'boolean'),
      ...(hats.length === 0 ? [] : [shown('hats#hash', [hashOf(hats)])]),
      ...(pictures.length === 0 ? [] : [shown('muc#roominfo_avatarhash', pictures, 'text-multi')]),
      shown('muc#maxhistoryfetch', [String(config.historyMax)]),
      shown('muc#roomconfig_roomname', [config.name]),
      shown('muc#roomconfig_changesubject', flag(config.changeSubject), 'boolean'),
      shown('muc#roomconfig_allowinvites', flag(config.allowInvites), 'boolean'),
      shown('muc#roomconfig_allowpm', [config.allowPrivateMessages]),
      ...(config.pubsub === '' ? [] : [shown('muc#roomconfig_pubsub', [config.pubsub])]),
    ],
  })
}

/** XEP-0317 2: another value for another list. */
const hashOf = (hats: readonly Hat[]): string =>
  createHash('sha1')
    .update(JSON.stringify(hats.map(({ uri, title, hue }) => [uri, title, hue])))
    .digest('hex')

/** ROOM-44, ROOM-168: empty unless the owner of a public room has said that its occupants are listed. */
export function roomItems({ facts, occupants, address }: Room): Element {
  const isShown = facts.config.public && facts.config.listOccupants
  const nicks = isShown ? [...occupants.keys()] : []
  return el(
    'query',
    DISCO_ITEMS,
    {},
    ...nicks.map((nick) => el('item', DISCO_ITEMS, { jid: address.withResource(nick).full, name: nick })),
  )
}

/** 7.12: the nickname that is reserved for the asker. */
export function reservedNick(room: Room, asker: Jid): Element {
  const nick = room.members.get(asker.bare)?.nick ?? null
  const identity = nick === null ? [] : [el('identity', DISCO_INFO, { category: 'conference', type: 'text', name: nick })]
  return el('query', DISCO_INFO, { node: 'x-roomuser-item' }, ...identity)
}
