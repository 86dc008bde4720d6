/** What the log of a room says about people behind a position: for occupants as they were then (ROOM-84). */
import { everythingOf, pagesFrom, type ArchiveRange, type ArchiveStore } from '../server/archive.ts'
import { entryOf, type Entry } from './log.ts'
import type { Command } from './machine/commands.ts'
import type { Room, Seq } from './machine/room.ts'
import type { Exit } from './machine/tells.ts'

const PAGE = 500

export async function recoveryOf(archive: ArchiveStore, room: Room, since: Seq): Promise<Extract<Command, { do: 'recover' }>> {
  const changed = new Set<string>()
  const out = new Map<string, Exit>()
  const filter = { ...everythingOf(room.uid), kinds: ['member', 'role'] }
  const read = (range: ArchiveRange) => archive.page({ ...filter, ...range }, PAGE, 'first')
  for await (const rows of pagesFrom(read, 'first', { after: since, before: null }))
    for (const entry of rows.map(entryOf)) note(entry, changed, out)
  return { do: 'recover', changed, out }
}

function note(entry: Entry, changed: Set<string>, out: Map<string, Exit>): void {
  if (entry.kind !== 'member' && entry.kind !== 'role') return
  changed.add(entry.of)
  if (entry.kind === 'role') return
  const exit = exitIn(entry)
  if (exit !== null) out.set(entry.of, exit)
}
/** A kick changes nothing that is stored about a visitor (8.2). */
function exitIn({ by, of, before, after, isOut }: Extract<Entry, { kind: 'member' }>): Exit | null {
  if (after.affiliation !== before.affiliation) return null
  if (isOut === true) return 'kicked'
  const hasLeft = after.standing?.is === 'left' && before.standing?.is !== 'left'
  if (!hasLeft) return null
  return by === of ? 'lost' : 'kicked'
}
