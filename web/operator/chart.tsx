/** One chart: a line over the last hour, with a scale, its unit, and the time. */
import { minutesBack, ticksUpTo } from '../model/axis.ts'
import { locale } from '../words/language.ts'
import type { SeriesReport } from './reports.ts'
import { metricWords, o } from './words.ts'

const [WIDTH, HEIGHT, LEFT, BELOW, ABOVE] = [300, 90, 44, 18, 8]

interface Props {
  readonly series: SeriesReport
  readonly intervalMs: number
}

export function Chart({ series: { name, help: inEnglish, perSecond, values }, intervalMs }: Props) {
  const help = metricWords(name, inEnglish)
  const ticks = ticksUpTo(Math.max(1, ...values), !perSecond)
  const top = ticks.at(-1)!
  const spanMs = Math.max(1, values.length - 1) * intervalMs
  const x = (i: number): number => (values.length < 2 ? 0 : (i / (values.length - 1)) * WIDTH)
  const y = (value: number): number => HEIGHT - (value / top) * HEIGHT
  const points = values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`)
  const unit = perSecond ? o.chart.perSecond : o.chart.level
  const words = o.chart.words(round(values.at(-1) ?? 0), unit, round(Math.max(0, ...values)))
  return (
    <figure>
      <figcaption>{o.chart.caption(help, unit)}</figcaption>
      <svg
        viewBox={`${-LEFT} ${-ABOVE} ${LEFT + WIDTH + 8} ${ABOVE + HEIGHT + BELOW}`}
        role="img"
        aria-label={`${help}: ${words}`}
      >
        {ticks.map((tick) => (
          <g key={tick}>
            <line class="grid" x1={0} x2={WIDTH} y1={y(tick)} y2={y(tick)} />
            <text x={-5} y={y(tick)} text-anchor="end" dominant-baseline="middle">
              {round(tick)}
            </text>
          </g>
        ))}
        {minutesBack(spanMs).map((minutes) => {
          const at = WIDTH - ((minutes * 60_000) / spanMs) * WIDTH
          return (
            <g key={`${minutes} min`}>
              <line class="grid" x1={at} x2={at} y1={HEIGHT} y2={HEIGHT + 4} />
              <text x={at} y={HEIGHT + 14} text-anchor="middle">
                {o.chart.minutes(minutes)}
              </text>
            </g>
          )
        })}
        <text x={WIDTH} y={HEIGHT + 14} text-anchor="end">
          {o.chart.now}
        </text>
        <polygon points={`0,${HEIGHT} ${points.join(' ')} ${x(values.length - 1).toFixed(1)},${HEIGHT}`} />
        <polyline points={points.join(' ')} />
      </svg>
      <p>{words}</p>
    </figure>
  )
}
const round = (value: number): string =>
  value < 10 ? String(Number(value.toFixed(2))) : Math.round(value).toLocaleString(locale)
