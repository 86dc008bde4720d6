/** What users say about people whom they block. */
import { ago } from '../model/words.ts'
import { useGiving } from './giving.ts'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { BlockReportPageReport } from './reports.ts'
import type { Server } from './server.ts'
import { o } from './words.ts'

const SHOWN = 50

export function UserReports({ server, mayChange }: { readonly server: Server; readonly mayChange: boolean }) {
  const { result, trouble, refresh } = useOrder<BlockReportPageReport>(server, 'report.list', { after: '', limit: SHOWN })
  const { failure, give } = useGiving(server, refresh)
  const now = new Date()
  return (
    <Panel title={o.reports.title} trouble={failure ?? trouble}>
      <ul class="users">
        {result?.reports.map(({ id, jid, reporter, reason, text, messages, at }) => (
          <li key={id}>
            <span>
              {jid}, {reason.replace(/^urn:xmpp:reporting:/, '')}
              {text !== '' && `: ${text}`}{' '}
              <span class="more">
                {o.reports.blocked(reporter, ago(new Date(at), now))}
                {messages.length > 0 && o.reports.messages(messages.join(', '))}
              </span>
            </span>
            {mayChange && (
              <button aria-label={o.reports.deleteOf(jid)} onClick={() => void give('report.dismiss', { id })}>
                {o.accounts.delete}
              </button>
            )}
          </li>
        ))}
      </ul>
      {result?.reports.length === 0 && <p class="empty">{o.none}</p>}
      {result?.next != null && <p class="more">{o.reports.more(SHOWN)}</p>}
    </Panel>
  )
}
