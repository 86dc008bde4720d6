/** Presence in what Matrix clients are told (/sync): of those in the same rooms, of contacts, and of XMPP clients. */
import assert from 'node:assert/strict'
import { matrixAtPort, matrixIn, type MatrixClient } from '../support/matrix-client.ts'
import { enter } from '../support/rooms.ts'
import { storyOn, type Cast, type Setting } from '../support/story.ts'

const FREE = {
  'enabled': true,
  'logins-per-minute': 0,
  'rooms-per-hour': 0,
  'joins-per-minute': 0,
  'presence-per-minute': 0,
}
const MATRIX: Setting = { settings: { matrix: FREE } }
const story = (name: string, script: (cast: Cast) => Promise<void>): void => storyOn('memory', 'websocket')(name, MATRIX, script)
const inMemory = (name: string, script: (cast: Cast) => Promise<void>): void => storyOn('memory')(name, MATRIX, script)
const SECOND = 1000

interface Event {
  readonly type: string
  readonly sender: string
  readonly content: { readonly presence: string; readonly status_msg?: string; readonly last_active_ago?: number }
}
/** Reads what is new with the token of the last time. */
class Reader {
  readonly client: MatrixClient
  token: string | null = null

  constructor(client: MatrixClient) {
    this.client = client
  }
  static async of(cast: Cast, user: string): Promise<Reader> {
    await cast.server.account(user)
    const come = cast.transport === 'memory' ? matrixIn(cast.server) : matrixAtPort(cast.server.port!)
    return new Reader(await come().login(user))
  }
  /** 'bob unavailable text', in the order of names. @param more of the request, such as '&set_presence=offline' */
  async news(more = ''): Promise<readonly string[]> {
    const { next_batch: next, presence } = await this.client.get(this.#path(more))
    this.token = next
    return told(presence)
  }
  async put(presence: string, text?: string): Promise<void> {
    const path = `/v3/presence/${encodeURIComponent(this.client.userId)}/status`
    await this.client.good('PUT', path, { presence, ...(text === undefined ? {} : { status_msg: text }) })
  }
  async room(alias: string): Promise<void> {
    await this.client.good('POST', '/v3/createRoom', { preset: 'public_chat', room_alias_name: alias })
  }
  async join(alias: string): Promise<string> {
    const id = encodeURIComponent(`#${alias}:a.example`)
    return (await this.client.good('POST', `/v3/join/${id}`)).room_id
  }
  #path(more: string): string {
    return `/v3/sync?${this.token === null ? '' : `since=${this.token}`}${more}`
  }
}
function told(presence: { readonly events: readonly Event[] } | undefined): readonly string[] {
  const events = presence?.events ?? []
  return events
    .map(({ type, sender, content }) => {
      assert.equal(type, 'm.presence')
      for (const value of Object.values(content)) assert.notEqual(value, null)
      assert(content.last_active_ago === undefined || Number.isInteger(content.last_active_ago))
      return `${sender.slice(1, sender.indexOf(':'))} ${content.presence} ${content.status_msg ?? ''}`.trim()
    })
    .toSorted()
}
/** Until a request has come as far as it can. */
async function turns(): Promise<void> {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => void setImmediate(resolve))
}
/** Lets time pass until the request is answered; a minute at most. */
async function inTime<T>(cast: Cast, request: Promise<T>): Promise<T> {
  let isOver = false
  const answer = request.finally(() => (isOver = true))
  for (let i = 0; i < 600; i++) {
    await turns()
    if (isOver) break
    cast.pass(SECOND / 10)
  }
  return answer
}
/** Alice and Bob, in one room; both know of all that was before. */
async function two(cast: Cast): Promise<readonly [Reader, Reader]> {
  const [alice, bob] = [await Reader.of(cast, 'alice'), await Reader.of(cast, 'bob')]
  await alice.room('den')
  await bob.join('den')
  for (const one of [alice, bob]) await one.news('&set_presence=offline')
  return [alice, bob]
}

story('S3: what a request says of its user is told to others', async (cast) => {
  const [alice, bob] = await two(cast)
  assert.deepEqual(await alice.news('&set_presence=unavailable'), ['alice unavailable'], 'and in the answer itself')
  assert.deepEqual(await alice.news('&set_presence=unavailable'), [])
  assert.deepEqual(await bob.news('&set_presence=offline'), ['alice unavailable'])
})

story('S4, S5: what is set is told, with its text; S27: as clients can read it', async (cast) => {
  const [alice, bob] = await two(cast)
  await alice.put('online', 'Testing something')
  assert.deepEqual(await bob.news('&set_presence=offline'), ['alice online Testing something'])
  await alice.put('unavailable')
  assert.deepEqual(await bob.news('&set_presence=offline'), ['alice unavailable'])
})

story('S6, S12: who is online is told at first, and who comes online later is told then', async (cast) => {
  const [alice, bob] = await two(cast)
  assert.deepEqual(await bob.news(), ['bob online'])
  assert.deepEqual(await alice.news('&set_presence=offline'), ['bob online'])
  const again = new Reader(alice.client)
  assert.deepEqual(await again.news('&set_presence=offline'), ['bob online'])
})

