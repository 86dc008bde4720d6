/** What has changed since yesterday: what has happened, what went wrong for the first time, and numbers as they were. */
import { locale } from '../words/language.ts'
import { ago, clockTime } from '../model/words.ts'
import { sizeWords } from '../model/shared-file.ts'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { ChangesReport, TroubleReport } from './reports.ts'
import type { Server } from './server.ts'
import { metricWords, o } from './words.ts'

interface Event {
  readonly at: number
  readonly words: string
}

export function Changes({ server }: { readonly server: Server }) {
  const { result, trouble } = useOrder<ChangesReport>(server, 'changes')
  const { result: troubles, trouble: noTroubles } = useOrder<readonly TroubleReport[]>(server, 'troubles')
  const now = new Date()
  return (
    <Panel title={o.changes.title} trouble={trouble ?? noTroubles}>
      {result !== null && (
        <>
          <p class="more">{o.changes.since(clockTime(new Date(result.since), now))}</p>
          <ul class="troubles">
            {eventsOf(result, troubles ?? []).map(({ at, words }) => (
              <li key={`${at} ${words}`}>
                {words} <span class="more">{ago(new Date(at), now)}</span>
              </li>
            ))}
          </ul>
          {result.leftOut > 0 && <p>{o.changes.leftOut(result.leftOut)}</p>}
          <Numbers numbers={result.numbers} />
        </>
      )}
    </Panel>
  )
}

/** The newest first. */
function eventsOf({ events, since }: ChangesReport, troubles: readonly TroubleReport[]): readonly Event[] {
  const first = troubles.filter(({ firstAt }) => firstAt >= since)
  return [
    ...events.map(({ at, kind, about }) => ({ at, words: `${o.changes.events[kind]} ${about}`.trim() })),
    ...first.map(({ firstAt, message }) => ({ at: firstAt, words: `${o.changes.trouble} ${message}` })),
  ].sort((a, b) => b.at - a.at)
}

function Numbers({ numbers }: Pick<ChangesReport, 'numbers'>) {
  return (
    <div class="table" tabIndex={0} role="region" aria-label={o.changes.table}>
      <table>
        <thead>
          <tr>
            {[o.changes.number, o.changes.before, o.changes.now].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {numbers.map(({ name, help, grows, before, now }) => (
            <tr key={name}>
              <th scope="row">{metricWords(name, help)}</th>
              <td>{grows ? '' : numberWords(name, before)}</td>
              <td>{grows ? o.changes.grown(numberWords(name, now)) : numberWords(name, now)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
const numberWords = (name: string, value: number): string =>
  name.endsWith('_octets') ? sizeWords(value, locale) : value.toLocaleString(locale)
