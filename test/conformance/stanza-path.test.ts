/**
 * docs/stanza-path.md is true: a presence is sent through a whole server, and the calls that are under way when it is
 * written are those of the page, in that order; the stages are those of `order.ts`.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { NetSocket } from '../../src/net/socket.ts'
import { FROM_CLIENT, TO_ACCOUNT, TO_SESSION } from '../../src/server/pipeline/order.ts'
import { Outbox } from '../../src/stream/outbox.ts'
import { here } from '../support/stanzas.ts'
import { story } from '../support/story.ts'

const ROOT = join(import.meta.dirname, '../..')
const PAGE = 'docs/stanza-path.md'
const REMEDY = `the path has changed: bring ${PAGE} up to date`

/** Calls into one file, before it calls into another. */
interface Row {
  readonly file: string
  readonly functions: readonly string[]
}

const page = readFileSync(join(ROOT, PAGE), 'utf8')
/** The rows of the tables that the page has, each as its cells. */
const tables = page
  .split(/\n\n+/)
  .filter((part) => part.startsWith('|'))
  .map((part) =>
    part
      .split('\n')
      .slice(2)
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      ),
  )
const quoted = (cell: string): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!)
const pathIn = (table: readonly (readonly string[])[]): readonly Row[] =>
  table.map(([, file, functions]) => ({ file: quoted(file!)[0]!, functions: quoted(functions!) }))

/** The calls under way, the outermost first: as far as they are into the server. */
function underWay(): readonly Row[] {
  const rows: { file: string; functions: string[] }[] = []
  for (const line of new Error('trace').stack!.split('\n').toReversed()) {
    const [, call = '', url] = /at (?:(.+) \()?(file:\/\/.+?):\d+:\d+\)?$/.exec(line) ?? []
    const file = url === undefined ? '' : relative(ROOT, fileURLToPath(url))
    if (!file.startsWith('src/')) continue
    const name = call.slice(call.lastIndexOf('.') + 1)
    if (rows.at(-1)?.file === file) rows.at(-1)!.functions.push(name)
    else rows.push({ file, functions: [name] })
  }
  return rows
}

/** The page names the files, all of them, and of the functions in each those that matter, in their order. */
function assertSame(real: readonly Row[], told: readonly Row[]): void {
  assert.deepEqual(
    real.map((row) => row.file),
    told.map((row) => row.file),
    REMEDY,
  )
  for (const [i, { file, functions }] of told.entries()) {
    const called = real[i]!.functions.filter((name) => functions.includes(name))
    assert.deepEqual(called, functions, `${file}, called: ${real[i]!.functions.join(', ')}; ${REMEDY}`)
  }
}

/** Calls `trace` whenever `owner[method]` is called with a text that holds all of `marks`. Gives back what ends that. */
function watch(owner: object, method: string, marks: readonly string[], trace: () => void): () => void {
  const methods = owner as Record<string, (text: string) => unknown>
  const real = methods[method]!
  methods[method] = function (this: unknown, text: string) {
    if (marks.every((mark) => text.includes(mark))) trace()
    return real.call(this, text)
  }
  return () => void (methods[method] = real)
}

/** The calls under way while `send` runs: when a text with these marks is queued, and when it is written. */
async function pathsOf(marks: readonly string[], send: () => Promise<unknown>): Promise<readonly (readonly Row[])[]> {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 200
  const seen: (readonly Row[])[] = []
  const queued = { file: 'src/stream/outbox.ts', functions: ['push'] }
  const written = { file: 'src/net/socket.ts', functions: ['write'] }
  const watches = [
    watch(Outbox.prototype, 'push', marks, () => seen.push([...underWay(), queued])),
    watch(NetSocket.prototype, 'write', marks, () => seen.push([...underWay(), written])),
  ]
  try {
    await send()
  } finally {
    for (const end of watches) end()
    Error.stackTraceLimit = limit
  }
  assert.equal(seen.length, 2, 'queued once, written once')
  return seen
}

story('docs/stanza-path.md: the path of a presence', { on: ['memory'] }, async (cast) => {
  const [romeo, juliet] = await cast.friends('romeo/1', 'juliet/1')
  const seen = await pathsOf(['<show>away</show>', 'juliet'], async () => {
    romeo.send('<presence><show>away</show></presence>')
    await juliet.expect(here(romeo.jid, '<show>away</show>'))
  })
  await romeo.expect(here(romeo.jid, '<show>away</show>'))
  for (const [i, real] of seen.entries()) assertSame(real, pathIn(tables[i]!))
})

story('docs/stanza-path.md: the path of an IQ that the server answers', { on: ['memory'] }, async (cast) => {
  const [romeo] = await cast.clients('romeo/1', 'juliet/1')
  const [real] = await pathsOf([`id='path'`, 'result'], async () => {
    romeo.send(`<iq type='get' id='path'><ping xmlns='urn:xmpp:ping'/></iq>`)
    await romeo.expect(`<iq type='result' id='path' from='${romeo.bare}' to='${romeo.jid}'/>`)
  })
  const sameAsPresence = pathIn(tables[0]!).slice(0, 8)
  assertSame(real!, [...sameAsPresence, ...pathIn(tables[3]!)])
})

test('docs/stanza-path.md: the stages', () => {
  const [fromClient, toAccount, toSession] = [0, 1, 2].map((column) => tables[2]!.flatMap((cells) => quoted(cells[column]!)))
  assert.deepEqual([fromClient, toAccount, toSession], [[...FROM_CLIENT], [...TO_ACCOUNT], [...TO_SESSION]], REMEDY)
})
