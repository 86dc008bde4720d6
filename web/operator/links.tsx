/** The links to other servers: their state, since when, and the operator's hand on them. */
import { ago } from '../model/words.ts'
import { useOrder } from './app.tsx'
import type { LinkReport } from './reports.ts'
import type { Server } from './server.ts'

const STATE_WORDS: Readonly<Record<LinkReport['state'], string>> = {
  idle: 'idle: not needed at present',
  up: 'up',
  suspect: 'suspect: it broke, and is being tried again',
  down: 'down',
}

export function Links({ server, mayChange }: { readonly server: Server; readonly mayChange: boolean }) {
  const { result, refresh } = useOrder<readonly LinkReport[]>(server, 'link.list')
  const order = (command: string, { local, remote }: LinkReport): void =>
    void server.order(command, { local, remote }).then(refresh, refresh)
  const now = new Date()
  return (
    <section aria-label="Links to other servers">
      <h2>Links to other servers</h2>
      <ul class="users">
        {result?.map((link) => (
          <li key={`${link.local} ${link.remote}`}>
            <span>
              {link.local} and {link.remote}: {STATE_WORDS[link.state]}
              {link.forced && ', by an operator'}, since {ago(new Date(link.since), now)}
              {link.announced && <span class="more"> users have been told that it is lost</span>}
            </span>
            {mayChange && !link.forced && <button onClick={() => order('link.down', link)}>Take down</button>}
            {mayChange && link.forced && <button onClick={() => order('link.up', link)}>Let up again</button>}
          </li>
        ))}
      </ul>
      {result?.length === 0 && <p class="empty">None yet.</p>}
    </section>
  )
}
