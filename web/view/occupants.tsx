/** Who is in a room, each with an honest dot. */
import { dotOfOccupant, mayPutOut, type Affiliation, type Occupant, type Room } from '../model/room.ts'
import type { Role } from '../model/room-words.ts'
import { gravest } from '../model/presence.ts'
import { ago, doubtedFor, lasting } from '../model/words.ts'
import { DotWithWords } from './dot.tsx'

interface Props {
  readonly room: Room
  readonly now: Date
  readonly setTo: (nick: string | null) => void
  readonly putOut: (nick: string) => void
}
const order = new Intl.Collator()
const RANK: Readonly<Record<Role, number>> = { moderator: 0, participant: 1, visitor: 2, none: 3 }

export function Occupants({ room, now, setTo, putOut }: Props) {
  const all = [...room.occupants.values()].sort((a, b) => RANK[a.role] - RANK[b.role] || order.compare(a.nick, b.nick))
  return (
    <section class="occupants" aria-label="People in the room">
      <h3>{all.length === 0 ? 'People' : `People (${all.length})`}</h3>
      {room.stay !== 'in' && all.length > 0 && <p class="more">As last known.</p>}
      <ul>
        {all.map((who) => (
          <li key={who.nick} data-nick={who.nick} data-dot={dotOfOccupant(who)}>
            <strong>{who.nick}</strong>
            {who.nick === room.nick && <span class="more"> you</span>}
            <DotWithWords dot={dotOfOccupant(who)} />
            <span class="more">{words(who, now)}</span>
            {who.nick !== room.nick && room.stay === 'in' && (
              <button class="small" onClick={() => setTo(who.nick)} aria-label={`Write privately to ${who.nick}`}>
                Write privately
              </button>
            )}
            {mayPutOut(room, who) && (
              <button class="small danger" onClick={() => putOut(who.nick)} aria-label={`Put out ${who.nick}`}>
                Put out
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

const AFFILIATIONS: Readonly<Partial<Record<Affiliation, string>>> = { owner: 'owner', admin: 'admin', member: 'member' }

function words({ view, role, affiliation, jid }: Occupant, now: Date): string {
  const best = view.resources[0]
  const rank = AFFILIATIONS[affiliation]
  const parts: string[] = []
  if (best?.status !== null && best !== undefined) parts.push(best.status)
  if (best !== undefined && best.idleSince !== null) parts.push(`idle for ${lasting(best.idleSince, now)}`)
  const doubt = best === undefined ? null : gravest(best.doubts)
  if (best !== undefined && doubt !== null) {
    parts.push(doubtedFor(doubt, now))
    parts.push(best.saidAt === null ? 'how old is not known' : `as of ${ago(best.saidAt, now)}`)
  }
  if (rank !== undefined) parts.push(rank)
  else if (role === 'moderator') parts.push('moderator')
  if (role === 'visitor') parts.push('only listens')
  if (jid !== null) parts.push(jid)
  return parts.join(' · ')
}
