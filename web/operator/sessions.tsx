/** Who is connected, how, and in which state; and the end of a session, with a reason. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { ago } from '../model/words.ts'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { SessionReport } from './reports.ts'
import type { Server } from './server.ts'

interface Page {
  readonly sessions: readonly SessionReport[]
  readonly next: string | null
}

export function Sessions({ server, mayChange }: { readonly server: Server; readonly mayChange: boolean }) {
  const [find, setFind] = useState('')
  const [after, setAfter] = useState('')
  const { result, trouble: noList, refresh } = useOrder<Page>(server, 'session.list', { find, after })
  const [chosen, choose] = useState<string | null>(null)
  const [trouble, setTrouble] = useState<string | null>(null)
  const end = async (jid: string, reason: string): Promise<void> => {
    setTrouble(null)
    await server.order('session.kick', { jid, reason }).catch((error: Error) => setTrouble(error.message))
    choose(null)
    refresh()
  }
  const now = new Date()
  return (
    <Panel title="Sessions" trouble={trouble ?? noList}>
      <label class="find">
        Address contains
        <input
          value={find}
          onInput={(event) => {
            setFind(event.currentTarget.value)
            setAfter('')
          }}
        />
      </label>
      {chosen !== null && (
        <Ending key={chosen} jid={chosen} end={(reason) => void end(chosen, reason)} leave={() => choose(null)} />
      )}
      <div class="table" tabIndex={0} role="region" aria-label="Table of sessions">
        <table>
          <thead>
            <tr>
              <th scope="col">Address</th>
              {mayChange && (
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
            {result?.sessions.map((s) => (
              <tr key={s.jid}>
                <th scope="row">{s.jid}</th>
                {mayChange && (
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
      {after !== '' && <button onClick={() => setAfter('')}>First page</button>}
      {result !== null && result.next !== null && <button onClick={() => setAfter(result.next!)}>Next page</button>}
    </Panel>
  )
}

interface EndingProps {
  readonly jid: string
  readonly end: (reason: string) => void
  readonly leave: () => void
}

/** Asks once more, and for what to tell whoever is there. */
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
