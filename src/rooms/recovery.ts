/** What the log of a room says about people behind a position: for occupants as they were then (ROOM-84). */
import { everythingOf, type ArchiveStore } from '../server/archive.ts'
import { entryOf, type Entry } from './log.ts'
import type { Command } from './machine/commands.ts'
import type { Room, Seq } from './machine/room.ts'
import type { Exit } from './machine/tells.ts'

const PAGE = 500

export async function recoveryOf(archive: ArchiveStore, room: Room, since: Seq): Promise<Extract<Command, { do: 'recover' }>> {
  const changed = new Set<string>()
  const out = new Map<string, Exit>()
  for (let after = since; ;) {
    const filter = { ...everythingOf(room.uid), kinds: ['member', 'role'], after }
    const rows = await archive.page(filter, PAGE, 'first')
    for (const entry of rows.map(entryOf)) note(entry, changed, out)
    if (rows.length < PAGE) return { do: 'recover', changed, out }
    after = rows.at(-1)!.seq
  }
}

function note(entry: Entry, changed: Set<string>, out: Map<string, Exit>): void {
  if (entry.kind !== 'member' && entry.kind !== 'role') return
  changed.add(entry.of)
  if (entry.kind === 'role') return
  const exit = exitIn(entry)
  if (exit !== null) out.set(entry.of, exit)
}
/** A kick changes nothing of what is kept of a visitor (8.2), and ends the standing of those who belong to the room. */
function exitIn({ by, of, before, after }: Extract<Entry, { kind: 'member' }>): Exit | null {
  const isSame = JSON.stringify(before) === JSON.stringify(after)
  const hasLeft = after.standing?.is === 'left' && before.standing?.is !== 'left' && after.affiliation === before.affiliation
  if (!isSame && !hasLeft) return null
  return by === of ? 'lost' : 'kicked'
}
