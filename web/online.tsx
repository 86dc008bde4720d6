/** The program of the board and of the wall, behind the form to sign in. */
import { SIGNED_OUT, type Board } from './model/board.ts'
import { Store } from './model/store.ts'
import { wallWish } from './model/wall.ts'
import { BoardSession } from './session/board-session.ts'
import { App } from './view/app.tsx'
import type { Entrance } from './view/sign-in.tsx'
import { Wall } from './view/wall.tsx'

type Phase = 'out' | 'signing-in' | 'in'
interface Program {
  readonly session: Entrance
  readonly Page: () => preact.JSX.Element
}

/** @param tell where the person stands, and what is wrong, in words */
export function begin(isWall: boolean, tell: (phase: Phase, trouble: string | null) => void): Program {
  const store = new Store(SIGNED_OUT)
  store.listen(() => tell(phaseOf(store.value, isWall), store.value.trouble))
  const endpoint = new URL('xmpp-websocket', location.href.replace(/^http/, 'ws')).href
  const session = new BoardSession(store, endpoint)
  const comeBack = (): void => (isWall ? session.beWall() : session.comeBack())
  comeBack()
  addEventListener('pagehide', () => session.leave())
  // The page came from the browser's cache, for example after "back".
  addEventListener('pageshow', (event) => event.persisted && comeBack())
  document.addEventListener('visibilitychange', () => session.look(!document.hidden))
  const wish = wallWish(location.search)
  const Page = isWall ? () => <Wall store={store} session={session} wish={wish} /> : () => <App store={store} session={session} />
  return { session, Page }
}

/** A wall that loses the connection goes on showing what it knows. */
function phaseOf({ phase, me }: Board, isWall: boolean): Phase {
  if (isWall ? me !== null : phase === 'online' || phase === 'reconnecting') return 'in'
  return phase === 'signing-in' ? 'signing-in' : 'out'
}
