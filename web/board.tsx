/** The presence board: where the page begins. */
import { render } from 'preact'
import { SIGNED_OUT } from './model/board.ts'
import { Store } from './model/store.ts'
import { BoardSession } from './session/board-session.ts'
import { App } from './view/app.tsx'

const store = new Store(SIGNED_OUT)
const endpoint = new URL('xmpp-websocket', location.href.replace(/^http/, 'ws')).href
render(<App store={store} session={new BoardSession(store, endpoint)} />, document.getElementById('board')!)
