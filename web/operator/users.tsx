/** The accounts: add, change the password, disable and enable, delete. */
import { useState } from 'preact/hooks'
import type { Route } from '../model/route.ts'
import { ago } from '../model/words.ts'
import { Pager, show } from './navigation.tsx'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { StatusReport, UserReport } from './reports.ts'
import type { Server } from './server.ts'

interface Page {
  readonly users: readonly UserReport[]
  readonly next: string | null
}
interface Props {
  readonly server: Server
  readonly mayChange: boolean
  readonly route: Route
}
const ROWS = 50

export function Users(props: Props) {
  const { result: status, trouble } = useOrder<StatusReport>(props.server, 'status')
  const domains = status?.domains.map(({ domain }) => domain) ?? []
  const { domain = domains[0], from = '' } = props.route.options
  const choose = (change: Readonly<Record<string, string>>, asIs = false): void => show(props.route, change, asIs)
  return (
    <Panel title="Accounts" trouble={trouble}>
      <form class="row" role="search" onSubmit={(event) => event.preventDefault()}>
        {domains.length > 1 && (
          <label>
            Domain
            <select value={domain ?? ''} onChange={(event) => choose({ domain: event.currentTarget.value })}>
              {domains.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        )}
        <label>
          From this name on
          <input name="from" type="search" value={from} onInput={(event) => choose({ from: event.currentTarget.value }, true)} />
        </label>
      </form>
      {domain !== undefined && <Domain key={domain} {...props} domain={domain} />}
    </Panel>
  )
}

function Domain({ domain, server, mayChange, route }: Props & { readonly domain: string }) {
  const { from = '', after = '' } = route.options
  const [words, setWords] = useState<string | null>(null)
  const args = { domain, after: after === '' ? from.toLowerCase() : after, limit: ROWS }
  const { result, isCurrent, trouble, refresh } = useOrder<Page>(server, 'user.list', args)
  const order = async (command: string, args: Readonly<Record<string, unknown>>, done: string): Promise<boolean> => {
    const failure = await server.order(command, args).then(
      () => null,
      (error: Error) => error.message,
    )
    setWords(failure ?? done)
    refresh()
    return failure === null
  }
  const add = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const data = new FormData(form)
    const jid = `${String(data.get('name')).trim()}@${domain}`
    if (await order('user.add', { jid, password: String(data.get('password')) }, `${jid} is there.`)) form.reset()
  }
  return (
    <div>
      <h3>{domain}</h3>
      <p role="status" class="trouble">
        {trouble}
      </p>
      <p role="status">{words}</p>
      {mayChange && (
        <form class="row" onSubmit={(event) => void add(event)} aria-label={`A new account at ${domain}`}>
          <label>
            Name
            <input name="name" required autocomplete="off" />
          </label>
          <label>
            Password
            <input name="password" type="password" required autocomplete="new-password" />
          </label>
          <button class="main">Add</button>
        </form>
      )}
      <ul class="users">
        {result?.users.map((user) => (
          <li key={user.jid}>
            <span>
              {user.jid} <span class="more">{standing(user)}</span>
            </span>
            {mayChange && <UserOrders user={user} order={order} />}
          </li>
        ))}
      </ul>
      {result?.users.length === 0 && <p class="empty">None.</p>}
      <Pager route={route} next={isCurrent ? (result?.next ?? null) : null} />
    </div>
  )
}

function standing({ sessions, disabled }: UserReport): string {
  if (disabled === null) return sessions === 0 ? 'not connected' : `${sessions} connected`
  return `disabled ${ago(new Date(disabled.at), new Date())}${disabled.reason === '' ? '' : `: ${disabled.reason}`}`
}

interface UserOrdersProps {
  readonly user: UserReport
  /** Gives an order and shows the result. Resolves to whether the order was carried out. */
  readonly order: (command: string, args: Readonly<Record<string, unknown>>, done: string) => Promise<boolean>
}

function UserOrders({ user, order }: UserOrdersProps) {
  const { jid } = user
  const [sure, setSure] = useState(false)
  const reset = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const password = String(new FormData(form).get('password'))
    if (await order('user.passwd', { jid, password }, `${jid} has a new password.`)) form.reset()
  }
  return (
    <details>
      <summary aria-label={`Change ${jid}`}>Change</summary>
      <form class="row" onSubmit={(event) => void reset(event)}>
        <label>
          New password
          <input name="password" type="password" required autocomplete="new-password" />
        </label>
        <button>Set</button>
      </form>
      <Standing user={user} order={order} />
      <button onClick={() => void order('user.sign-out', { jid, device: null }, `All devices of ${jid} are signed out.`)}>
        Sign out all devices
      </button>
      {sure ? (
        <button class="danger" onClick={() => void order('user.delete', { jid }, `${jid} is deleted.`)}>
          Yes, delete {jid} with its contacts
        </button>
      ) : (
        <button class="danger" onClick={() => setSure(true)}>
          Delete
        </button>
      )}
    </details>
  )
}

function Standing({ user: { jid, disabled }, order }: UserOrdersProps) {
  if (disabled !== null)
    return <button onClick={() => void order('user.enable', { jid }, `${jid} can log in again.`)}>Enable</button>
  const disable = (event: SubmitEvent): void => {
    event.preventDefault()
    const reason = String(new FormData(event.currentTarget as HTMLFormElement).get('reason'))
    void order('user.disable', { jid, reason }, `${jid} is disabled.`)
  }
  return (
    <form class="row" onSubmit={disable}>
      <label>
        Reason, which they are told
        <input name="reason" maxLength={200} autocomplete="off" />
      </label>
      <button>Disable</button>
    </form>
  )
}
