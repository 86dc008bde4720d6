/** The entry point of the presence board. */
import { render } from 'preact'
import { SIGNED_OUT } from './model/board.ts'
import { Store } from './model/store.ts'
import { BoardSession } from './session/board-session.ts'
import { App } from './view/app.tsx'

const store = new Store(SIGNED_OUT)
const endpoint = new URL('xmpp-websocket', location.href.replace(/^http/, 'ws')).href
const session = new BoardSession(store, endpoint)
session.comeBack()
addEventListener('pagehide', () => session.leave())
// The page came from the browser's cache, for example after "back".
addEventListener('pageshow', (event) => event.persisted && session.comeBack())
document.addEventListener('visibilitychange', () => session.look(!document.hidden))
render(<App store={store} session={session} />, document.getElementById('board')!)
