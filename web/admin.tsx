/** The operator's view: where the page begins. The ticket of `porchlight admin` stands behind the # of its address. */
import { render } from 'preact'
import { isRoute } from './model/route.ts'
import { Server } from './operator/server.ts'
import { OperatorApp } from './operator/app.tsx'

const ticket = isRoute(location.hash) ? '' : location.hash.slice(1)
if (ticket !== '') history.replaceState(null, '', location.pathname)
render(<OperatorApp server={new Server()} ticket={ticket} />, document.getElementById('operator')!)
