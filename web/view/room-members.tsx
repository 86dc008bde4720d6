/** Who belongs to a room: its members, admins and owners, and how somebody becomes one (XEP-0045 9.3 to 9.5, 10.3 to 10.8). */
import { wholeAddress } from '../model/address.ts'
import { grantable, mayWithdraw } from '../model/room-ranks.ts'
import type { Room } from '../model/room.ts'
import type { BoardSession } from '../session/board-session.ts'
import type { Belonging } from '../session/room-orders.ts'
import { w } from '../words/index.ts'
import { useReading } from './reading.ts'

interface Props {
  readonly room: Room
  readonly session: BoardSession
}
const WORDS: Readonly<Record<Belonging['affiliation'], string>> = w.occupants

export function RoomMembers({ room, session }: Props) {
  const { orders } = session.rooms
  const { value: people, trouble, opened, again, fail } = useReading(() => orders.belonging(room.jid))
  const set = async (who: string, affiliation: Belonging['affiliation'] | 'none'): Promise<void> => {
    const refusal = await orders.setAffiliation(room.jid, who, affiliation)
    if (refusal === null) await again()
    else fail(refusal)
  }
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const data = new FormData(event.currentTarget as HTMLFormElement)
    const who = wholeAddress(String(data.get('who')).trim(), location.hostname)
    void set(who, data.get('affiliation') as Belonging['affiliation'])
  }
  return (
    <details class="members" onToggle={opened}>
      <summary>{w.tools.members}</summary>
      {people === null && trouble === null && <p role="status">{w.tools.bannedReading}</p>}
      <ul>
        {people?.map(({ jid, affiliation }) => (
          <li key={jid}>
            <span>
              <strong>{jid}</strong> <span class="more">{WORDS[affiliation]}</span>
            </span>
            {mayWithdraw(room, affiliation) && (
              <button class="small" onClick={() => void set(jid, 'none')} aria-label={w.occupants.of(w.tools.withdraw, jid)}>
                {w.tools.withdraw}
              </button>
            )}
          </li>
        ))}
      </ul>
      <form onSubmit={submit}>
        <label>
          {w.tools.member}
          <input name="who" required autocomplete="off" autocapitalize="none" spellcheck={false} />
        </label>
        <label>
          {w.tools.becomes}
          <select name="affiliation">
            {grantable(room).map((affiliation) => (
              <option key={affiliation} value={affiliation}>
                {WORDS[affiliation]}
              </option>
            ))}
          </select>
        </label>
        <button>{w.tools.make}</button>
      </form>
      <p role="alert" class="trouble">
        {trouble}
      </p>
    </details>
  )
}
