/**
 * The form by which owners configure a room (XEP-0045 10.2, muc#roomconfig): how each field of the configuration is called,
 * shown and read. Fields that the form does not name stay as they are (FORM-1); names that nobody knows are ignored.
 */
import { ROLES, type ConfigFault, type Field, type RoomConfig } from '../../rooms/machine/config.ts'
import type { LabelChoices } from '../../rooms/labelled-rooms.ts'
import { SEC_LABEL } from '../../xmpp/security-label.ts'
import { booleanOf, type FormField } from '../../xmpp/data-form.ts'

export const ROOM_CONFIG = 'http://jabber.org/protocol/muc#roomconfig'

type Value = RoomConfig[Field]
interface FieldForm {
  readonly field: Field
  /** The first is shown; each is read. */
  readonly names: readonly string[]
  readonly label: string
  readonly kind: Kind
}
interface Kind {
  readonly show: (value: Value) => Pick<FormField, 'type' | 'values' | 'options' | 'isOpen'>
  /** Does it take several values? */
  readonly isMulti?: true
  /** Undefined: the values cannot be read. */
  readonly read: (values: readonly string[]) => Value | undefined
}

const text = (type: FormField['type'] = 'text-single'): Kind => ({
  show: (value) => ({ type, values: [value as string] }),
  ...(type === 'text-multi' ? { isMulti: true } : {}),
  read: (values) => values.join('\n'),
})
const flag: Kind = {
  show: (value) => ({ type: 'boolean', values: [value === true ? '1' : '0'] }),
  read: ([value = '']) => booleanOf(value) ?? undefined,
}
/** @param words of each value: what it is called, and what people read */
function oneOf(words: readonly (readonly [value: Value, name: string, label: string])[]): Kind {
  return {
    show: (value) => ({
      type: 'list-single',
      values: words.filter(([one]) => one === value).map(([, name]) => name),
      options: words.map(([, name, label]) => [name, label]),
    }),
    read: ([given = '']) => words.find(([, name]) => name === given)?.[0],
  }
}
const roles: Kind = {
  isMulti: true,
  show: (value) => ({ type: 'list-multi', values: value as readonly string[], options: ROLES.map((role) => [role, `${role}s`]) }),
  read: (values) => (values.every((value) => ROLES.some((role) => role === value)) ? (values as Value) : undefined),
}
const count = (words: readonly string[], none: string | null): Kind => ({
  show: (value) => ({
    type: none === null ? 'text-single' : 'list-single',
    values: [value === null ? none! : String(value)],
    ...(none === null ? {} : { options: [...words, none].map((word) => [word, word] as const), isOpen: true }),
  }),
  read: ([given = '']) => (given === none ? null : /^\d{1,9}$/.test(given) ? Number(given) : undefined),
})

const muc = (name: string): string => `muc#roomconfig_${name}`
const row = (field: Field, name: string | readonly string[], label: string, kind: Kind): FieldForm => ({
  field,
  names: typeof name === 'string' ? [name] : name,
  label,
  kind,
})

