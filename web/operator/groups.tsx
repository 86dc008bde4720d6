/** The operator's groups: make and delete them, put accounts in and take them out. */
import { useState } from 'preact/hooks'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { GroupReport, GroupRowReport } from './reports.ts'
import type { Server } from './server.ts'
import { o } from './words.ts'

interface Props {
  readonly server: Server
  readonly mayChange: boolean
}
/** Gives an order. Resolves to whether it was carried out. */
type Order = (command: string, args: Readonly<Record<string, unknown>>) => Promise<boolean>

export function Groups({ server, mayChange }: Props) {
  const { result, trouble, refresh } = useOrder<readonly GroupRowReport[]>(server, 'group.list')
  const [failure, setFailure] = useState<string | null>(null)
  const order: Order = async (command, args) => {
    const wrong = await server.order(command, args).then(
      () => null,
      (error: Error) => error.message,
    )
    setFailure(wrong)
    refresh()
    return wrong === null
  }
  const create = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    if (await order('group.create', { name: String(new FormData(form).get('group')), jids: [] })) form.reset()
  }
  return (
    <Panel title={o.groups.title} trouble={failure ?? trouble}>
      <p class="more">{o.groups.hint}</p>
      {mayChange && (
        <form class="row" onSubmit={(event) => void create(event)} aria-label={o.groups.newGroup}>
          <label>
            {o.groups.name}
            <input name="group" required maxLength={100} autocomplete="off" />
          </label>
          <button class="main">{o.groups.make}</button>
        </form>
      )}
      <ul class="users groups">
        {result?.map(({ name, members }) => (
          <li key={name}>
            <span>
              {name} <span class="more">{o.groups.memberCount(members)}</span>
            </span>
            <details>
              <summary aria-label={o.groups.membersOf(name)}>{o.groups.members}</summary>
              <Members server={server} name={name} mayChange={mayChange} order={order} />
            </details>
          </li>
        ))}
      </ul>
      {result?.length === 0 && <p class="empty">{o.none}</p>}
    </Panel>
  )
}

function Members({ server, name, mayChange, order }: Props & { readonly name: string; readonly order: Order }) {
  const { result, trouble, refresh } = useOrder<GroupReport>(server, 'group.show', { name })
  const [sure, setSure] = useState(false)
  const change = async (command: string, jid: string): Promise<boolean> => {
    const isDone = await order(command, { name, jids: [jid] })
    refresh()
    return isDone
  }
  const add = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    if (await change('group.add', String(new FormData(form).get('member')).trim())) form.reset()
  }
  return (
    <>
      <p role="status" class="trouble">
        {trouble}
      </p>
      <ul>
        {result?.members.map((jid) => (
          <li key={jid}>
            {jid}{' '}
            {mayChange && (
              <button aria-label={o.groups.takeOutOf(jid)} onClick={() => void change('group.remove', jid)}>
                {o.groups.takeOut}
              </button>
            )}
          </li>
        ))}
      </ul>
      {mayChange && (
        <form class="row" onSubmit={(event) => void add(event)}>
          <label>
            {o.groups.member}
            <input name="member" required autocomplete="off" />
          </label>
          <button>{o.groups.putIn}</button>
        </form>
      )}
      {mayChange && !sure && (
        <button class="danger" onClick={() => setSure(true)}>
          {o.groups.delete}
        </button>
      )}
      {mayChange && sure && (
        <button class="danger" onClick={() => void order('group.delete', { name })}>
          {o.groups.sureToDelete(name)}
        </button>
      )}
    </>
  )
}
