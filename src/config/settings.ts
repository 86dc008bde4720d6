/** Options of the server as a whole. */
import { flag, list, path, section } from '../base/settings.ts'

export const serverSettings = section({
  'domains': list(['localhost'], 'Domains whose accounts are here. The first one names the server.'),
  'data-directory': path(
    'data',
    'Directory of everything that the server keeps: the database, the self-signed certificate, the control socket. Made if it is not there. Relative to the directory of this file.',
  ),
  'fresh': flag(
    false,
    'Whether the database is in memory only: the server starts without accounts and forgets them when it stops. For tests.',
  ),
})
