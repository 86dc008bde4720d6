/** Converts the client library's stanzas of rooms to the model of a room. */
import type { DataForm, DataFormField, DiscoInfo, Message, MUCInfo, Presence } from 'stanza/protocol'
import type { Invitation } from '../model/board.ts'
import type { Affiliation, RoomAbout, RoomMessage, RoomPresence } from '../model/room.ts'
import type { JoinError, Role } from '../model/room-words.ts'
import { bareOf, isFile, noticeOf, resourceOf } from './stanzas.ts'

/** What a room says beside a stanza. The library gives it no type, whatever its declarations say. */
const infoIn = (muc: Presence['muc'] | Message['muc']): MUCInfo | null =>
  muc === undefined || muc.type === 'join' || muc.type === 'direct-invite' ? null : muc
/** Does a room say it? */
export const isOfRoom = ({ muc }: Presence | Message): boolean => infoIn(muc) !== null
const codesIn = (info: MUCInfo | null): ReadonlySet<number> => new Set((info?.statusCodes ?? []).map(Number))
const textOr = (text: string | undefined): string | null => (text === undefined || text === '' ? null : text)

export function roomPresenceOf(presence: Presence): RoomPresence {
  const info = infoIn(presence.muc)
  const codes = codesIn(info)
  return {
    nick: resourceOf(presence.from ?? ''),
    notice: noticeOf(presence),
    isSelf: codes.has(110),
    codes,
    role: (info?.role as Role | undefined) ?? 'none',
    affiliation: (info?.affiliation as Affiliation | undefined) ?? 'none',
    jid: info?.jid === undefined ? null : bareOf(info.jid),
    hats: (presence.hats ?? []).flatMap(({ title }) => textOr(title) ?? []),
    occupantId: presence.occupantId ?? null,
    newNick: info?.nick ?? null,
    actor: info?.actor?.nick ?? null,
    reason: textOr(info?.destroy?.reason ?? info?.reason),
    isDestroyed: info?.destroy !== undefined,
    otherRoom: textOr(info?.destroy?.jid),
  }
}

/** @param room the message is from it, or from its archive */
export function roomMessageOf(message: Message, room: string): RoomMessage {
  const { id, from, occupantId, body, subject, hasSubject, delay, stanzaIds, type, retracts, isRetracted } = message
  return {
    id: id ?? null,
    archiveId: stanzaIds?.find(({ by }) => by === room)?.id ?? null,
    nick: resourceOf(from ?? ''),
    occupantId: occupantId ?? null,
    text: body ?? null,
    isFile: isFile(message),
    isTakenBack: isRetracted === true,
    takesBack: retracts ?? null,
    subject: hasSubject === true ? (subject ?? '') : null,
    codes: codesIn(infoIn(message.muc)),
    at: delay?.timestamp ?? null,
    isPrivate: type !== 'groupchat',
  }
}

const ARCHIVE = 'urn:xmpp:mam:2'
const FULL_TEXT = 'urn:xmpp:fulltext:0'

/** The answer of a room to disco#info (6.4). */
export function roomAboutOf({ features, identities, extensions }: DiscoInfo): RoomAbout {
  const fields = (extensions ?? []).flatMap((form) => form.fields ?? [])
  const isOn = (name: string): boolean =>
    fields.some((field) => field.name === name && ['1', 'true', true].includes(field.value as string))
  return {
    name: textOr(identities?.find(({ category }) => category === 'conference')?.name),
    hasArchive: features?.includes(ARCHIVE) === true,
    isSearchable: features?.includes(FULL_TEXT) === true,
    // Some services have the one, some the other
    isModerated: features?.includes('muc_moderated') === true,
    opensSubject: isOn('muc#roomconfig_changesubject') || isOn('muc#roominfo_changesubject') || isOn('muc#roominfo_subjectmod'),
  }
}

/** Null if the message invites nobody. */
export function invitationIn({ from, muc, legacyMUC }: Message): Invitation | null {
  const [mediated] = infoIn(muc)?.invite ?? []
  if (mediated !== undefined)
    return {
      room: bareOf(from ?? ''),
      from: mediated.from ?? null,
      reason: textOr(mediated.reason),
      password: textOr(infoIn(muc)?.password),
    }
  const direct = muc?.type === 'direct-invite' ? muc : legacyMUC
  if (direct?.jid === undefined) return null
  return { room: bareOf(direct.jid), from: from ?? null, reason: textOr(direct.reason), password: textOr(direct.password) }
}

export function joinErrorOf({ error }: Presence): JoinError & { readonly type: string | null } {
  const { condition = 'undefined-condition', text, type, gone } = error ?? {}
  const otherRoom = gone === undefined || !gone.includes('@') ? null : bareOf(gone.replace(/^xmpp:/, '').replace(/\?.*$/s, ''))
  return { condition, text: text ?? null, type: type ?? null, otherRoom }
}

/** The configuration of a new room. @param isListed everybody finds it in the list, and it stays when nobody is in it */
export const roomForm = (isListed: boolean): Partial<DataForm> => (isListed ? { fields: LISTED } : {})
const LISTED: DataFormField[] = [
  { name: 'FORM_TYPE', type: 'hidden', value: 'http://jabber.org/protocol/muc#roomconfig' },
  { name: 'muc#roomconfig_publicroom', type: 'boolean', value: true },
  { name: 'muc#roomconfig_persistentroom', type: 'boolean', value: true },
]
