/** The archives of accounts: how much each has, from when to when. */
import type { Route } from '../model/route.ts'
import { clockTime } from '../model/words.ts'
import { locale } from '../words/language.ts'
import { Filter, Find } from './filter.tsx'
import { Pager } from './navigation.tsx'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { ArchivePageReport } from './reports.ts'
import type { Server } from './server.ts'
import { o } from './words.ts'

interface Props {
  readonly server: Server
  readonly route: Route
}
const ROWS = 50

export function Archives({ server, route }: Props) {
  const { from = '', after = '' } = route.options
  const args = { after: after === '' ? from.toLowerCase() : after, limit: ROWS }
  const { result, isCurrent, trouble } = useOrder<ArchivePageReport>(server, 'archive.list', args)
  return (
    <Panel title={o.archive.title} trouble={trouble}>
      <p class="more">{o.archive.hint}</p>
      <Filter>
        <Find route={route} label={o.archive.from} name="from" />
      </Filter>
      {result !== null && result.archives.length > 0 && <Table rows={result.archives} />}
      {result?.archives.length === 0 && <p class="empty">{o.none}</p>}
      <Pager route={route} next={isCurrent ? (result?.next ?? null) : null} />
    </Panel>
  )
}

function Table({ rows }: { readonly rows: ArchivePageReport['archives'] }) {
  const now = new Date()
  return (
    <div class="table" tabIndex={0} role="region" aria-label={o.archive.table}>
      <table>
        <thead>
          <tr>
            {[o.address, o.archive.messages, o.archive.oldest, o.archive.newest].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ jid, messages, oldestAt, newestAt }) => (
            <tr key={jid}>
              <th scope="row">{jid}</th>
              <td>{messages.toLocaleString(locale)}</td>
              <td>{clockTime(new Date(oldestAt), now)}</td>
              <td>{clockTime(new Date(newestAt), now)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
