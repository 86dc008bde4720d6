/** What owners and administrators do with a room: its configuration, and whom it does not let in (XEP-0045 9.1, 9.2, 10.2). */
import { wholeAddress } from '../model/address.ts'
import { answersIn, type Form } from '../model/data-form.ts'
import { mayConfigure, maySeeBanned } from '../model/room-ranks.ts'
import { titleOf, type Room } from '../model/room.ts'
import type { BoardSession } from '../session/board-session.ts'
import type { Banned } from '../session/room-orders.ts'
import { FormFields, givenIn } from './form-fields.tsx'
import { useReading } from './reading.ts'
import { RoomMembers } from './room-members.tsx'
import { w } from '../words/index.ts'

interface Props {
  readonly room: Room
  readonly session: BoardSession
}

export function OwnerTools({ room, session }: Props) {
  return (
    <>
      {mayConfigure(room) && <Configuration room={room} session={session} />}
      {maySeeBanned(room) && <RoomMembers room={room} session={session} />}
      {maySeeBanned(room) && <BannedPeople room={room} session={session} />}
    </>
  )
}

function Configuration({ room, session }: Props) {
  const { orders } = session.rooms
  const { value: form, trouble, opened, fail } = useReading(() => orders.configuration(room.jid))
  const submit = async (event: SubmitEvent, asked: Form): Promise<void> => {
    event.preventDefault()
    const element = event.currentTarget as HTMLFormElement
    const refusal = await orders.configure(room.jid, asked, answersIn(asked, givenIn(asked, element)))
    if (refusal === null) element.closest('details')!.open = false
    else fail(refusal)
  }
  return (
    <details class="configuration" onToggle={opened}>
      <summary>{w.tools.configure}</summary>
      {form === null && trouble === null && <p role="status">{w.tools.configurationReading}</p>}
      {form !== null && (
        <form onSubmit={(event) => void submit(event, form)} aria-label={w.tools.configuration(titleOf(room))}>
          <FormFields form={form} />
          <button class="main">{w.tools.saveConfiguration}</button>
        </form>
      )}
      <p role="alert" class="trouble">
        {trouble}
      </p>
    </details>
  )
}

function BannedPeople({ room, session }: Props) {
  const { orders } = session.rooms
  const { value: people, trouble, opened, again, fail } = useReading(() => orders.banned(room.jid))
  const done = async (work: Promise<string | null>): Promise<void> => {
    const refusal = await work
    if (refusal === null) await again()
    else fail(refusal)
  }
  const ban = (event: SubmitEvent): void => {
    event.preventDefault()
    const data = new FormData(event.currentTarget as HTMLFormElement)
    const who = wholeAddress(String(data.get('who')).trim(), location.hostname)
    void done(orders.ban(room.jid, who, String(data.get('reason')).trim()))
  }
  return (
    <details class="banned" onToggle={opened}>
      <summary>{w.tools.banned}</summary>
      {people === null && trouble === null && <p role="status">{w.tools.bannedReading}</p>}
      {people?.length === 0 && <p class="more">{w.tools.bannedNobody}</p>}
      <ul>
        {people?.map((one) => (
          <BannedPerson key={one.jid} one={one} lift={() => void done(orders.liftBan(room.jid, one.jid))} />
        ))}
      </ul>
      <form onSubmit={ban}>
        <label>
          {w.tools.ban}
          <input name="who" required autocomplete="off" autocapitalize="none" spellcheck={false} />
        </label>
        <label>
          {w.tools.banReason}
          <input name="reason" autocomplete="off" />
        </label>
        <button class="danger">{w.tools.banButton}</button>
      </form>
      <p role="alert" class="trouble">
        {trouble}
      </p>
    </details>
  )
}
function BannedPerson({ one: { jid, reason }, lift }: { readonly one: Banned; readonly lift: () => void }) {
  return (
    <li>
      <span>
        <strong>{jid}</strong> {reason !== null && <q>{reason}</q>}
      </span>
      <button class="small" onClick={lift} aria-label={w.occupants.of(w.tools.letIn, jid)}>
        {w.tools.letIn}
      </button>
    </li>
  )
}
