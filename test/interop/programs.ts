/** The programs that the interop tests drive: Debian packages, which `install.ts` installs where it can. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

export const PACKAGES = ['python3-slixmpp', 'profanity', 'tmux', 'chromium'] as const

/** Debian's own: other Pythons do not see Debian's packages. */
export const PYTHON = '/usr/bin/python3'

const SLIXMPP_PLACES = ['/usr/lib/python3/dist-packages/slixmpp']

/** Why the client cannot be used here; false: it can. In the form that node:test wants for `skip`. */
export const slixmppMissing = (): string | false =>
  existsSync(PYTHON) && SLIXMPP_PLACES.some(existsSync) ? false : missing('python3-slixmpp')
export const tmuxMissing = (): string | false => (runs('tmux', '-V') ? false : missing('tmux'))
export const profanityMissing = (): string | false => (runs('profanity', '--version') ? tmuxMissing() : missing('profanity'))

const missing = (name: string): string => `the Debian package ${name} is not installed; test/interop/install.ts says why`
const runs = (program: string, flag: string): boolean => spawnSync(program, [flag], { stdio: 'ignore' }).status === 0
