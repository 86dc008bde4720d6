/**
 * Entries of the log as events (MXR 3.1): what was said, and what has become another state. Events of one entry have fixed parts,
 * so that they have the same ids whenever they are made. Pure.
 */
import type { Said } from '../../rooms/machine/drafts.ts'
import type { ConfigChanges } from '../../rooms/machine/config.ts'
import type { Member } from '../../rooms/machine/room.ts'
import { isPassing, type Entry } from '../../rooms/log.ts'
import { SEC_LABEL } from '../../xmpp/security-label.ts'
import { eventIdOf } from '../ids/event-id.ts'
import type { JsonObject } from './json.ts'
import { lastingMembership, type Membership } from './memberships.ts'
import { contentOf, eventIn } from './message-text.ts'
import { mentioning, spokenTo } from './mentions.ts'
import { isVeiled } from './open-rooms.ts'
import { FACE, type Picture } from './picture.ts'
import { partOfRemoved, type Reactions } from './reactions.ts'
import { correcting, REACTION, reacting } from './relations.ts'
import type { Names, Sight } from './names.ts'
import { contentAt, contentOfMember, MEMBER, OF_CONFIG, POWER_LEVELS, shownKey, withAddress, type Visitors } from './states.ts'

export interface MatrixEvent {
  readonly type: string
  readonly event_id: string
  readonly sender: string
  readonly origin_server_ts: number
  readonly content: JsonObject
  readonly state_key?: string
  readonly redacts?: string
  readonly unsigned?: JsonObject
}
/** The events of an entry. */
export interface Rendered {
  readonly entry: Entry
  readonly events: readonly MatrixEvent[]
}

/** A state that an entry has changed. */
export interface Touched {
  readonly type: string
  /** Of a member: the bare JID. */
  readonly key: string
  /** Which event of the entry it is, where it is not the first one. */
  readonly part: number
}

const NONE: readonly never[] = []
const MEMBER_PART = 1
const LEVELS_PART = OF_CONFIG.indexOf(POWER_LEVELS) + 1

/** What decides whether levels change. */
type Config = { readonly config: Pick<Picture['config'], 'moderated'> }
/**
 * The states that an entry has changed, in the order of its events. @param after as it was then
 */
export function touchedBy(entry: Entry, after: Config): readonly Touched[] {
  switch (entry.kind) {
    case 'config':
      return typesOf(entry.changes).map((type) => ({ type, key: '', part: OF_CONFIG.indexOf(type) + 1 }))
    case 'role':
      return [LEVELS]
    case 'member': {
      if (!entry.of.includes('@')) return NONE
      const member = { type: MEMBER, key: entry.of, part: MEMBER_PART }
      const isMember = membershipAfter(entry) !== null
      return changesLevel(entry, after) ? [...(isMember ? [member] : NONE), LEVELS] : isMember ? [member] : NONE
    }
    case 'subject':
      return [{ type: 'm.room.topic', key: '', part: 1 }]
    case 'face':
      return entry.face === FACE && entry.key !== null ? [{ type: entry.type, key: entry.key, part: 1 }] : NONE
    case 'destroy':
      return [{ type: 'm.room.tombstone', key: '', part: 1 }]
    default:
      return NONE
  }
}
const LEVELS: Touched = { type: POWER_LEVELS, key: '', part: LEVELS_PART }

const FIELDS: Readonly<Record<(typeof OF_CONFIG)[number], readonly (keyof ConfigChanges)[]>> = {
  'm.room.name': ['name'],
  'm.room.join_rules': ['membersOnly', 'passwordProtected', 'registration'],
  'm.room.history_visibility': ['historySinceMembership'],
  'm.room.power_levels': ['moderated', 'membersOnly', 'allowInvites', 'changeSubject'],
}
const typesOf = (changes: ConfigChanges): readonly (typeof OF_CONFIG)[number][] =>
  OF_CONFIG.filter((type) => FIELDS[type].some((field) => changes[field] !== undefined))

