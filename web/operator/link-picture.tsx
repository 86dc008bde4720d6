/** A picture of the links to other servers: this server in the middle, those with troubles first, each with its state in words. */
import type { LinkReport } from './reports.ts'
import { o } from './words.ts'

const RANKS: Readonly<Record<LinkReport['state'], number>> = { down: 0, suspect: 1, up: 2, idle: 3 }
const WORDS = o.links.short
/** The most that are drawn. The list below has all. */
const DRAWN_MAX = 24
const [WIDTH, ROW, LEFT] = [640, 30, 200]

/** Broken links first, then by domain. */
export const inOrder = (links: readonly LinkReport[]): readonly LinkReport[] =>
  links.toSorted((a, b) => RANKS[a.state] - RANKS[b.state] || a.remote.localeCompare(b.remote) || a.local.localeCompare(b.local))

export function LinkPicture({ links }: { readonly links: readonly LinkReport[] }) {
  const drawn = inOrder(links).slice(0, DRAWN_MAX)
  const locals = [...new Set(drawn.map(({ local }) => local))]
  const height = Math.max(drawn.length, locals.length) * ROW
  const localY = (local: string): number => ((locals.indexOf(local) + 0.5) * height) / locals.length
  const count = (state: LinkReport['state']): number => links.filter((link) => link.state === state).length
  const words = (['down', 'suspect', 'up', 'idle'] as const).map((state) => `${count(state)} ${WORDS[state]}`).join(', ')
  return (
    <figure class="links">
      <figcaption>{o.links.drawn(words, links.length > DRAWN_MAX ? DRAWN_MAX : null)}</figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={o.links.picture(words)}>
        {locals.map((local) => (
          <text key={local} x={LEFT - 10} y={localY(local)} text-anchor="end" dominant-baseline="middle">
            {shortened(local)}
          </text>
        ))}
        {drawn.map((link, i) => {
          const y = (i + 0.5) * ROW
          const [x1, y1, x2] = [LEFT, localY(link.local), LEFT + 140]
          return (
            <g key={`${link.local} ${link.remote}`} class={`link ${link.state}`}>
              <line x1={x1} y1={y1} x2={x2} y2={y} />
              <Mark state={link.state} x={x2 + 10} y={y} />
              <text x={x2 + 26} y={y} dominant-baseline="middle">
                {shortened(link.remote)} – {WORDS[link.state]}
              </text>
            </g>
          )
        })}
      </svg>
    </figure>
  )
}
/** Each state has a shape of its own. */
function Mark({ state, x, y }: { readonly state: LinkReport['state']; readonly x: number; readonly y: number }) {
  if (state === 'up') return <circle cx={x} cy={y} r={6} />
  if (state === 'idle') return <circle class="hollow" cx={x} cy={y} r={5} />
  if (state === 'suspect') return <path d={`M${x} ${y - 8} l8 14 h-16 z`} />
  return <path class="cross" d={`M${x - 6} ${y - 6} l12 12 m0 -12 l-12 12`} />
}
const shortened = (domain: string): string => (domain.length > 34 ? `${domain.slice(0, 33)}…` : domain)
