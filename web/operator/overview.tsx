/** Live counts, and the last hour as small charts. */
import { counted } from '../model/words.ts'
import { certificateWords } from './certificate.ts'
import { insideWords } from './one-room.tsx'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { HistoryReport, SeriesReport, StatusReport } from './reports.ts'
import type { Server } from './server.ts'

export function Overview({ server }: { readonly server: Server }) {
  const { result: status, trouble } = useOrder<StatusReport>(server, 'status')
  const { result: history, trouble: noHistory } = useOrder<HistoryReport>(server, 'history')
  if (status === null) return <Panel title="How the server is" trouble={trouble ?? 'Asking the server…'} />
  return (
    <Panel title="How the server is" trouble={trouble ?? noHistory}>
      <dl class="facts">
        <Fact name="Online" value={`${counted(status.online, 'account')}, ${counted(status.sessions, 'session')}`} />
        <Fact name="Accounts" value={status.domains.map((d) => `${d.accounts} at ${d.domain}`).join(', ')} />
        <Fact
          name="Up for"
          value={`${Math.floor(status.uptimeMs / 3_600_000)} h ${Math.floor(status.uptimeMs / 60_000) % 60} min`}
        />
        <Fact name="Memory" value={`${Math.round(status.memoryBytes / 1e6)} MB`} />
        {status.rooms !== null && (
          <Fact name="Rooms" value={`${counted(status.rooms.total, 'room')}, ${insideWords(status.rooms)}`} />
        )}
        <Fact name="Links" value={linkWords(status.links)} />
        <Fact name="Certificates" value={status.certificates.map(certificateWords).join('\n')} />
        <Fact name="Version" value={`${status.version} on Node.js ${status.runtime}`} />
        <Fact name="Listening" value={status.listening.map((l) => `${l.what} ${l.address}`).join('\n')} />
      </dl>
      <div class="charts">
        {history?.series.map((series) => (
          <Chart key={series.name} series={series} />
        ))}
      </div>
    </Panel>
  )
}

function linkWords({ total, up, suspect, down }: StatusReport['links']): string {
  return total === 0 ? 'none to other servers' : `${up} up, ${suspect} suspect, ${down} down, of ${total}`
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

const [WIDTH, HEIGHT] = [240, 60]

function Chart({ series: { help, perSecond, values } }: { readonly series: SeriesReport }) {
  const most = Math.max(1, ...values)
  const x = (i: number): number => (values.length < 2 ? 0 : (i / (values.length - 1)) * WIDTH)
  const points = values.map((value, i) => `${x(i).toFixed(1)},${(HEIGHT - (value / most) * HEIGHT).toFixed(1)}`)
  const unit = perSecond ? ' a second' : ''
  const now = values.at(-1) ?? 0
  return (
    <figure>
      <figcaption>
        {help}
        {unit}
      </figcaption>
      <svg viewBox={`0 -2 ${WIDTH} ${HEIGHT + 4}`} role="img" aria-label={`now ${round(now)}${unit}, at most ${round(most)}`}>
        <polygon points={`0,${HEIGHT} ${points.join(' ')} ${x(values.length - 1).toFixed(1)},${HEIGHT}`} />
        <polyline points={points.join(' ')} />
      </svg>
      <p>
        now {round(now)}, at most {round(most)}
      </p>
    </figure>
  )
}
const round = (value: number): string =>
  value < 10 ? value.toFixed(1).replace('.0', '') : Math.round(value).toLocaleString('en')
