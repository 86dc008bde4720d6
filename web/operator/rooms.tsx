/** The rooms: which there are, how many people are in each, what they cost; and one room by itself. */
import { hashOf, type Route } from '../model/route.ts'
import { Pager, show } from './navigation.tsx'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { RoomPageReport, RoomRowReport } from './reports.ts'
import { insideWords, OneRoom } from './one-room.tsx'
import type { Server } from './server.ts'

interface Props {
  readonly server: Server
  readonly mayChange: boolean
  readonly route: Route
}
const ROWS = 50

const ORDERS: readonly (readonly [string, string])[] = [
  ['', 'All, by address'],
  ['occupants', 'In memory, most occupants first'],
  ['doubted', 'In memory, most in doubt first'],
  ['sent', 'In memory, most stanzas first'],
]

export function Rooms(props: Props) {
  const { room } = props.route.options
  return room === undefined ? <List {...props} /> : <OneRoom key={room} {...props} room={room} />
}

function List({ server, route }: Props) {
  const { find = '', order = '', after = '' } = route.options
  const args = { find, after, order: order === '' ? 'address' : order, limit: ROWS }
  const { result, isCurrent, trouble } = useOrder<RoomPageReport>(server, 'room.list', args)
  return (
    <Panel title="Rooms" trouble={trouble}>
      <form class="row" role="search" onSubmit={(event) => event.preventDefault()}>
        <label>
          Address or name contains
          <input
            name="find"
            type="search"
            value={find}
            onInput={(event) => show(route, { find: event.currentTarget.value }, true)}
          />
        </label>
        <label>
          Order
          <select name="order" value={order} onChange={(event) => show(route, { order: event.currentTarget.value })}>
            {ORDERS.map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </label>
      </form>
      {result !== null && result.rooms.length > 0 && <Table rows={result.rooms} />}
      {result?.rooms.length === 0 && <p class="empty">None.</p>}
      <Pager route={route} next={isCurrent ? (result?.next ?? null) : null} />
    </Panel>
  )
}

function Table({ rows }: { readonly rows: readonly RoomRowReport[] }) {
  return (
    <div class="table" tabIndex={0} role="region" aria-label="Table of rooms">
      <table>
        <thead>
          <tr>
            {['Room', 'Name', 'Inside', 'Kind', 'Stanzas sent'].map((title) => (
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
              <td>{row.sent.toLocaleString('en')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function kindWords({ public: isPublic, persistent, locked }: RoomRowReport): string {
  if (locked) return 'waits for its configuration'
  return `${isPublic ? 'public' : 'hidden'}${persistent ? '' : ', temporary'}`
}
