/** The rooms: which there are, how many people are in each, what they cost; and one room by itself. */
import { hashOf, type Route } from '../model/route.ts'
import { locale } from '../words/language.ts'
import { Filter, Find, Select } from './filter.tsx'
import { Pager } from './navigation.tsx'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { RoomPageReport, RoomRowReport } from './reports.ts'
import { insideWords, OneRoom } from './one-room.tsx'
import type { Server } from './server.ts'
import { o } from './words.ts'

interface Props {
  readonly server: Server
  readonly mayChange: boolean
  readonly route: Route
}
const ROWS = 50

const { address, ...others } = o.rooms.orders
const ORDERS: readonly (readonly [string, string])[] = [['', address], ...Object.entries(others)]

export function Rooms(props: Props) {
  const { room } = props.route.options
  return room === undefined ? <List {...props} /> : <OneRoom key={room} {...props} room={room} />
}

function List({ server, route }: Props) {
  const { find = '', order = '', after = '' } = route.options
  const args = { find, after, order: order === '' ? 'address' : order, limit: ROWS }
  const { result, isCurrent, trouble } = useOrder<RoomPageReport>(server, 'room.list', args)
  return (
    <Panel title={o.rooms.title} trouble={trouble}>
      <Filter>
        <Find route={route} label={o.rooms.find} name="find" />
        <Select route={route} label={o.order} name="order" choices={ORDERS} />
      </Filter>
      {result !== null && result.rooms.length > 0 && <Table rows={result.rooms} />}
      {result?.rooms.length === 0 && <p class="empty">{o.none}</p>}
      <Pager route={route} next={isCurrent ? (result?.next ?? null) : null} />
    </Panel>
  )
}

function Table({ rows }: { readonly rows: readonly RoomRowReport[] }) {
  return (
    <div class="table" tabIndex={0} role="region" aria-label={o.rooms.table}>
      <table>
        <thead>
          <tr>
            {o.rooms.columns.map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.jid}>
              <th scope="row">
                <a href={hashOf({ page: 'rooms', options: { room: row.jid } })}>{row.jid}</a>
              </th>
              <td>{row.name === '' ? '–' : row.name}</td>
              <td>{insideWords(row)}</td>
              <td>{kindWords(row)}</td>
              <td>{row.sent.toLocaleString(locale)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function kindWords({ public: isPublic, persistent, locked }: RoomRowReport): string {
  if (locked) return o.rooms.locked
  return o.rooms.kind(isPublic, persistent)
}