type MemberEntry = Extract<Entry, { kind: 'member' }>
/** Null: the entry says nothing of the membership. */
export function membershipAfter({ before, after, by, of, isOut }: MemberEntry): Membership | null {
  const [was, is] = [lastingMembership(before), lastingMembership(after)]
  if (is === 'ban') return was === 'ban' ? null : 'ban'
  if (isOut === true) return 'leave'
  if (is !== null) return is !== was || (is === 'join' && before.nick !== after.nick) ? is : null
  // A ban or an invitation is over. Somebody who gives up a registration stays for now, like any visitor
  return was === null || (was === 'join' && by === of) ? null : 'leave'
}
const ORDINARY: readonly Member['affiliation'][] = ['member', 'none', 'outcast']
function changesLevel({ before, after }: MemberEntry, { config }: Config): boolean {
  if (before.role !== after.role) return true
  if (before.affiliation === after.affiliation) return false
  return config.moderated || !ORDINARY.includes(before.affiliation) || !ORDINARY.includes(after.affiliation)
}

/**
 * The events of a page. The picture goes back along with it: it shows the room behind the page before, and in front of it afterwards.
 * @param entries the newest ones of the picture, the oldest first
 */
export function render(
  entries: readonly Entry[],
  picture: Picture,
  sight: Sight,
  { visits, reactions }: { readonly visits: { readonly present: Visitors }; readonly reactions: Reactions },
): readonly Rendered[] {
  const rendered: Rendered[] = []
  const visitors = visits.present
  for (const entry of entries.toReversed()) {
    const touched = touchedBy(entry, picture)
    const now = touched.map((state) => contentOfTouched(entry, state, picture, sight, visitors))
    picture.undo(entry)
    const states = touched.map((state, i): MatrixEvent => {
      const before = state.type === MEMBER ? null : contentAt(picture, sight, visitors, state.type, state.key)
      return stateEvent(entry, sight, state, i, now[i]!, before)
    })
    rendered.push({ entry, events: [...states, ...saidIn(entry, sight, reactions)] })
  }
  return rendered.toReversed()
}
function contentOfTouched(entry: Entry, { type, key }: Touched, picture: Picture, sight: Sight, visitors: Visitors): JsonObject {
  if (entry.kind === 'member' && type === MEMBER) {
    const content = withAddress(contentOfMember(membershipAfter(entry)!, entry.after.nick), entry.of, entry.veiled, sight)
    return entry.reason === '' ? content : { ...content, reason: entry.reason }
  }
  if (entry.kind === 'destroy') return { body: entry.reason === '' ? 'The room was closed' : entry.reason }
  return contentAt(picture, sight, visitors, type, key) ?? {}
}
function stateEvent(
  entry: Entry,
  sight: Sight,
  { type, key, part }: Touched,
  i: number,
  content: JsonObject,
  before: JsonObject | null,
) {
  return {
    ...headOf(entry, sight, i === 0 ? 0 : part),
    type,
    state_key: shownKey(type, key, entry.veiled, sight),
    content,
    ...(before === null ? {} : { unsigned: { prev_content: before } }),
  }
}
const headOf = ({ id, by, at, veiled }: Entry, sight: Sight, part: number) => ({
  event_id: eventIdOf(id, part),
  sender: sight.idOf(authorOf(by, sight.names), veiled),
  origin_server_ts: at,
})
/** What the room does by itself, it says itself. */
export const authorOf = (by: string | null, { room }: Names): string => by ?? room.address.bare

/** An event that is no state. */
interface Spoken {
  readonly type: string
  readonly content: JsonObject
  readonly redacts?: string
  /** Which event of the entry it is, where it is not the only one. */
  readonly part?: number
}
export function saidIn(entry: Entry, sight: Sight, reactions: Reactions): readonly MatrixEvent[] {
  return spokenIn(entry, sight, reactions).map(({ part = 0, ...said }) => ({ ...headOf(entry, sight, part), ...said }))
}
/** How many events an entry has that are no states. */
export const spokenCount = (entry: Entry): number => spokenIn(entry, null, null).length

