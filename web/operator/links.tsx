/** The links to other servers: their state, since when, and the buttons to take them down and allow them again. */
import { useState } from 'preact/hooks'
import { ago } from '../model/words.ts'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { LinkReport } from './reports.ts'
import type { Server } from './server.ts'

const STATE_WORDS: Readonly<Record<LinkReport['state'], string>> = {
  idle: 'idle: not needed at present',
  up: 'up',
  suspect: 'suspect: it broke, and is being tried again',
  down: 'down',
}

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
    <Panel title="Links to other servers" trouble={trouble ?? noList}>
      <ul class="users">
        {result?.map((link) => (
          <li key={`${link.local} ${link.remote}`}>
            <span>
              {link.local} and {link.remote}: {STATE_WORDS[link.state]}
              {link.forced && ', by an operator'}, since {ago(new Date(link.since), now)}
              {link.announced && <span class="more"> users have been told that it is lost</span>}
            </span>
            {mayChange && !link.forced && (
              <button onClick={() => void order('link.down', link.local, link.remote)}>Take down</button>
            )}
            {mayChange && link.forced && (
              <button onClick={() => void order('link.up', link.local, link.remote)}>Let up again</button>
            )}
          </li>
        ))}
      </ul>
      {result?.length === 0 && <p class="empty">None yet.</p>}
      {mayChange && (
        <form class="row" onSubmit={(event) => void takeDown(event)} aria-label="Take the link to a domain down">
          <label>
            Domain to talk to no more
            <input name="domain" required autocomplete="off" />
          </label>
          <button>Take down</button>
        </form>
      )}
    </Panel>
  )
}