story('S7, S8: a newcomer is told of those inside, and they of the newcomer, once', async (cast) => {
  const [alice, bob] = [await Reader.of(cast, 'alice'), await Reader.of(cast, 'bob')]
  await alice.room('den')
  await bob.put('online', 'here')
  await alice.put('online')
  await bob.news('&set_presence=offline')
  await alice.news('&set_presence=offline')
  await bob.join('den')
  await cast.settle()
  assert.deepEqual(await alice.news('&set_presence=offline'), ['bob online here'])
  assert.deepEqual(await bob.news('&set_presence=offline'), ['alice online'])
  assert.deepEqual([await alice.news('&set_presence=offline'), await bob.news('&set_presence=offline')], [[], []])
})

story('S9: somebody is told of people in different rooms', async (cast) => {
  const [alice, bob] = await two(cast)
  const carol = await Reader.of(cast, 'carol')
  await carol.room('lair')
  await alice.join('lair')
  await alice.news('&set_presence=offline')
  await bob.put('online')
  await carol.put('online')
  assert.deepEqual(await alice.news('&set_presence=offline'), ['bob online', 'carol online'])
  assert.deepEqual(await bob.news('&set_presence=offline'), ['bob online'], 'and nobody of people in none of theirs')
})

inMemory('S11, S17: a client that does not want to be seen is not; without news a request waits for its time', async (cast) => {
  const [alice] = await two(cast)
  const begun = cast.server.clock.now()
  assert.deepEqual(await inTime(cast, alice.news('&timeout=1000&set_presence=offline')), [])
  assert(cast.server.clock.now() - begun >= SECOND, 'it has waited')
  assert.deepEqual(await alice.news('&timeout=1000'), ['alice online'], 'the own change is news')
})

story('S12: a request that waits is answered when somebody comes online', async (cast) => {
  const [alice, bob] = await two(cast)
  const poll = alice.news('&timeout=30000&set_presence=offline')
  await turns()
  await bob.put('online', 'hello')
  assert.deepEqual(await (cast.transport === 'memory' ? inTime(cast, poll) : poll), ['bob online hello'])
})

story('S14: after a common room there is nothing to see any more', async (cast) => {
  const [alice, bob] = await two(cast)
  await bob.put('online')
  const path = `/v3/presence/${encodeURIComponent(bob.client.userId)}/status`
  assert.equal((await alice.client.get(path)).presence, 'online')
  const id = await bob.join('den')
  await bob.client.good('POST', `/v3/rooms/${encodeURIComponent(id)}/leave`)
  await cast.settle()
  assert.equal(await alice.client.refused('GET', path), '403 M_FORBIDDEN')
})

story('S19, S10: a filter that wants no presence gets none; one that wants it does', async (cast) => {
  const [alice, bob] = await two(cast)
  await bob.put('online')
  const none = encodeURIComponent(JSON.stringify({ presence: { types: [] } }))
  const some = encodeURIComponent(JSON.stringify({ presence: { types: ['m.presence'] }, account_data: { types: [] } }))
  const fresh = new Reader(alice.client)
  assert.deepEqual(await fresh.news(`&set_presence=offline&filter=${none}`), [])
  fresh.token = null
  assert.deepEqual(await fresh.news(`&filter=${some}`), ['alice online', 'bob online'])
})

story('S30: a logged-out device is gone at once', async (cast) => {
  const [alice, bob] = await two(cast)
  await alice.news()
  assert.deepEqual(await bob.news('&set_presence=offline'), ['alice online'])
  await alice.client.good('POST', '/v3/logout')
  await cast.settle()
  assert.deepEqual(await bob.news('&set_presence=offline'), ['alice offline'])
})

story('F1: XMPP clients in a room are seen by Matrix clients in it, and Matrix clients by their XMPP contacts', async (cast) => {
  await cast.befriend('bob', 'gus')
  const [, bob] = await two(cast)
  const gus = await enter(cast, 'gus', 'Gus')
  await cast.settle()
  gus.take()
  assert.deepEqual(await bob.news('&set_presence=offline'), ['gus online'])
  gus.send('<presence><show>dnd</show><status>busy</status></presence>')
  await cast.settle()
  assert.deepEqual(await bob.news('&set_presence=offline'), ['gus unavailable busy'])
  await cast.forget()
  await bob.put('online', 'reading')
  await cast.settle()
  const seen = gus.take().filter((xml) => xml.name === 'presence' && xml.attr('from')!.includes('bob@a.example/mx.'))
  assert.deepEqual(
    seen.map((xml) => xml.child('status')?.text),
    ['reading'],
  )
})

inMemory('A7: after a restart nobody is told anew of somebody who was online and is back', async (cast) => {
  const [eve, fay] = [await Reader.of(cast, 'eve'), await Reader.of(cast, 'fay')]
  await eve.room('den')
  await fay.join('den')
  await eve.news()
  assert.deepEqual((await fay.news()).length, 2)
  await cast.advance(2 * SECOND)
  await fay.news()
  const next = await cast.server.restart(MATRIX)
  const client = matrixIn(next)()
  client.token = fay.client.token
  const { next_batch: since, presence } = await client.get(`/v3/sync?since=${fay.token}`)
  cast.pass(2 * SECOND)
  const later = await client.get(`/v3/sync?since=${since}`)
  assert.deepEqual([told(presence), told(later.presence)], [[], []])
  await next.close()
})
