/** The recent failures to log in, with their reasons. */
import { ago } from '../model/words.ts'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { LoginFailureReport } from './reports.ts'
import type { Server } from './server.ts'
import { o } from './words.ts'

export function Failures({ server }: { readonly server: Server }) {
  const { result, trouble } = useOrder<readonly LoginFailureReport[]>(server, 'login.failures')
  const now = new Date()
  return (
    <Panel title={o.troubles.failures} trouble={trouble}>
      <ul class="troubles">
        {result?.map(({ account, address, mechanism, reason, count, lastAt }) => (
          <li key={`${account} ${address} ${reason}`}>
            <strong>{account ?? o.troubles.noAccount}</strong> {o.troubles.from(address, reason)}
            {count > 1 && o.troubles.times(count)}
            {o.troubles.last(ago(new Date(lastAt), now))}
            {mechanism !== null && <span class="more">{mechanism}</span>}
          </li>
        ))}
      </ul>
      {result?.length === 0 && <p class="empty">{o.none}</p>}
    </Panel>
  )
}
