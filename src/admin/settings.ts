/** Options of the parts that the operator works with. */
import { between, choice, count, list, path, section, type Settings } from '../base/settings.ts'

export const logSettings = section({
  level: choice(
    ['debug', 'info', 'warn', 'error'],
    'info',
    'The lowest level that is written. "debug" may show what users write; no other level does.',
  ),
  format: choice(
    ['auto', 'text', 'json'],
    'auto',
    'Format of the log, which goes to standard error. "auto": text on a terminal, JSON elsewhere.',
  ),
})
export type LogSettings = Settings<typeof logSettings>

export const adminSettings = section({
  'control-socket': path(
    '',
    'Path of the socket on which the server takes commands from `porchlight user`, `status` and so on. Only the user that runs the server may open it. Empty: control.sock in the data directory.',
  ),
  'monitoring-hosts': list(
    [],
    'Host names under which /health and /metrics are answered, in addition to addresses, names without a dot, and the domains of the server. Requests for any other name are refused with 421, because a foreign web page could make its own name point here.',
  ),
  'page': count(1000, between(1, 10_000), 'Accounts that `porchlight user list` reads at a time.'),
})
