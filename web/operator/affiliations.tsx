/** Who has which affiliation with a room, and the form that changes one. */
import { useState } from 'preact/hooks'
import type { Route } from '../model/route.ts'
import { Pager } from './navigation.tsx'
import { useOrder } from './order.ts'
import type { AffiliationPageReport, AffiliationReport } from './reports.ts'
import type { Server } from './server.ts'
import { o } from './words.ts'

interface Props {
  readonly server: Server
  readonly mayChange: boolean
  readonly route: Route
  readonly room: string
}
const ROWS = 50
const AFFILIATIONS = ['owner', 'admin', 'member', 'none', 'outcast']

export function Affiliations({ server, mayChange, route, room }: Props) {
  const { after = '' } = route.options
  const args = { room, after, limit: ROWS }
  const { result, isCurrent, trouble, refresh } = useOrder<AffiliationPageReport>(server, 'room.affiliations', args)
  const [words, setWords] = useState<string | null>(null)
  const change = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const data = new FormData(form)
    const [jid, affiliation, reason] = ['jid', 'affiliation', 'reason'].map((name) => String(data.get(name)).trim())
    const failure = await server.order('room.affiliation', { room, jid, affiliation, reason }).then(
      () => null,
      (error: Error) => error.message,
    )
    setWords(failure ?? o.rooms.affiliationSet(jid!, affiliation!))
    if (failure === null) form.reset()
    refresh()
  }
  return (
    <section aria-label={o.rooms.affiliations}>
      <p role="status" class="trouble">
        {trouble}
      </p>
      <p role="status">{words}</p>
      {mayChange && (
        <form class="row" onSubmit={(event) => void change(event)} aria-label={o.rooms.changeAffiliation}>
          <label>
            {o.address}
            <input name="jid" required autocomplete="off" />
          </label>
          <label>
            {o.rooms.affiliation}
            <select name="affiliation">
              {AFFILIATIONS.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <label>
            {o.reasonTold}
            <input name="reason" maxLength={200} autocomplete="off" />
          </label>
          <button>{o.rooms.change}</button>
        </form>
      )}
      <ul class="users">
        {result?.affiliations.map((row) => (
          <li key={row.jid}>
            <span>
              {row.jid} <span class="more">{remarksOf(row)}</span>
            </span>
            <span>{row.affiliation}</span>
          </li>
        ))}
      </ul>
      {result?.affiliations.length === 0 && <p class="empty">{o.rooms.noAffiliations}</p>}
      <Pager route={route} next={isCurrent ? (result?.next ?? null) : null} />
    </section>
  )
}

const remarksOf = ({ nick, reason }: AffiliationReport): string =>
  [...(nick === null ? [] : [o.rooms.nickname(nick)]), ...(reason === '' ? [] : [reason])].join(', ')
