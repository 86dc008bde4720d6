/** Live counts, and the last hour as small charts. */
import { certificateWords } from './certificate.ts'
import { insideWords } from './one-room.tsx'
import { Chart } from './chart.tsx'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { HistoryReport, StatusReport } from './reports.ts'
import type { Server } from './server.ts'
import { o } from './words.ts'

export function Overview({ server }: { readonly server: Server }) {
  const { result: status, trouble } = useOrder<StatusReport>(server, 'status')
  const { result: history, trouble: noHistory } = useOrder<HistoryReport>(server, 'history')
  if (status === null) return <Panel title={o.overview.title} trouble={trouble ?? o.overview.asking} />
  return (
    <Panel title={o.overview.title} trouble={trouble ?? noHistory}>
      <dl class="facts">
        <Fact name={o.overview.online} value={o.overview.onlineCount(status.online, status.sessions, status.paused)} />
        <Fact
          name={o.overview.accounts}
          value={status.domains.map((d) => o.overview.accountsAt(d.accounts, d.domain)).join(', ')}
        />
        <Fact
          name={o.overview.upFor}
          value={`${Math.floor(status.uptimeMs / 3_600_000)} h ${Math.floor(status.uptimeMs / 60_000) % 60} min`}
        />
        <Fact name={o.overview.memory} value={`${Math.round(status.memoryBytes / 1e6)} MB`} />
        {status.rooms !== null && (
          <Fact name={o.overview.rooms} value={o.overview.roomsCount(status.rooms.total, insideWords(status.rooms))} />
        )}
        <Fact name={o.overview.links} value={linkWords(status.links)} />
        <Fact name={o.overview.certificates} value={status.certificates.map(certificateWords).join('\n')} />
        <Fact name={o.overview.version} value={o.overview.versionOn(status.version, status.runtime)} />
        <Fact name={o.overview.listening} value={status.listening.map((l) => `${l.what} ${l.address}`).join('\n')} />
      </dl>
      <div class="charts">
        {history?.series.map((series) => (
          <Chart key={series.name} series={series} intervalMs={history.intervalMs} />
        ))}
      </div>
    </Panel>
  )
}

function linkWords({ total, up, suspect, down }: StatusReport['links']): string {
  return total === 0 ? o.overview.noLinks : o.overview.linkCounts(up, suspect, down, total)
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}