const FIELDS: readonly FieldForm[] = [
  row('name', muc('roomname'), 'Name of the room', text()),
  row('description', muc('roomdesc'), 'Description of the room', text('text-multi')),
  row('language', muc('lang'), 'Language of the room', text()),
  row('persistent', muc('persistentroom'), 'Keep the room when the last occupant has left', flag),
  row('public', muc('publicroom'), 'List the room for everybody', flag),
  row('membersOnly', muc('membersonly'), 'Only members may enter', flag),
  row('moderated', muc('moderatedroom'), 'Only people with voice may speak', flag),
  row('passwordProtected', muc('passwordprotectedroom'), 'A password is needed to enter', flag),
  row('password', muc('roomsecret'), 'Password', text('text-private')),
  row(
    'whois',
    muc('whois'),
    'Who may see real addresses',
    oneOf([
      ['moderators', 'moderators', 'Moderators'],
      ['anyone', 'anyone', 'Everybody in the room'],
    ]),
  ),
  row('changeSubject', muc('changesubject'), 'Participants may change the subject', flag),
  row('allowInvites', muc('allowinvites'), 'Members may invite others', flag),
  row(
    'allowPrivateMessages',
    muc('allowpm'),
    'Who may send private messages',
    oneOf([
      ['anyone', 'anyone', 'Everybody'],
      ['participants', 'participants', 'People with voice'],
      ['moderators', 'moderators', 'Moderators'],
      ['none', 'none', 'Nobody'],
    ]),
  ),
  row('presenceBroadcast', muc('presencebroadcast'), 'Whose presence is shown to all', roles),
  row('memberList', muc('getmemberlist'), 'Who may see the list of members', roles),
  row('occupantsMax', muc('maxusers'), 'Most people at a time', count(['10', '50', '100', '200', '500', '1000'], 'none')),
  row('historyMax', ['muc#maxhistoryfetch', muc('historylength')], 'Messages that are shown on entering', count([], null)),
  row('publicLog', muc('enablelogging'), 'What is said can be read in public', flag),
  row('archived', [muc('enablearchiving'), muc('mam')], 'Keep an archive for those who may enter', flag),
  row(
    'historySinceMembership',
    '{urn:porchlight}history_since_membership',
    'Members see nothing older than their membership',
    flag,
  ),
  row('pubsub', muc('pubsub'), 'Address of a node that belongs to the room', text()),
  row('quiet', '{urn:porchlight}quiet', 'When very many are there, show only those who speak', flag),
  row('listOccupants', '{urn:porchlight}list_occupants', 'The list of a public room shows who is in it', flag),
  row(
    'registration',
    '{urn:porchlight}registration',
    'How people register with the room',
    oneOf([
      [null, 'default', 'At once in open rooms; with approval where only members may enter'],
      ['auto', 'auto', 'At once'],
      ['ask', 'ask', 'With approval'],
      ['off', 'off', 'Not at all'],
    ]),
  ),
  row('nicksLocked', '{urn:porchlight}nicks_locked', 'People have the nickname that is reserved for them', flag),
  row('label', `{${SEC_LABEL}}room_label`, 'Security label that people need a clearance for', text()),
  row('clearance', `{${SEC_LABEL}}room_clearance`, 'Clearance for what is said in the room', text()),
  row('defaultLabel', `{${SEC_LABEL}}default_label`, 'Security label of messages that have none', text()),
]
const BY_NAME = new Map(FIELDS.flatMap((field) => field.names.map((name) => [name, field] as const)))
const BY_FIELD = new Map(FIELDS.map((field) => [field.field, field]))

/** What the form calls the field. */
export const nameOfField = (field: Field): string => BY_FIELD.get(field)!.names[0]!

export const formFields = (config: RoomConfig): readonly FormField[] =>
  FIELDS.flatMap(({ names, field, label, kind }) => names.map((name) => ({ name, label, ...kind.show(config[field]) })))

/** The same for an owner: labels are chosen from a list. @param choices null: the server has no policy, and no fields for it */
export function ownersFields(config: RoomConfig, choices: LabelChoices | null): readonly FormField[] {
  const fields = formFields(config)
  const isOfLabels = ({ name }: FormField): boolean => name.startsWith(`{${SEC_LABEL}}`)
  if (choices === null) return fields.filter((field) => !isOfLabels(field))
  const among = (field: FormField): NonNullable<FormField['options']> => [
    ['', 'None'],
    ...(field.name === nameOfField('clearance') ? choices.clearances : choices.labels),
  ]
  return fields.map((field) => (isOfLabels(field) ? { ...field, type: 'list-single', options: among(field) } : field))
}

/** What a form that was filled in changes; what is wrong with it. Whether the result is possible is the room's to say. */
export function changesIn(
  values: ReadonlyMap<string, readonly string[]>,
): { readonly changes: Partial<RoomConfig> } | { readonly fault: ConfigFault } {
  const changes: Partial<Record<Field, Value>> = {}
  for (const [name, given] of values) {
    const known = BY_NAME.get(name)
    if (known === undefined) continue
    const isOneTooMany = given.length > 1 && known.kind.isMulti !== true
    const value = isOneTooMany ? undefined : known.kind.read(given)
    if (value === undefined) return { fault: { field: known.field, why: 'has a value that is not possible' } }
    changes[known.field] = value
  }
  return { changes: changes as Partial<RoomConfig> }
}
