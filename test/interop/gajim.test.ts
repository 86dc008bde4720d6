/**
 * XEP-0402, XEP-0084 and XEP-0384 with the library of Gajim, unmodified: its windows are left out, what it says to the server is its
 * own. What it publishes slixmpp reads, and the other way round.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { DOMAIN, startServer } from '../support/server-process.ts'
import { nbxmppMissing, PYTHON, slixmppMissing } from './programs.ts'

const PASSWORD = 'sesame open'
const [ALICE, BOB] = [`alice@${DOMAIN}`, `bob@${DOMAIN}`]
const GAJIM_PICTURE = 'a picture of Gajim'.repeat(300)
const SLIXMPP_PICTURE = 'a picture of slixmpp'.repeat(300)
const ROOMS = [
  [`gajim@conference.${DOMAIN}`, 'Gajim', true],
  [`tea@conference.${DOMAIN}`, 'Tea', true],
]
const hashOf = (text: string): string => createHash('sha1').update(text).digest('hex')

test(
  "Gajim's library and slixmpp: each reads the bookmarks, the avatar and the devices that the other has published",
  { skip: nbxmppMissing() || slixmppMissing() },
  async (t) => {
    const server = await startServer(t)
    for (const jid of [ALICE, BOB]) await server.addUser(jid, PASSWORD)
    assert.equal((await server.command(['group', 'create', 'friends', ALICE, BOB])).code, 0)
    const run = async (script: string, ...args: readonly string[]): Promise<unknown> => {
      const { stdout } = await promisify(execFile)(PYTHON, [join(import.meta.dirname, script), ...args], { timeout: 50_000 })
      return JSON.parse(stdout)
    }
    const gajim = (mode: string, jid: string, ...more: readonly string[]): Promise<unknown> =>
      run('nbxmpp/eventing.py', mode, jid, PASSWORD, DOMAIN, String(server.port), ...more)
    const slixmpp = (mode: string, jid: string, ...more: readonly string[]): Promise<unknown> =>
      run('slixmpp/published.py', mode, jid, PASSWORD, String(server.port), server.certificateFile, DOMAIN, ...more)

    assert.deepEqual(await gajim('publish', ALICE), { told: {}, bookmarks: ROOMS.slice(0, 1) })
    await slixmpp('publish', BOB)
    assert.deepEqual(await slixmpp('read', BOB, ALICE), {
      avatar: [true, GAJIM_PICTURE.length],
      devices: [42, 31337],
      bookmarks: ROOMS.slice(1),
    })
    await slixmpp('publish', ALICE)
    const avatar = hashOf(SLIXMPP_PICTURE)
    assert.deepEqual(await gajim('read', ALICE, BOB), {
      told: { avatar, devices: [7] },
      avatar: [avatar, SLIXMPP_PICTURE.length],
      devices: [7],
      bookmarks: ROOMS,
    })
  },
)
