/** The programs that the interop tests drive: Debian packages, which `install.ts` installs where it can. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

export const CLIENTS = ['python3-slixmpp', 'poezio', 'profanity', 'tmux', 'chromium'] as const
/** With what Prosody finds other servers by. */
export const SERVERS = ['prosody', 'lua-unbound', 'ejabberd'] as const
export const PACKAGES = [...CLIENTS, ...SERVERS] as const

/** Debian's own: other Pythons do not see Debian's packages. */
export const PYTHON = '/usr/bin/python3'

export const EJABBERDCTL = '/usr/sbin/ejabberdctl'
export const PROSODY = '/usr/bin/prosody'
/** Of lua-unbound, for whichever Lua. */
const UNBOUND_PLACES = ['/usr/share/doc/lua-unbound']
const SLIXMPP_PLACES = ['/usr/lib/python3/dist-packages/slixmpp']

/** Why the client cannot be used here; false: it can. In the form that node:test wants for `skip`. */
export const slixmppMissing = (): string | false =>
  existsSync(PYTHON) && SLIXMPP_PLACES.some(existsSync) ? false : missing('python3-slixmpp')
export const tmuxMissing = (): string | false => (runs('tmux', '-V') ? false : missing('tmux'))
export const profanityMissing = (): string | false => (runs('profanity', '--version') ? tmuxMissing() : missing('profanity'))

export const poezioMissing = (): string | false => (runs('poezio', '--version') ? tmuxMissing() : missing('poezio'))

export const systemdMissing = (): string | false =>
  runs('systemd-notify', '--version') && runs('systemd-analyze', '--version') && existsSync(PYTHON) ? false : missing('systemd')

export const prosodyMissing = (): string | false =>
  existsSync(PROSODY) ? (UNBOUND_PLACES.some(existsSync) ? false : missing('lua-unbound')) : missing('prosody')
export const ejabberdMissing = (): string | false => (existsSync(EJABBERDCTL) ? false : missing('ejabberd'))

const missing = (name: string): string => `the Debian package ${name} is not installed; test/interop/install.ts says why`
const runs = (program: string, flag: string): boolean => spawnSync(program, [flag], { stdio: 'ignore' }).status === 0
