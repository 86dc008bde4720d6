/** Options of the server as a whole. */
import { flag, list, path, section } from '../base/settings.ts'

export const serverSettings = section({
  'domains': list(['localhost'], 'Domains whose accounts this server has. The first one names the server.'),
  'data-directory': path(
    'data',
    'Directory for everything that the server stores: the database, the self-signed certificate, the control socket. It is created if it does not exist. A relative path starts at the directory of this file.',
  ),
  'fresh': flag(
    false,
    'Whether the database is in memory only. The server then starts without accounts and forgets them when it stops. For tests.',
  ),
})
