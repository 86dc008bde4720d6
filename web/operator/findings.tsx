/** The accounts that cost most, and recent troubles. */
import { ago } from '../model/words.ts'
import { locale } from '../words/language.ts'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { CostReport, TroubleReport } from './reports.ts'
import type { Server } from './server.ts'
import { o } from './words.ts'

export function Costs({ server }: { readonly server: Server }) {
  const { result, trouble } = useOrder<readonly CostReport[]>(server, 'costs')
  return (
    <Panel title={o.presence.costs} trouble={trouble}>
      <p>{o.presence.costsHint}</p>
      <ol class="ranking">
        {result?.map(({ jid, deliveries }) => (
          <li key={jid}>
            {jid} <strong>{deliveries.toLocaleString(locale)}</strong>
          </li>
        ))}
      </ol>
      {result?.length === 0 && <p class="empty">{o.presence.noCosts}</p>}
    </Panel>
  )
}

export function Troubles({ server }: { readonly server: Server }) {
  const { result, trouble } = useOrder<readonly TroubleReport[]>(server, 'troubles')
  const now = new Date()
  return (
    <Panel title={o.troubles.title} trouble={trouble}>
      <ul class="troubles">
        {result?.map(({ message, level, count, lastAt, fields }) => (
          <li key={message}>
            <strong>{level === 'error' ? o.troubles.error : o.troubles.warning}</strong> {message}
            {count > 1 && o.troubles.times(count)}
            {o.troubles.last(ago(new Date(lastAt), now))}
            <span class="more">
              {Object.entries(fields)
                .map(([name, value]) => `${name}: ${value}`)
                .join(' · ')}
            </span>
          </li>
        ))}
      </ul>
      {result?.length === 0 && <p class="empty">{o.troubles.nothing}</p>}
    </Panel>
  )
}
