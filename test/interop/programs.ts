/** The programs that the interop tests drive: Debian packages, which `install.ts` installs where it can. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

export const CLIENTS = [
  'python3-slixmpp',
  'python3-nbxmpp',
  'python3-matrix-nio',
  'poezio',
  'profanity',
  'tmux',
  'chromium',
  'dino-im',
  'gajim',
  'xvfb',
] as const
/** With what Prosody finds other servers by. */
export const SERVERS = ['prosody', 'lua-unbound', 'ejabberd'] as const
/** With what XML is held to a schema. */
export const TOOLS = ['libxml2-utils'] as const
export const PACKAGES = [...CLIENTS, ...SERVERS, ...TOOLS] as const

/** Debian's own: other Pythons do not see Debian's packages. */
export const PYTHON = '/usr/bin/python3'

export const EJABBERDCTL = '/usr/sbin/ejabberdctl'
export const PROSODY = '/usr/bin/prosody'
/** Of lua-unbound, for whichever Lua. */
const UNBOUND_PLACES = ['/usr/share/doc/lua-unbound']
const NIO_PLACES = ['/usr/lib/python3/dist-packages/nio']
/** The library of Gajim. */
const NBXMPP_PLACES = ['/usr/lib/python3/dist-packages/nbxmpp']
const SLIXMPP_PLACES = ['/usr/lib/python3/dist-packages/slixmpp']

/** Why the client cannot be used here; false: it can. In the form that node:test wants for `skip`. */
export const slixmppMissing = (): string | false =>
  existsSync(PYTHON) && SLIXMPP_PLACES.some(existsSync) ? false : missing('python3-slixmpp')
export const nbxmppMissing = (): string | false =>
  existsSync(PYTHON) && NBXMPP_PLACES.some(existsSync) ? false : missing('python3-nbxmpp')
export const nioMissing = (): string | false =>
  existsSync(PYTHON) && NIO_PLACES.some(existsSync) ? false : missing('python3-matrix-nio')
/** Beside the test that drives it; `install.ts` asks npm for it. */
export const JS_SDK_FOLDER = join(import.meta.dirname, 'matrix-js')
export const jsSdkMissing = (): string | false =>
  existsSync(join(JS_SDK_FOLDER, 'node_modules/matrix-js-sdk'))
    ? false
    : 'matrix-js-sdk is not installed; test/interop/install.ts says why'
export const tmuxMissing = (): string | false => (runs('tmux', '-V') ? false : missing('tmux'))
export const profanityMissing = (): string | false => (runs('profanity', '--version') ? tmuxMissing() : missing('profanity'))

/** What the windows of Dino and Gajim need, and namespaces to run them in. */
export function windowsMissing(): string | false {
  for (const [program, of] of WINDOWS) if (!existsSync(program)) return missing(of)
  const args = ['-U', '--map-user=1000', '--keep-caps', '-mn', 'true']
  return spawnSync('unshare', args, { stdio: 'ignore' }).status === 0 ? false : 'namespaces of users are not allowed here'
}
const WINDOWS = [
  ['/usr/bin/dino-im', 'dino-im'],
  ['/usr/bin/gajim', 'gajim'],
  ['/usr/bin/Xvfb', 'xvfb'],
  ['/usr/bin/dbus-run-session', 'dbus'],
  ['/etc/ssl/certs/ca-certificates.crt', 'ca-certificates'],
] as const
export const xmllintMissing = (): string | false => (runs('xmllint', '--version') ? false : missing('libxml2-utils'))
export const poezioMissing = (): string | false => (runs('poezio', '--version') ? tmuxMissing() : missing('poezio'))

export const systemdMissing = (): string | false =>
  runs('systemd-notify', '--version') && runs('systemd-analyze', '--version') && existsSync(PYTHON) ? false : missing('systemd')

export const prosodyMissing = (): string | false =>
  existsSync(PROSODY) ? (UNBOUND_PLACES.some(existsSync) ? false : missing('lua-unbound')) : missing('prosody')
export const ejabberdMissing = (): string | false => (existsSync(EJABBERDCTL) ? false : missing('ejabberd'))

const missing = (name: string): string => `the Debian package ${name} is not installed; test/interop/install.ts says why`
const runs = (program: string, flag: string): boolean => spawnSync(program, [flag], { stdio: 'ignore' }).status === 0
