/** The recent failures to log in, with their reasons. */
import { ago } from '../model/words.ts'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { LoginFailureReport } from './reports.ts'
import type { Server } from './server.ts'

export function Failures({ server }: { readonly server: Server }) {
  const { result, trouble } = useOrder<readonly LoginFailureReport[]>(server, 'login.failures')
  const now = new Date()
  return (
    <Panel title="Logins that failed lately" trouble={trouble}>
      <ul class="troubles">
        {result?.map(({ account, address, mechanism, reason, count, lastAt }) => (
          <li key={`${account} ${address} ${reason}`}>
            <strong>{account ?? 'No account named'}</strong> from {address}: {reason}
            {count > 1 && `, ${count} times`}, last {ago(new Date(lastAt), now)}
            {mechanism !== null && <span class="more">{mechanism}</span>}
          </li>
        ))}
      </ul>
      {result?.length === 0 && <p class="empty">None.</p>}
    </Panel>
  )
}
