/** The dot: a shape and words for each state, so that colour is never the only sign. */
import type { Dot } from '../model/presence.ts'
import { DOT_MEANING, DOT_WORDS } from '../model/words.ts'

export function DotMark({ dot }: { readonly dot: Dot }) {
  return <span class={`dot ${dot}`} aria-hidden="true" />
}
export function DotWithWords({ dot }: { readonly dot: Dot }) {
  return (
    <span class="state" title={DOT_MEANING[dot]}>
      <DotMark dot={dot} />
      {DOT_WORDS[dot]}
    </span>
  )
}
