/** What people have answered to a message by a sign (XEP-0444), and who. */
import { w } from '../words/index.ts'

interface Props {
  /** Each sign, and who has given it. */
  readonly all: readonly (readonly [sign: string, who: string])[]
}
export function Reactions({ all }: Props) {
  if (all.length === 0) return null
  const signs = [...Map.groupBy(all, ([sign]) => sign)].map(([sign, given]) => ({ sign, who: given.map(([, who]) => who) }))
  return (
    <ul class="reactions" aria-label={w.chat.reactions}>
      {signs.map(({ sign, who }) => (
        <li key={sign} title={who.join(', ')}>
          {sign}
          {who.length > 1 && ` ${who.length}`}
          <span class="unseen"> {who.join(', ')}</span>
        </li>
      ))}
    </ul>
  )
}
