/** The links to other servers: their state, since when, and the buttons to take them down and allow them again. */
import { useState } from 'preact/hooks'
import { ago } from '../model/words.ts'
import { inOrder, LinkPicture } from './link-picture.tsx'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { LinkReport } from './reports.ts'
import type { Server } from './server.ts'
import { o } from './words.ts'

export function Links({ server, mayChange }: { readonly server: Server; readonly mayChange: boolean }) {
  const { result, trouble: noList, refresh } = useOrder<readonly LinkReport[]>(server, 'link.list')
  const [trouble, setTrouble] = useState<string | null>(null)
  const order = async (command: string, local: string | null, remote: string): Promise<boolean> => {
    const failure = await server.order(command, { local, remote }).then(
      () => null,
      (error: Error) => error.message,
    )
    setTrouble(failure)
    refresh()
    return failure === null
  }
  const takeDown = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    if (await order('link.down', null, String(new FormData(form).get('domain')).trim())) form.reset()
  }
  const now = new Date()
  return (
    <Panel title={o.links.title} trouble={trouble ?? noList}>
      {result !== null && result.length > 0 && <LinkPicture links={result} />}
      <ul class="users">
        {inOrder(result ?? []).map((link) => (
          <li key={`${link.local} ${link.remote}`}>
            <span>
              {o.links.between(link.local, link.remote, o.links.states[link.state])}
              {link.forced && o.links.byOperator}
              {o.links.since(ago(new Date(link.since), now))}
              {link.announced && <span class="more"> {o.links.announced}</span>}
            </span>
            {mayChange && !link.forced && (
              <button onClick={() => void order('link.down', link.local, link.remote)}>{o.links.takeDown}</button>
            )}
            {mayChange && link.forced && (
              <button onClick={() => void order('link.up', link.local, link.remote)}>{o.links.letUp}</button>
            )}
          </li>
        ))}
      </ul>
      {result?.length === 0 && <p class="empty">{o.links.noneYet}</p>}
      {mayChange && (
        <form class="row" onSubmit={(event) => void takeDown(event)} aria-label={o.links.takeDownOf}>
          <label>
            {o.links.domain}
            <input name="domain" required autocomplete="off" />
          </label>
          <button>{o.links.takeDown}</button>
        </form>
      )}
    </Panel>
  )
}
