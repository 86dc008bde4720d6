/** Who is connected, how, and in which state. */
import { useState } from 'preact/hooks'
import { ago } from '../model/words.ts'
import { useOrder } from './app.tsx'
import type { SessionReport } from './reports.ts'
import type { Server } from './server.ts'

interface Page {
  readonly sessions: readonly SessionReport[]
  readonly next: string | null
}

export function Sessions({ server, mayChange }: { readonly server: Server; readonly mayChange: boolean }) {
  const [find, setFind] = useState('')
  const [after, setAfter] = useState('')
  const { result, refresh } = useOrder<Page>(server, 'session.list', { find, after })
  const kick = (jid: string): void => void server.order('session.kick', { jid }).then(refresh, refresh)
  const now = new Date()
  return (
    <section aria-label="Sessions">
      <h2>Sessions</h2>
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
      <div class="table" tabIndex={0} role="region" aria-label="Table of sessions">
        <table>
          <thead>
            <tr>
              {['Address', 'State', 'Since', 'Transport', 'Encryption', 'Login', 'From', 'Waiting'].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
              {mayChange && (
                <th scope="col">
                  <span class="unseen">Orders</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {result?.sessions.map((s) => (
              <tr key={s.jid}>
                <th scope="row">{s.jid}</th>
                <td>{s.state === 'paused' ? 'paused' : s.available ? 'available' : 'connected'}</td>
                <td>{ago(new Date(s.boundAt), now)}</td>
                <td>{s.transport ?? '–'}</td>
                <td>{s.encryption ?? 'none'}</td>
                <td>{s.mechanism ?? '–'}</td>
                <td>{s.remote ?? '–'}</td>
                <td>{s.waiting}</td>
                {mayChange && (
                  <td>
                    <button onClick={() => kick(s.jid)} aria-label={`End the session ${s.jid}`}>
                      End
                    </button>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {after !== '' && <button onClick={() => setAfter('')}>First page</button>}
      {result !== null && result.next !== null && <button onClick={() => setAfter(result.next!)}>Next page</button>}
    </section>
  )
}
