/** The sessions: who is connected, how, and in which state; and a way to end a session, with a reason. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Route } from '../model/route.ts'
import { ago, counted } from '../model/words.ts'
import { Pager, show } from './navigation.tsx'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { SessionPageReport, SessionReport, Standing } from './reports.ts'
import type { Server } from './server.ts'

interface Props {
  readonly server: Server
  readonly mayChange: boolean
  readonly route: Route
}
const ROWS = 50

const STATES: readonly (readonly [Standing, string])[] = [
  ['available', 'Available'],
  ['connected', 'Connected, not available'],
  ['paused', 'Paused'],
]
const ORDERS: readonly (readonly [string, string])[] = [
  ['', 'Troubles first'],
  ['address', 'By address'],
  ['newest', 'Newest first'],
  ['oldest', 'Oldest first'],
  ['waiting', 'Most to do first'],
  ['unacknowledged', 'Most not confirmed first'],
]

export function Sessions({ server, mayChange, route }: Props) {
  const { find = '', state = '', order = '', after = '' } = route.options
  const args = { find, after, state: state === '' ? null : state, order: order === '' ? 'troubles' : order, limit: ROWS }
  const { result, isCurrent, trouble: noList, refresh } = useOrder<SessionPageReport>(server, 'session.list', args)
  const [chosen, choose] = useState<string | null>(null)
  const [trouble, setTrouble] = useState<string | null>(null)
  const end = async (jid: string, reason: string): Promise<void> => {
    const failure = await server.order('session.kick', { jid, reason }).then(
      () => null,
      (error: Error) => error.message,
    )
    setTrouble(failure)
    if (failure === null) choose(null)
    refresh()
  }
  return (
    <Panel title="Sessions" trouble={trouble ?? noList}>
      <Choice route={route} result={result} />
      {chosen !== null && (
        <Ending key={chosen} jid={chosen} end={(reason) => void end(chosen, reason)} leave={() => choose(null)} />
      )}
      {result !== null && <Table rows={result.sessions} choose={mayChange ? choose : null} />}
      {result?.sessions.length === 0 && <p class="empty">None.</p>}
      <Pager route={route} next={isCurrent ? (result?.next ?? null) : null} />
    </Panel>
  )
}

/** The choice of sessions and their order. */
function Choice({ route, result }: { readonly route: Route; readonly result: SessionPageReport | null }) {
  const { find = '', state = '', order = '' } = route.options
  const all = result === null ? 0 : STATES.reduce((sum, [name]) => sum + result.counts[name], 0)
  return (
    <>
      <form class="row" role="search" onSubmit={(event) => event.preventDefault()}>
        <label>
          Address contains
          <input
            name="find"
            type="search"
            value={find}
            onInput={(event) => show(route, { find: event.currentTarget.value }, true)}
          />
        </label>
        <label>
          State
          <select name="state" value={state} onChange={(event) => show(route, { state: event.currentTarget.value })}>
            <option value="">All</option>
            {STATES.map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <label>
          Order
          <select name="order" value={order} onChange={(event) => show(route, { order: event.currentTarget.value })}>
            {ORDERS.map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </label>
      </form>
      <p role="status">
        {result !== null && `${counted(all, 'session')}: ${STATES.map(([name]) => `${result.counts[name]} ${name}`).join(', ')}`}
      </p>
    </>
  )
}

interface TableProps {
  readonly rows: readonly SessionReport[]
  /** Null if this role may not end sessions. */
  readonly choose: ((jid: string) => void) | null
}

function Table({ rows, choose }: TableProps) {
  const now = new Date()
  return (
    <div class="table" tabIndex={0} role="region" aria-label="Table of sessions">
      <table>
        <thead>
          <tr>
            <th scope="col">Address</th>
            {choose !== null && (
              <th scope="col">
                <span class="unseen">Orders</span>
              </th>
            )}
            {['State', 'Since', 'Transport', 'Encryption', 'Login', 'From', 'To do', 'Not confirmed'].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((s) => (
            <tr key={s.jid}>
              <th scope="row">{s.jid}</th>
              {choose !== null && (
                <td>
                  <button onClick={() => choose(s.jid)} aria-label={`End the session ${s.jid}`}>
                    End…
                  </button>
                </td>
              )}
              <td>{s.state === 'paused' ? 'paused' : s.available ? 'available' : 'connected'}</td>
              <td>{ago(new Date(s.boundAt), now)}</td>
              <td>{s.transport ?? '–'}</td>
              <td>{s.encryption ?? (s.transport === null ? '–' : 'none')}</td>
              <td>{s.mechanism ?? '–'}</td>
              <td>{s.remote ?? '–'}</td>
              <td>{s.waiting}</td>
              <td>{s.unacknowledged}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface EndingProps {
  readonly jid: string
  readonly end: (reason: string) => void
  readonly leave: () => void
}

/** Asks for confirmation, and for the text that the user will receive. */
function Ending({ jid, end, leave }: EndingProps) {
  const reason = useRef<HTMLInputElement>(null)
  useEffect(() => reason.current?.focus(), [])
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    end(reason.current?.value ?? '')
  }
  return (
    <form class="row asking" onSubmit={submit} aria-label={`End the session ${jid}`}>
      <label>
        Reason, which {jid} is told
        <input ref={reason} name="reason" maxLength={200} autocomplete="off" />
      </label>
      <button class="main">End the session</button>
      <button type="button" onClick={leave}>
        Leave it
      </button>
    </form>
  )
}
