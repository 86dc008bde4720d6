/** Options of what the operator looks at and works with. */
import { between, choice, count, list, path, section, type Settings } from '../base/settings.ts'

export const logSettings = section({
  level: choice(
    ['debug', 'info', 'warn', 'error'],
    'info',
    'The least that is written. "debug" may show what users write; no other level does.',
  ),
  format: choice(
    ['auto', 'text', 'json'],
    'auto',
    'Lines for people or for programs. "auto": text on a terminal, JSON elsewhere. Written to standard error.',
  ),
})
export type LogSettings = Settings<typeof logSettings>

export const adminSettings = section({
  'control-socket': path(
    '',
    'Path of the socket on which the server takes orders from `porchlight user`, `status` and the like. Only the user that runs the server may open it. Empty: control.sock in the data directory.',
  ),
  'monitoring-hosts': list(
    [],
    'Names under which /health and /metrics are asked for, beside addresses, names without a dot, and the domains of the server. Under any other name they are refused with 421: a page of somebody else could have it lead here.',
  ),
  'page': count(1000, between(1, 10_000), 'Accounts that `porchlight user list` reads at a time.'),
})
