/** Who is in a room, each with an honest dot, and what a moderator may do to them. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { mayBan, mayGiveVoice, mayPutOut, mayTakeVoice } from '../model/room-ranks.ts'
import { dotOfOccupant, doubtedIn, type Affiliation, type Occupant, type Room } from '../model/room.ts'
import type { Role } from '../model/room-words.ts'
import { saidThen } from '../model/contact-words.ts'
import { gravest } from '../model/presence.ts'
import { doubtedFor, lasting } from '../model/words.ts'
import type { RoomOrders } from '../session/room-orders.ts'
import { DotWithWords } from './dot.tsx'
import { Parts } from './parts.tsx'
import { w } from '../words/index.ts'

interface Props {
  readonly room: Room
  readonly now: Date
  readonly setTo: (nick: string | null) => void
  readonly orders: RoomOrders
}
const order = new Intl.Collator()
const RANK: Readonly<Record<Role, number>> = { moderator: 0, participant: 1, visitor: 2, none: 3 }

export function Occupants({ room, now, setTo, orders }: Props) {
  const all = [...room.occupants.values()].sort((a, b) => RANK[a.role] - RANK[b.role] || order.compare(a.nick, b.nick))
  return (
    <section class="occupants" aria-label={w.occupants.label}>
      <h3>{w.occupants.title(all.length, doubtedIn(room.occupants))}</h3>
      {room.stay !== 'in' && all.length > 0 && <p class="more">{w.occupants.lastKnown}</p>}
      <ul>
        {all.map((who) => (
          <li key={who.nick} data-nick={who.nick} data-dot={dotOfOccupant(who)}>
            <strong>
              <bdi>{who.nick}</bdi>
            </strong>
            {who.nick === room.nick && <span class="more"> {w.occupants.you}</span>}
            <DotWithWords dot={dotOfOccupant(who)} />
            <span class="more">
              <Parts all={words(who, now)} />
            </span>
            {who.nick !== room.nick && room.stay === 'in' && (
              <button class="small" onClick={() => setTo(who.nick)} aria-label={w.occupants.writeTo(who.nick)}>
                {w.occupants.write}
              </button>
            )}
            <Moderation room={room} who={who} orders={orders} />
          </li>
        ))}
      </ul>
    </section>
  )
}

interface ModerationProps {
  readonly room: Room
  readonly who: Occupant
  readonly orders: RoomOrders
}
/** What the person may do to somebody in the room. */
function Moderation({ room, who, orders }: ModerationProps) {
  const [isBanning, setBanning] = useState(false)
  const { nick } = who
  if (isBanning) return <Banning room={room} who={who} orders={orders} leave={() => setBanning(false)} />
  return (
    <>
      {mayGiveVoice(room, who) && (
        <button
          class="small"
          onClick={() => void orders.setVoice(room.jid, nick, true)}
          aria-label={w.occupants.of(w.occupants.letSpeak, nick)}
        >
          {w.occupants.letSpeak}
        </button>
      )}
      {mayTakeVoice(room, who) && (
        <button
          class="small"
          onClick={() => void orders.setVoice(room.jid, nick, false)}
          aria-label={w.occupants.of(w.occupants.letListen, nick)}
        >
          {w.occupants.letListen}
        </button>
      )}
      {mayPutOut(room, who) && (
        <button class="small danger" onClick={() => void orders.putOut(room.jid, nick)} aria-label={w.occupants.putOutOf(nick)}>
          {w.occupants.putOut}
        </button>
      )}
      {mayBan(room, who) && (
        <button class="small danger" onClick={() => setBanning(true)} aria-label={w.occupants.banOf(nick)}>
          {w.occupants.ban}
        </button>
      )}
    </>
  )
}

/** A ban is for good: it asks for a word first. */
function Banning({ room, who, orders, leave }: ModerationProps & { readonly leave: () => void }) {
  const reason = useRef<HTMLInputElement>(null)
  useEffect(() => reason.current?.focus(), [])
  const ban = (event: SubmitEvent): void => {
    event.preventDefault()
    void orders.ban(room.jid, who.jid!, reason.current!.value.trim())
    leave()
  }
  return (
    <form class="banning" onSubmit={ban} aria-label={w.occupants.banOf(who.nick)}>
      <p>{w.occupants.banMeans(who.jid!)}</p>
      <label>
        {w.occupants.reason}
        <input ref={reason} name="reason" autocomplete="off" />
      </label>
      <button class="danger">{w.occupants.banThem}</button>
      <button type="button" onClick={leave}>
        {w.occupants.leaveIt}
      </button>
    </form>
  )
}

const AFFILIATIONS: Readonly<Partial<Record<Affiliation, string>>> = {
  owner: w.occupants.owner,
  admin: w.occupants.admin,
  member: w.occupants.member,
}

function words({ view, role, affiliation, hats, jid }: Occupant, now: Date): readonly string[] {
  const best = view.resources[0]
  const rank = AFFILIATIONS[affiliation]
  const parts: string[] = []
  if (best?.status !== null && best !== undefined) parts.push(best.status)
  if (best !== undefined && best.idleSince !== null) parts.push(w.times.idleFor(lasting(best.idleSince, now)))
  const doubt = best === undefined ? null : gravest(best.doubts)
  if (best !== undefined && doubt !== null) {
    parts.unshift(saidThen(best, now))
    parts.push(doubtedFor(doubt, now))
  }
  parts.push(...hats)
  if (rank !== undefined) parts.push(rank)
  else if (role === 'moderator') parts.push(w.occupants.moderator)
  if (role === 'visitor') parts.push(w.occupants.visitor)
  if (jid !== null) parts.push(jid)
  return parts
}
