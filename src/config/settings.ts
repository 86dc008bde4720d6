/** Options of the server as a whole. */
import { flag, list, path, section, text, textLike } from '../base/settings.ts'

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

export const storageSettings = section({
  url: textLike(
    /^postgres(ql)?:\/\/(?![^/@]*:[^/@]*@)/,
    'the address of a PostgreSQL database without a password, such as "postgresql://porchlight@db.example.org/porchlight"',
    'PostgreSQL database (15 or later) that stores everything, such as "postgresql://porchlight@db.example.org/porchlight?sslmode=verify-full", or "postgresql://porchlight@localhost/porchlight?host=/run/postgresql" for a socket of this machine. One server uses it at a time. "": an SQLite file in the data directory.',
  ),
  password: text('', 'Password for that database, best written as "file:PATH". "": PostgreSQL does not ask for one.'),
})
