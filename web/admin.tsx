/** The entry point of the operator's view. The ticket of `porchlight admin` is in the address, after the #. */
import { render } from 'preact'
import { isRoute } from './model/route.ts'
import { Server } from './operator/server.ts'
import { OperatorApp } from './operator/app.tsx'
import { language } from './words/language.ts'

document.documentElement.lang = language
const ticket = isRoute(location.hash) ? '' : location.hash.slice(1)
if (ticket !== '') history.replaceState(null, '', location.pathname)
render(<OperatorApp server={new Server()} ticket={ticket} />, document.getElementById('operator')!)
