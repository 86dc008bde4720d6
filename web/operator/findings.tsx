/** The accounts that cost most, and recent troubles. */
import { ago } from '../model/words.ts'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { CostReport, TroubleReport } from './reports.ts'
import type { Server } from './server.ts'

export function Costs({ server }: { readonly server: Server }) {
  const { result, trouble } = useOrder<readonly CostReport[]>(server, 'costs')
  return (
    <Panel title="Who costs most" trouble={trouble}>
      <p>Presences sent to those who watch an account, since the start.</p>
      <ol class="ranking">
        {result?.map(({ jid, deliveries }) => (
          <li key={jid}>
            {jid} <strong>{deliveries.toLocaleString('en')}</strong>
          </li>
        ))}
      </ol>
      {result?.length === 0 && <p class="empty">Nobody has changed presence yet.</p>}
    </Panel>
  )
}

export function Troubles({ server }: { readonly server: Server }) {
  const { result, trouble } = useOrder<readonly TroubleReport[]>(server, 'troubles')
  const now = new Date()
  return (
    <Panel title="What went wrong lately" trouble={trouble}>
      <ul class="troubles">
        {result?.map(({ message, level, count, lastAt, fields }) => (
          <li key={message}>
            <strong>{level === 'error' ? 'Error' : 'Warning'}:</strong> {message}
            {count > 1 && `, ${count} times`}, last {ago(new Date(lastAt), now)}
            <span class="more">
              {Object.entries(fields)
                .map(([name, value]) => `${name}: ${value}`)
                .join(' · ')}
            </span>
          </li>
        ))}
      </ul>
      {result?.length === 0 && <p class="empty">Nothing.</p>}
    </Panel>
  )
}
