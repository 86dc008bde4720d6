/** The sessions: who is connected, how, and in which state; and a way to end a session, with a reason. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Route } from '../model/route.ts'
import { ago, lasting } from '../model/words.ts'
import { Filter, Find, Select } from './filter.tsx'
import { Pager } from './navigation.tsx'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { SessionPageReport, SessionReport, Standing } from './reports.ts'
import type { Server } from './server.ts'
import { o } from './words.ts'

interface Props {
  readonly server: Server
  readonly mayChange: boolean
  readonly route: Route
}
const ROWS = 50

const STATES: readonly Standing[] = ['available', 'connected', 'paused']
const { troubles, ...others } = o.sessions.orders
const ORDERS: readonly (readonly [string, string])[] = [['', troubles], ...Object.entries(others)]
const CHOICES: readonly (readonly [string, string])[] = [['', o.sessions.all], ...Object.entries(o.sessions.states)]

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
    <Panel title={o.sessions.title} trouble={trouble ?? noList}>
      <Choice route={route} result={result} />
      {chosen !== null && (
        <Ending key={chosen} jid={chosen} end={(reason) => void end(chosen, reason)} leave={() => choose(null)} />
      )}
      {result !== null && <Table rows={result.sessions} choose={mayChange ? choose : null} />}
      {result?.sessions.length === 0 && <p class="empty">{o.none}</p>}
      <Pager route={route} next={isCurrent ? (result?.next ?? null) : null} />
    </Panel>
  )
}

/** The choice of sessions and their order. */
function Choice({ route, result }: { readonly route: Route; readonly result: SessionPageReport | null }) {
  const all = result === null ? 0 : STATES.reduce((sum, name) => sum + result.counts[name], 0)
  return (
    <>
      <Filter>
        <Find route={route} label={o.sessions.find} name="find" />
        <Select route={route} label={o.sessions.state} name="state" choices={CHOICES} />
        <Select route={route} label={o.order} name="order" choices={ORDERS} />
      </Filter>
      <p role="status">
        {result !== null &&
          o.sessions.counts(all, STATES.map((name) => `${result.counts[name]} ${o.sessions.short[name]}`).join(', '))}
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
    <div class="table" tabIndex={0} role="region" aria-label={o.sessions.table}>
      <table>
        <thead>
          <tr>
            <th scope="col">{o.address}</th>
            {choose !== null && (
              <th scope="col">
                <span class="unseen">{o.sessions.orderColumn}</span>
              </th>
            )}
            {o.sessions.columns.map((title) => (
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
                  <button onClick={() => choose(s.jid)} aria-label={o.sessions.endOf(s.jid)}>
                    {o.sessions.end}
                  </button>
                </td>
              )}
              <td>{stateWords(s, now)}</td>
              <td>{ago(new Date(s.boundAt), now)}</td>
              <td>{s.transport ?? '–'}</td>
              <td>{s.encryption ?? (s.transport === null ? '–' : o.sessions.noEncryption)}</td>
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

function stateWords({ state, pausedAt, available }: SessionReport, now: Date): string {
  if (state !== 'paused') return o.sessions.short[available ? 'available' : 'connected']
  return pausedAt === null ? o.sessions.short.paused : o.sessions.pausedFor(lasting(new Date(pausedAt), now))
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
    <form class="row asking" onSubmit={submit} aria-label={o.sessions.endOf(jid)}>
      <label>
        {o.sessions.reason(jid)}
        <input ref={reason} name="reason" maxLength={200} autocomplete="off" />
      </label>
      <button class="main">{o.sessions.endIt}</button>
      <button type="button" onClick={leave}>
        {o.leaveIt}
      </button>
    </form>
  )
}
