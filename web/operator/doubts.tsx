/** The annotations in force (XEP-0310): the doubts that clients which ask for annotations are told of at present. */
import { ago } from '../model/words.ts'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { DoubtsReport } from './reports.ts'
import type { Server } from './server.ts'
import { o } from './words.ts'

export function Doubts({ server }: { readonly server: Server }) {
  const { result, trouble } = useOrder<DoubtsReport>(server, 'doubts')
  const now = new Date()
  return (
    <Panel title={o.presence.doubts} trouble={trouble}>
      <p>{o.presence.doubtsHint}</p>
      <ul class="users">
        {result?.doubts.map(({ about, why, since, told }) => (
          <li key={about}>
            <span>{o.presence.doubt(about, o.presence.whys[why], ago(new Date(since), now))}</span>
            <span class="more">{o.presence.told(told)}</span>
          </li>
        ))}
      </ul>
      {result !== null && result.total > result.doubts.length && <p>{o.presence.more(result.total - result.doubts.length)}</p>}
      {result?.total === 0 && <p class="empty">{o.presence.noDoubts}</p>}
    </Panel>
  )
}
