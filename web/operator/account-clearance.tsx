/** The clearance of one account (security labels), where the server has a policy: what is in force, and another one. */
import { useOrder } from './order.ts'
import type { ClearanceReport, LabelPolicyReport } from './reports.ts'
import type { Server } from './server.ts'
import type { UserOrdersProps } from './users.tsx'
import { o } from './words.ts'

interface Props {
  readonly server: Server
  readonly jid: string
  /** Null if this role may not give clearances. */
  readonly order: UserOrdersProps['order'] | null
}

/** Nothing without a policy. */
export function AccountClearance({ server, jid, order }: Props) {
  const { result: policy } = useOrder<LabelPolicyReport>(server, 'label.list')
  const { result, refresh } = useOrder<ClearanceReport>(server, 'clearance.show', { who: jid })
  if (policy === null || result === null) return null
  const words = o.account.clearance
  const account = { kind: 'account', subject: jid }
  const give = (event: SubmitEvent): void => {
    event.preventDefault()
    const clearance = String(new FormData(event.currentTarget as HTMLFormElement).get('clearance'))
    void order!('clearance.set', { ...account, clearance }, words.given(jid, clearance)).then(refresh)
  }
  const isOwn = result.sources.some(({ kind }) => kind === 'account')
  return (
    <section aria-label={words.title}>
      <h3>{words.title}</h3>
      <ul>
        {result.sources.map(({ kind, subject, clearance }) => (
          <li key={`${kind} ${subject}`}>{words.source(clearance ?? o.none, [kind, subject].join(' ').trim())}</li>
        ))}
      </ul>
      {order !== null && (
        <form class="row" onSubmit={give} aria-label={words.giveTo(jid)}>
          <label>
            {words.other}
            <select name="clearance">
              {policy.clearances.map(({ id }) => (
                <option key={id}>{id}</option>
              ))}
            </select>
          </label>
          <button>{words.give}</button>
          {isOwn && (
            <button type="button" onClick={() => void order('clearance.remove', account, words.taken(jid)).then(refresh)}>
              {words.take}
            </button>
          )}
        </form>
      )}
    </section>
  )
}
