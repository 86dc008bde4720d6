/** examples/embed: the server as a library, with an application's own users. */
import { join } from 'node:path'
import { test } from 'node:test'
import { playWhoIsIn } from './who-is-in.ts'

const ROOT = join(import.meta.dirname, '../..')

test('who is in', (t) => playWhoIsIn(t, ['--conditions=porchlight-source', 'examples/embed/app.ts'], ROOT))
