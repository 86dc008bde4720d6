/** Options of the server as a whole. */
import { choice, flag, list, path, section, text, textLike } from '../base/settings.ts'

/** Options that belong together: presets.ts. */
export const PROFILES = ['none', 'fmn'] as const

export const serverSettings = section({
  'domains': list(['localhost'], 'Domains whose accounts this server has. The first one names the server.'),
  'data-directory': path(
    'data',
    'Directory for everything that the server stores: the database, the self-signed certificate, the control socket. It is created if it does not exist. A relative path starts at the directory of this file.',
  ),
  'profile': choice(
    PROFILES,
    'none',
    'Sets options for a server of a certain kind; what this file says of an option wins. "fmn": Federated Mission Networking. What a profile sets stands at the end of this page, and `porchlight check` prints it.',
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
    'PostgreSQL database (15 or later) that stores everything, such as "postgresql://porchlight@db.example.org/porchlight?sslmode=verify-full", or "postgresql://porchlight@localhost/porchlight?host=/run/postgresql" for a socket of this machine. One server at a time serves with it. "": an SQLite file in the data directory.',
  ),
  standby: flag(
    false,
    'Whether a server that finds another one on its PostgreSQL database waits until it can take over, instead of refusing to start. Both servers need it. The one that serves then stops when it cannot reach the database for 10 s: docs/several-servers.md.',
  ),
  files: path('', 'Folder for uploaded files. Empty: "files" in the data directory. It is created when the first file comes.'),
  password: text('', 'Password for that database, best written as "file:PATH". "": PostgreSQL does not ask for one.'),
})
