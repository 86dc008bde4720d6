/** When somebody was here: a bar for a day. Height and pattern tell the states apart, not the colour alone. */
import { dayAfter, SIGHTS, within, type Sight, type Span } from '../model/sightings.ts'
import { locale, w } from '../words/index.ts'

interface BarProps {
  readonly spans: readonly Span[]
  /** Its beginning. */
  readonly day: Date
  /** Whose it is, for people who do not see it. */
  readonly who: string
}
/** The bar is as wide as a day has minutes. */
const [WIDTH, HEIGHT] = [1440, 24]
/** The top of each state, from above. */
const TOPS: Readonly<Record<Sight, number>> = { here: 2, away: 10, doubt: 2, gone: 19 }
const SPANS_TOLD = 12
const HOURS = [6, 12, 18]

export function DayBar({ spans, day, who }: BarProps) {
  const [from, to] = [day.getTime(), dayAfter(day).getTime()]
  const shown = within(spans, from, to)
  const x = (at: number): number => ((at - from) / (to - from)) * WIDTH
  const words = w.seen.bar(who, dayWords(day), spanWords(shown))
  return (
    <svg class="day" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={words}>
      <title>{words}</title>
      {shown.map(({ from: begin, to: end, sight }) => (
        <rect
          key={begin}
          class={sight}
          x={x(begin).toFixed(1)}
          y={TOPS[sight]}
          width={Math.max(2, x(end) - x(begin)).toFixed(1)}
          height={22 - TOPS[sight]}
        />
      ))}
      {HOURS.map((hour) => (
        <line key={hour} x1={hour * 60} x2={hour * 60} y1={0} y2={HEIGHT} />
      ))}
    </svg>
  )
}

export const dayWords = (day: Date): string =>
  day.toDateString() === new Date().toDateString()
    ? w.seen.today
    : day.toLocaleDateString(locale, { weekday: 'short', day: 'numeric', month: 'short' })

const timeOf = (at: number): string => new Date(at).toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' })
function spanWords(spans: readonly Span[]): string {
  if (spans.length === 0) return w.seen.nothing
  const told = spans
    .slice(0, SPANS_TOLD)
    .map(({ from, to, sight }) => w.seen.span(w.seen.sights[sight], timeOf(from), timeOf(to)))
  const rest = spans.length - told.length
  return [...told, ...(rest === 0 ? [] : [w.seen.more(rest)])].join(', ')
}

/** The hours below the bars. */
export const Hours = () => (
  <div class="hours" aria-hidden="true">
    {[0, 6, 12, 18, 24].map((hour) => (
      <span key={hour}>{hour}</span>
    ))}
  </div>
)

export const Legend = () => (
  <ul class="legend">
    {SIGHTS.map((sight) => (
      <li key={sight}>
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <rect class={sight} x={0} y={TOPS[sight]} width={24} height={22 - TOPS[sight]} />
        </svg>
        {w.seen.sights[sight]}
      </li>
    ))}
    <li>
      <svg viewBox="0 0 24 24" aria-hidden="true" />
      {w.seen.blank}
    </li>
  </ul>
)
