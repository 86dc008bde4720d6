/** The lists of other domains: those that are blocked, and those that alone are allowed. */
import { useGiving } from './giving.ts'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { DomainListReport } from './reports.ts'
import type { Server } from './server.ts'
import { o } from './words.ts'

interface Props {
  readonly server: Server
  readonly mayChange: boolean
}
const WORDS = o.domains.lists
type List = keyof typeof WORDS
const LISTS = Object.keys(WORDS) as readonly List[]

export function Domains({ server, mayChange }: Props) {
  const { result, trouble, refresh } = useOrder<DomainListReport>(server, 'domain.list')
  const { failure, give } = useGiving(server, refresh)
  const add = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const list = (event.submitter as HTMLButtonElement | null)?.value
    const domain = String(new FormData(form).get('listed')).trim()
    if ((await give('domain.change', { list, add: [domain], remove: [] })) !== null) form.reset()
  }
  const rows = LISTS.flatMap((list) => (result?.[list] ?? []).map((domain) => ({ list, domain })))
  return (
    <Panel title={o.domains.title} trouble={failure ?? trouble}>
      <p class="more">{o.domains.hint}</p>
      <ul class="users">
        {rows.map(({ list, domain }) => (
          <li key={`${list} ${domain}`}>
            <span>
              {domain} <span class="more">{WORDS[list].state}</span>
            </span>
            {mayChange && (
              <button
                aria-label={`${WORDS[list].remove}: ${domain}`}
                onClick={() => void give('domain.change', { list, add: [], remove: [domain] })}
              >
                {WORDS[list].remove}
              </button>
            )}
          </li>
        ))}
      </ul>
      {result !== null && rows.length === 0 && <p class="empty">{o.none}</p>}
      {mayChange && (
        <form class="row" onSubmit={(event) => void add(event)} aria-label={o.domains.form}>
          <label>
            {o.domains.domain}
            <input name="listed" required autocomplete="off" />
          </label>
          {LISTS.map((list) => (
            <button key={list} value={list}>
              {WORDS[list].add}
            </button>
          ))}
        </form>
      )}
    </Panel>
  )
}
