/** Entries of a room's log: what the machine has drafted, with the id and the positions that it got, and its form in the archive. */
import type { ArchiveEntry } from '../server/archive.ts'
import { decode, encode } from '../xml/wire.ts'
import { payloadOfStored, storedPayload } from '../xmpp/stored-packet.ts'
import type { Draft, DraftBody, EntryId, Kind, Replacement, Said } from './machine/drafts.ts'
import type { Seq } from './machine/room.ts'

export interface Positions {
  readonly id: EntryId
  readonly seq: Seq
  /** In the order of everything that this server has kept. */
  readonly stream: number
}
export type Entry = Draft &
  Positions & {
    /** It was taken back: the payload is what stands in its place. */
    readonly isRetracted: boolean
    /** It is in the archive. Where that is switched off, what is said is in memory only. */
    readonly isKept: boolean
  }

/** What was said: where the archive is switched off it is kept in memory only. */
export const SPOKEN: readonly Kind[] = ['message', 'correct', 'react', 'retract', 'face']
export const isSpoken = ({ kind }: Draft): boolean => SPOKEN.includes(kind)
/** It is told and not kept. */
export const isPassing = (draft: Draft): boolean => 'isPassing' in draft && draft.isPassing

/** XEP-0463: this makes another version of the affiliations. */
export const changesAffiliation = (entry: Entry): boolean =>
  entry.kind === 'member' && entry.before.affiliation !== entry.after.affiliation

const VEILED = 1
const RETRACTED = 2
/** Flags of entries that were kept while everybody could see real addresses. */
export const UNVEILED: readonly number[] = [0, RETRACTED]

export function archived(owner: string, entry: Entry): ArchiveEntry {
  const { id, seq, stream, at, by, byFull, nick, transaction, kind } = entry
  const said = 'payload' in entry ? entry : null
  const spoken = 'fromId' in entry ? entry : null
  return {
    owner,
    id,
    seq,
    stream,
    time: at,
    withBare: null,
    withFull: byFull ?? by,
    nick,
    kind,
    key: keyOf(entry),
    target: 'target' in entry ? entry.target : null,
    fromId: spoken?.fromId ?? null,
    device: transaction?.device ?? null,
    transaction: transaction?.key ?? null,
    lang: spoken === null || spoken.lang === null ? null : decode(spoken.lang),
    payload: said === null || said.payload === null ? null : storedPayload(said.payload),
    mx: ownFormOf(entry),
    flags: flagsOf(entry),
  }
}
const flagsOf = ({ veiled, isRetracted }: { readonly veiled: boolean; readonly isRetracted: boolean }): number =>
  (veiled ? VEILED : 0) | (isRetracted ? RETRACTED : 0)

/** Entries with the same kind and key are states of one thing. */
function keyOf(entry: Entry): string | null {
  switch (entry.kind) {
    case 'member':
    case 'role':
      return entry.of
    case 'config':
    case 'subject':
    case 'destroy':
      return ''
    case 'face':
      return entry.key === null ? null : `${entry.face} ${entry.type} ${entry.key}`
    default:
      return null
  }
}

/** What the columns do not hold, as JSON, but for messages: there it is what the face has given. */
function ownFormOf(entry: Entry): string | null {
  switch (entry.kind) {
    case 'message':
    case 'correct':
    case 'subject':
      return entry.mx
    case 'react':
      return JSON.stringify({ now: entry.now, added: entry.added, removed: entry.removed, mx: entry.mx })
    case 'retract':
      return JSON.stringify({ moderated: entry.moderated, reason: entry.reason, mx: entry.mx })
    case 'config':
      return JSON.stringify({ changes: entry.changes })
    case 'member':
      return JSON.stringify({ of: entry.of, before: entry.before, after: entry.after, reason: entry.reason, isOut: entry.isOut })
    case 'role':
      return JSON.stringify({ of: entry.of, before: entry.before, after: entry.after })
    case 'destroy':
      return JSON.stringify({ alternate: entry.alternate, reason: entry.reason })
    case 'face':
      return JSON.stringify({ face: entry.face, type: entry.type, key: entry.key, content: entry.content })
  }
}

export function entryOf(row: ArchiveEntry): Entry {
  const { id, seq, stream, time, withFull, nick, device, transaction, flags } = row
  const slash = withFull?.indexOf('/') ?? -1
  const isRetracted = (flags & RETRACTED) !== 0
  return {
    id,
    seq,
    stream,
    at: time,
    by: slash < 0 ? withFull : withFull!.slice(0, slash),
    byFull: slash < 0 ? null : withFull,
    nick,
    veiled: (flags & VEILED) !== 0,
    transaction: device === null || transaction === null ? null : { device, key: transaction },
    isRetracted,
    isKept: true,
    ...bodyOf(row, isRetracted),
  }
}

function bodyOf(row: ArchiveEntry, isRetracted: boolean): DraftBody {
  const kind = row.kind as Kind
  // Of what was taken back nothing is left but what stands in its place
  const own =
    row.mx === null || isRetracted ? {} : kind === 'message' || kind === 'correct' || kind === 'subject' ? {} : JSON.parse(row.mx)
  switch (kind) {
    case 'message':
    case 'subject':
      return { kind, ...saidOf(row, row.mx) }
    case 'correct':
      return { kind, target: row.target!, ...saidOf(row, row.mx) }
    case 'react': {
      const { now = [], added = [], removed = [], mx = null } = own
      return { kind, target: row.target!, now, added, removed, ...saidOf(row, mx) }
    }
    case 'retract': {
      const { moderated = false, reason = '', mx = null } = own
      return { kind, target: row.target!, moderated, reason, ...saidOf(row, mx) }
    }
    case 'face': {
      const { face = '', type = '', key = null, content = '' } = own
      return { kind, face, type, key, content, payload: row.payload === null ? null : payloadOfStored(row.payload) }
    }
    default:
      return { kind, ...own }
  }
}
const saidOf = (row: ArchiveEntry, mx: string | null): Said => ({
  payload: payloadOfStored(row.payload ?? ''),
  lang: row.lang === null ? null : encode(row.lang),
  fromId: row.fromId,
  givenId: row.id,
  mx,
  isPassing: false,
})

/** What the archive has of an entry that is taken back. */
export const replaced = (owner: string, { id, payload, veiled }: Replacement) => ({
  owner,
  id,
  payload: storedPayload(payload),
  flags: flagsOf({ veiled, isRetracted: true }),
})
