/** What needs the operator's attention, each with a link to the page that has more. */
import { hashOf, type Route } from '../model/route.ts'
import { certificateWords } from './certificate.ts'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { LoginFailureReport, SessionPageReport, StatusReport, TroubleReport } from './reports.ts'
import type { Server } from './server.ts'
import { o } from './words.ts'

interface Need {
  readonly words: string
  readonly route: Route
}
const SOON_MS = 14 * 86_400_000

export function Attention({ server }: { readonly server: Server }) {
  const status = useOrder<StatusReport>(server, 'status')
  const troubles = useOrder<readonly TroubleReport[]>(server, 'troubles')
  const failures = useOrder<readonly LoginFailureReport[]>(server, 'login.failures')
  const paused = useOrder<SessionPageReport>(server, 'session.list', { find: '', after: '', state: 'paused', limit: 1 })
  const outcomes = [status, troubles, failures, paused]
  const trouble = outcomes.find((outcome) => outcome.trouble !== null)?.trouble ?? null
  const needs: readonly Need[] = [
    ...(troubles.result ?? []).slice(0, 3).map(({ message, count, level }) => ({
      words: o.attention.trouble(level === 'error' ? o.attention.error : o.attention.warning, message, count),
      route: { page: 'troubles', options: {} } as const,
    })),
    ...needsOf(status.result),
    ...need(
      failures.result?.reduce((sum, { count }) => sum + count, 0),
      o.attention.failures,
      { page: 'troubles', options: {} },
    ),
    ...need(status.result?.rooms?.doubted, o.attention.doubted, { page: 'rooms', options: { order: 'doubted' } }),
    ...need(paused.result?.counts.paused, o.attention.paused, { page: 'sessions', options: { state: 'paused' } }),
  ]
  const isKnown = outcomes.every(({ result }) => result !== null)
  return (
    <Panel title={o.attention.title} trouble={trouble}>
      <ul class="troubles">
        {needs.map(({ words, route }) => (
          <li key={words}>
            <a href={hashOf(route)}>{words}</a>
          </li>
        ))}
      </ul>
      {isKnown && needs.length === 0 && <p class="empty">{o.attention.nothing}</p>}
    </Panel>
  )
}

function needsOf(status: StatusReport | null): readonly Need[] {
  if (status === null) return []
  const { links, certificates } = status
  const broken = links.down + links.suspect
  const ending = certificates.filter(({ expiresAt }) => expiresAt - Date.now() < SOON_MS)
  return [
    ...ending.map((certificate) => ({
      words: o.attention.certificate(certificateWords(certificate)),
      route: { page: 'overview', options: {} } as const,
    })),
    ...need(broken, o.attention.links, { page: 'links', options: {} }),
  ]
}
const need = (n: number | undefined, words: (n: number) => string, route: Route): readonly Need[] =>
  n === undefined || n === 0 ? [] : [{ words: words(n), route }]
