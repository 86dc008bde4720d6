/** The presence board: where the page begins. */
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
// Out of the browser's cache, as after a step back
addEventListener('pageshow', (event) => event.persisted && session.comeBack())
render(<App store={store} session={session} />, document.getElementById('board')!)
