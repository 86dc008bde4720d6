/** The operator's view: where the page begins. The ticket of `porchlight admin` stands behind the # of its address. */
import { render } from 'preact'
import { Server } from './operator/server.ts'
import { OperatorApp } from './operator/app.tsx'

const ticket = location.hash.slice(1)
history.replaceState(null, '', location.pathname)
render(<OperatorApp server={new Server()} ticket={ticket} />, document.getElementById('operator')!)