/** @param sight null: only their number counts */
function spokenIn(entry: Entry, sight: Sight | null, reactions: Reactions | null): readonly Spoken[] {
  if (isPassing(entry)) return NONE
  switch (entry.kind) {
    case 'message':
    case 'correct': {
      if (entry.isRetracted) return [{ type: MESSAGE, content: {} }]
      // Who may read a labelled message (XEP-0258) is not known of Matrix devices: none of them is shown it
      if (entry.payload.text.includes(SEC_LABEL)) return NONE
      if (entry.mx !== null) return [eventIn(asSeen(entry.mx, entry, sight))]
      const content = contentOf(entry.payload, sight?.names.media)
      if (content === null) return NONE
      const said = sight === null ? content : withMentions(content, entry, sight)
      return [{ type: MESSAGE, content: entry.kind === 'correct' ? correcting(entry.target, said) : said }]
    }
    case 'react':
      return reactionsOf(entry, reactions)
    case 'retract': {
      const redacts = eventIdOf(entry.target)
      const reason = entry.reason === '' ? {} : { reason: entry.reason }
      return [{ type: 'm.room.redaction', content: { redacts, ...reason }, redacts }]
    }
    case 'face': {
      if (entry.isRetracted) return [{ type: MESSAGE, content: {} }]
      if (entry.face !== FACE || entry.key !== null) return NONE
      return [{ type: entry.type, content: JSON.parse(asSeen(entry.content, entry, sight)) as JsonObject }]
    }
    case 'config': {
      const { whois } = entry.changes
      if (whois === undefined) return NONE
      const part = touchedBy(entry, WHATEVER).length === 0 ? 0 : VEIL_PART
      return [{ type: VEIL, content: { veiled: whois[1] === 'moderators' }, part }]
    }
    default:
      return NONE
  }
}
/** MXR-72: whom a client of XMPP speaks to. People have the ids of now, so it is found as long as those are the ones of then. */
function withMentions(content: JsonObject, { payload, transaction, veiled }: Extract<Entry, Said>, sight: Sight): JsonObject {
  const { room } = sight.names
  if (transaction !== null || veiled !== isVeiled(room.facts.config)) return content
  const people = spokenTo(payload, (content as { readonly body: string }).body, room)
  return mentioning(content, people, (bare) => sight.idOf(bare, veiled))
}
/** MXR-68: what was added, and what was taken back. */
function reactionsOf(entry: Extract<Entry, { kind: 'react' }>, known: Reactions | null): readonly Spoken[] {
  const { target, added, removed } = entry
  const more = added.map((key, part): Spoken => ({ type: REACTION, content: reacting(target, key), part }))
  const less = removed.flatMap((key): readonly Spoken[] => {
    const redacts = known === null ? '' : known.before(entry, key)
    if (redacts === null) return NONE
    return [{ type: 'm.room.redaction', content: { redacts }, redacts, part: partOfRemoved(entry, key) }]
  })
  return [...more, ...less]
}
/** Others name the viewer by the id that they know; the viewer knows themselves by another one. */
const asSeen = (json: string, { veiled }: Entry, sight: Sight | null): string =>
  veiled && sight !== null ? json.replaceAll(sight.names.veiledId(sight.viewer), sight.names.openId(sight.viewer)) : json
/** MXR-21: from here on people have other ids. */
const VEIL = 'im.porchlight.veil'
const VEIL_PART = OF_CONFIG.length + 1
const WHATEVER: Config = { config: { moderated: false } }
const MESSAGE = 'm.room.message'

/** Which kinds of entries change a state. */
export const STATE_KINDS = ['config', 'member', 'role', 'subject', 'face', 'destroy'] as const
