/** The accounts of a domain: add one, and what can be done with each. */
import { useState } from 'preact/hooks'
import { hashOf, type Route } from '../model/route.ts'
import { ago } from '../model/words.ts'
import { Filter, Find, Select } from './filter.tsx'
import { Pager } from './navigation.tsx'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { StatusReport, UserReport } from './reports.ts'
import type { Server } from './server.ts'
import { o } from './words.ts'

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
  const { domain = domains[0] } = props.route.options
  return (
    <Panel title={o.accounts.title} trouble={trouble}>
      <Filter>
        {domains.length > 1 && (
          <Select
            route={props.route}
            label={o.accounts.domain}
            name="domain"
            choices={domains.map((name) => [name, name])}
            usual={domain!}
          />
        )}
        <Find route={props.route} label={o.accounts.from} name="from" />
      </Filter>
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
    if (await order('user.add', { jid, password: String(data.get('password')) }, o.accounts.added(jid))) form.reset()
  }
  return (
    <div>
      <h3>{domain}</h3>
      <p role="status" class="trouble">
        {trouble}
      </p>
      <p role="status">{words}</p>
      {mayChange && (
        <form class="row" onSubmit={(event) => void add(event)} aria-label={o.accounts.newAt(domain)}>
          <label>
            {o.accounts.name}
            <input name="name" required autocomplete="off" />
          </label>
          <label>
            {o.accounts.password}
            <input name="password" type="password" required autocomplete="new-password" />
          </label>
          <button class="main">{o.accounts.add}</button>
        </form>
      )}
      <ul class="users">
        {result?.users.map((user) => (
          <li key={user.jid}>
            <span>
              <a href={hashOf({ page: 'accounts', options: { jid: user.jid } })}>{user.jid}</a>{' '}
              <span class="more">{standing(user)}</span>
            </span>
            {mayChange && <UserOrders user={user} order={order} />}
          </li>
        ))}
      </ul>
      {result?.users.length === 0 && <p class="empty">{o.none}</p>}
      <Pager route={route} next={isCurrent ? (result?.next ?? null) : null} />
    </div>
  )
}

export function standing({ sessions, paused, disabled }: Pick<UserReport, 'sessions' | 'paused' | 'disabled'>): string {
  if (disabled === null) return sessions === 0 ? o.accounts.notConnected : o.accounts.connected(sessions - paused, paused)
  return o.accounts.disabledSince(ago(new Date(disabled.at), new Date()), disabled.reason)
}

export interface UserOrdersProps {
  readonly user: Pick<UserReport, 'jid' | 'disabled'>
  /** Gives an order and shows the result. Resolves to whether the order was carried out. */
  readonly order: (command: string, args: Readonly<Record<string, unknown>>, done: string) => Promise<boolean>
}

export function UserOrders({ user, order }: UserOrdersProps) {
  const { jid } = user
  const [sure, setSure] = useState(false)
  const reset = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const password = String(new FormData(form).get('password'))
    if (await order('user.passwd', { jid, password }, o.accounts.passwordSet(jid))) form.reset()
  }
  return (
    <details>
      <summary aria-label={o.accounts.changeOf(jid)}>{o.accounts.change}</summary>
      <form class="row" onSubmit={(event) => void reset(event)}>
        <label>
          {o.accounts.newPassword}
          <input name="password" type="password" required autocomplete="new-password" />
        </label>
        <button>{o.accounts.set}</button>
      </form>
      <Standing user={user} order={order} />
      <button onClick={() => void order('user.sign-out', { jid, device: null }, o.accounts.signedOut(jid))}>
        {o.accounts.signOut}
      </button>
      {sure ? (
        <button class="danger" onClick={() => void order('user.delete', { jid }, o.accounts.deleted(jid))}>
          {o.accounts.sureToDelete(jid)}
        </button>
      ) : (
        <button class="danger" onClick={() => setSure(true)}>
          {o.accounts.delete}
        </button>
      )}
    </details>
  )
}

function Standing({ user: { jid, disabled }, order }: UserOrdersProps) {
  if (disabled !== null)
    return <button onClick={() => void order('user.enable', { jid }, o.accounts.enabled(jid))}>{o.accounts.enable}</button>
  const disable = (event: SubmitEvent): void => {
    event.preventDefault()
    const reason = String(new FormData(event.currentTarget as HTMLFormElement).get('reason'))
    void order('user.disable', { jid, reason }, o.accounts.disabled(jid))
  }
  return (
    <form class="row" onSubmit={disable}>
      <label>
        {o.reasonTold}
        <input name="reason" maxLength={200} autocomplete="off" />
      </label>
      <button>{o.accounts.disable}</button>
    </form>
  )
}
