/** Above a conversation in which a search has led to a line: the ways back. */
import type { Place } from '../model/place.ts'
import type { BoardSession } from '../session/board-session.ts'
import { w } from '../words/index.ts'

export const PlaceBar = ({ place, session }: { readonly place: Place; readonly session: BoardSession }) => (
  <p class="place-bar">
    <button class="small" onClick={() => session.openSheet({ kind: 'search', words: place.words })}>
      {w.search.back}
    </button>{' '}
    <button class="small" onClick={() => session.places.leave()}>
      {w.search.toNewest}
    </button>
  </p>
)
