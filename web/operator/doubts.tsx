/** The annotations in force (XEP-0310): the doubts that clients which ask for annotations are told of at present. */
import { ago } from '../model/words.ts'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { DoubtsReport } from './reports.ts'
import type { Server } from './server.ts'

const WHY: Readonly<Record<DoubtsReport['doubts'][number]['why'], string>> = {
  'connection-paused': 'connection paused',
  'server-unavailable': 'link lost',
}

export function Doubts({ server }: { readonly server: Server }) {
  const { result, trouble } = useOrder<DoubtsReport>(server, 'doubts')
  const now = new Date()
  return (
    <Panel title="Presence in doubt" trouble={trouble}>
      <p>What clients here that ask for it are told may be out of date (XEP-0310).</p>
      <ul class="users">
        {result?.doubts.map(({ about, why, since, told }) => (
          <li key={about}>
            <span>
              {about}: {WHY[why]}, since {ago(new Date(since), now)}
            </span>
            <span class="more">{told === 1 ? 'told once' : `told ${told} times`}</span>
          </li>
        ))}
      </ul>
      {result !== null && result.total > result.doubts.length && <p>And {result.total - result.doubts.length} more.</p>}
      {result?.total === 0 && <p class="empty">Nothing: all presence is as it was said.</p>}
    </Panel>
  )
}
