/** An occupant is put out of a room, or banned from it: asks for confirmation, and for what the occupants are told. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { OccupantReport } from './reports.ts'
import type { Server } from './server.ts'
import { o } from './words.ts'

interface Props {
  readonly server: Server
  readonly room: string
  readonly occupant: OccupantReport
  readonly done: () => void
}

export function PuttingOut({ server, room, occupant: { nick, jid }, done }: Props) {
  const [how, setHow] = useState<'kick' | 'ban' | null>(null)
  const [trouble, setTrouble] = useState<string | null>(null)
  const reason = useRef<HTMLInputElement>(null)
  useEffect(() => reason.current?.focus(), [how])
  if (how === null)
    return (
      <>
        <button onClick={() => setHow('kick')} aria-label={`${o.rooms.kickOf(nick)}…`}>
          {o.rooms.kick}
        </button>
        <button class="danger" onClick={() => setHow('ban')} aria-label={`${o.rooms.banOf(nick)}…`}>
          {o.rooms.ban}
        </button>
      </>
    )
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const text = String(new FormData(event.currentTarget as HTMLFormElement).get('reason'))
    const args = how === 'kick' ? { room, nick, reason: text } : { room, who: jid, reason: text }
    server.order(`room.${how}`, args).then(done, (error: Error) => setTrouble(error.message))
  }
  return (
    <form class="row asking" onSubmit={submit} aria-label={how === 'kick' ? o.rooms.kickOf(nick) : o.rooms.banOf(jid)}>
      <label>
        {o.reasonOccupants}
        <input ref={reason} name="reason" maxLength={200} autocomplete="off" />
      </label>
      <button class="danger">{how === 'kick' ? o.rooms.sureToKick(nick) : o.rooms.sureToBan(jid)}</button>
      <button type="button" onClick={() => setHow(null)}>
        {o.leaveIt}
      </button>
      <p role="status" class="trouble">
        {trouble}
      </p>
    </form>
  )
}
