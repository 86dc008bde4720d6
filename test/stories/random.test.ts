/**
 * Random scripts, in memory. Whoever acts, in whatever order: nobody sees presence that he may not see, everybody
 * sees what he may, nobody is left with a presence that is over, an end is told once, messages keep their order, and
 * two rosters never contradict each other.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bareOf, Cast } from '../support/story.ts'
import { storyServer } from '../support/story-server.ts'
import type { StoryClient } from '../support/story-client.ts'
import { item, rosterSet } from '../support/stanzas.ts'
import type { Xml } from '../support/xml-reader.ts'

const USERS = ['u0', 'u1', 'u2'] as const
const RESOURCES = ['r0', 'r1'] as const
type User = (typeof USERS)[number]

interface Action {
  readonly user: User
  readonly resource: (typeof RESOURCES)[number]
  readonly what:
    | 'login'
    | 'available'
    | 'unavailable'
    | 'drop'
    | 'close'
    | 'directed'
    | 'directed away'
    | 'subscription'
    | 'remove'
    | 'probe'
    | 'message'
  readonly other: User
  /** Of the one that is written to; '' for all. */
  readonly toResource: '' | (typeof RESOURCES)[number]
  readonly type: 'subscribe' | 'subscribed' | 'unsubscribe' | 'unsubscribed'
}
type What = Action['what']

function actions(weights: Partial<Record<What, number>>): fc.Arbitrary<Action> {
  return fc.record({
    user: fc.constantFrom(...USERS),
    resource: fc.constantFrom(...RESOURCES),
    what: fc.oneof(...Object.entries(weights).map(([what, weight]) => ({ weight, arbitrary: fc.constant(what as What) }))),
    other: fc.constantFrom(...USERS),
    toResource: fc.constantFrom('' as const, ...RESOURCES),
    type: fc.constantFrom('subscribe', 'subscribed', 'unsubscribe', 'unsubscribed'),
  })
}

const FAREWELL = '<status>farewell</status>'

/** One connected client and what it believes. */
interface Person {
  readonly client: StoryClient
  available: boolean
  /** Whom it has sent presence directly and not taken back. */
  readonly told: Set<string>
  /** Whom it has told directly, since its last broadcast, that it is not there. */
  readonly denied: Set<string>
  /** Full JIDs that it takes for available. */
  readonly sees: Set<string>
}

class World {
  readonly cast: Cast
  readonly people = new Map<string, Person>()
  /** Who may see whom before and after the present action: 'u0 u1' when u1 sees u0. */
  #before = new Set<string>()
  #messages = 0

  constructor(cast: Cast) {
    this.cast = cast
  }
  get persons(): readonly Person[] {
    return [...this.people.values()]
  }
  async login(user: User, resource: string): Promise<void> {
    const client = await this.cast.client(user, resource, { presence: null })
    this.people.set(client.jid, { client, available: false, told: new Set(), denied: new Set(), sees: new Set() })
  }
  /** Does the action; whatever follows from it is under way then. */
  async act({ user, resource, what, other, toResource, type }: Action): Promise<void> {
    const jid = `${bareOf(user)}/${resource}`
    const me = this.people.get(jid)
    if (me === undefined) return what === 'login' ? this.login(user, resource) : undefined
    const to = toResource === '' ? bareOf(other) : `${bareOf(other)}/${toResource}`
    const { client } = me
    switch (what) {
      case 'login':
        return
      case 'available':
        me.available = true
        me.denied.clear()
        return client.send('<presence/>')
      case 'unavailable':
        this.leave(me)
        return client.send(`<presence type='unavailable'>${FAREWELL}</presence>`)
      case 'drop':
      case 'close':
        this.leave(me)
        this.people.delete(jid)
        return what === 'drop' ? client.drop() : client.close()
      case 'directed':
        me.told.add(to)
        me.denied.delete(to)
        return client.send(`<presence to='${to}'/>`)
      case 'directed away':
        me.told.delete(to)
        me.denied.add(to)
        this.part(me, [to])
        return client.send(`<presence to='${to}' type='unavailable'/>`)
      case 'subscription':
        return client.send(`<presence to='${bareOf(other)}' type='${type}'/>`)
      case 'remove':
        return client.send(rosterSet(`remove-${(this.#messages += 1)}`, item(bareOf(other), `subscription='remove'`)))
      case 'probe':
        return client.send(`<presence to='${bareOf(other)}' type='probe'/>`)
      case 'message':
        return client.send(`<message to='${bareOf(other)}' type='chat' id='${(this.#messages += 1)}'><body>x</body></message>`)
    }
  }
  /** Whoever may see `me`, or was told, is told that `me` goes. */
  leave(me: Person): void {
    const subscribers = USERS.filter((user) => this.#sees(bareOf(user), me.client.bare)).map((user) => bareOf(user))
    this.part(me, me.available ? [...me.told, ...subscribers] : [...me.told])
    me.available = false
    me.told.clear()
  }
  /** RFC 6121 4.6.1: who is sent unavailable presence strikes the sender, and tells him no more of what he had only been told. */
  part(me: Person, addresses: readonly string[]): void {
    for (const { client, told, available } of this.persons) {
      if (!addresses.includes(client.jid) && !addresses.includes(client.bare)) continue
      told.delete(me.client.jid)
      const isShown = me.available && available && (client.bare === me.client.bare || this.#sees(me.client.bare, client.bare))
      if (!isShown && !told.has(me.client.bare)) me.sees.delete(client.jid)
    }
  }
  /** A subscriber is told by broadcasts alone (4.6.3 rule 1), and they come to available resources only (8.5.2.1.2). */
  isBlind({ client, available }: Person, jid: string): boolean {
    return !available && this.#sees(client.bare, jid.slice(0, jid.indexOf('/')))
  }
  /** One action by itself, and everything that follows. */
  async step(action: Action): Promise<void> {
    const jid = `${bareOf(action.user)}/${action.resource}`
    const isEnd = ['unavailable', 'drop', 'close'].includes(action.what) && this.people.has(jid)
    const saw = new Map(this.persons.map((p) => [p, p.sees.has(jid)]))
    const wasTold = new Set(this.people.get(jid)?.told)
    this.#before = this.visible()
    await this.act(action)
    await this.cast.settle()
    for (const person of this.persons) {
      const got = person.client.take()
      for (const xml of got) this.checkAllowed(xml, person, wasTold)
      this.believe(person, got)
      if (!isEnd || person.client.jid === jid) continue
      const ends = got.filter((xml) => xml.attr('from') === jid && xml.attr('type') === 'unavailable').length
      // An address that presence was sent to is told at that address: two of one person are told each
      const addresses = [person.client.jid, person.client.bare].filter((to) => wasTold.has(to)).length
      if (addresses > 1) assert.ok(ends >= 1 && ends <= addresses)
      else if (this.isBlind(person, jid)) person.sees.delete(jid)
      else if (saw.get(person)) assert.equal(ends, 1, `${person.client.jid} is told once that ${jid} has gone`)
      else assert.ok(ends <= 1, `${person.client.jid} did not see ${jid}`)
    }
    this.check()
  }
  /** A presence was shown: was it allowed before or after the action? */
  checkAllowed(xml: Xml, { client }: Person, wasTold: ReadonlySet<string>): void {
    if (xml.name !== 'presence' || xml.attr('type') !== undefined) return
    const from = xml.attr('from')!
    const [owner] = from.split('/') as [string]
    const told = this.people.get(from)?.told
    const isTold = [client.jid, client.bare].some((jid) => told?.has(jid) === true || wasTold.has(jid))
    const way = `${owner} ${client.bare}`
    assert.ok(
      owner === client.bare || isTold || this.#before.has(way) || this.visible().has(way),
      `${client.jid} may not see ${from}`,
    )
  }
  believe({ sees, client }: Person, got: readonly Xml[]): void {
    for (const xml of got) {
      if (xml.name !== 'presence') continue
      const from = xml.attr('from')!
      if (xml.attr('type') === undefined) sees.add(from)
      else if (xml.attr('type') === 'unavailable') sees.delete(from)
      // Who says to all that he is gone forgets what he saw; what he says to himself directly is something else
      if (from === client.jid && xml.attr('type') === 'unavailable' && xml.children.length > 0) sees.clear()
    }
  }
  /** What the rosters say. */
  visible(): Set<string> {
    const ways = new Set<string>()
    for (const one of USERS)
      for (const other of USERS) if (this.#roster(one)?.isSubscriber(bareOf(other))) ways.add(`${bareOf(one)} ${bareOf(other)}`)
    return ways
  }
  /** When all is quiet. */
  check(): void {
    const ways = this.visible()
    for (const one of USERS) {
      for (const other of USERS) {
        if (one === other) continue
        assert.equal(
          this.#roster(other)?.isSubscribedTo(bareOf(one)) ?? false,
          ways.has(`${bareOf(one)} ${bareOf(other)}`),
          `the rosters of ${one} and ${other} agree`,
        )
      }
    }
    for (const watcher of this.persons) {
      for (const jid of watcher.sees) {
        const person = this.people.get(jid)
        const [owner] = jid.split('/')
        const isTold = person !== undefined && (person.told.has(watcher.client.jid) || person.told.has(watcher.client.bare))
        const isShown =
          person?.available === true && (owner === watcher.client.bare || ways.has(`${owner} ${watcher.client.bare}`))
        assert.ok(isTold || isShown, `${watcher.client.jid} sees the ghost of ${jid}`)
      }
      if (!watcher.available) continue
      for (const { client, available, denied } of this.persons) {
        if (!available || denied.has(watcher.client.jid) || denied.has(watcher.client.bare)) continue
        if (client.bare !== watcher.client.bare && !ways.has(`${client.bare} ${watcher.client.bare}`)) continue
        assert.ok(watcher.sees.has(client.jid), `${watcher.client.jid} does not see ${client.jid}`)
      }
    }
    assert.deepEqual(this.cast.server.errors, [])
  }
  #sees(watcher: string, owner: string): boolean {
    return this.visible().has(`${owner} ${watcher}`)
  }
  #roster(user: User) {
    return this.cast.server.host.accounts.get(bareOf(user))?.roster
  }
}

async function play(script: (world: World) => Promise<void>): Promise<void> {
  const cast = new Cast(await storyServer('memory'))
  try {
    for (const user of USERS) await cast.server.account(user)
    await script(new World(cast))
  } finally {
    await cast.end()
  }
}

const ALONE = {
  'login': 4,
  'available': 4,
  'unavailable': 2,
  'drop': 1,
  'close': 1,
  'directed': 2,
  'directed away': 1,
  'subscription': 6,
  'remove': 1,
  'probe': 1,
}

test('T-X10, no leak, no ghost, one end: any script, one action after the other', () =>
  fc.assert(
    fc.asyncProperty(fc.array(actions(ALONE), { minLength: 20, maxLength: 40 }), (script) =>
      play(async (world) => {
        for (const user of USERS) {
          await world.login(user, 'r0')
          await world.step({ user, resource: 'r0', what: 'available', other: user, toResource: '', type: 'subscribe' })
        }
        for (const action of script) await world.step(action)
      }),
    ),
    { numRuns: 40 },
  ))

const AT_ONCE = { available: 4, unavailable: 1, subscription: 8, remove: 1, message: 6 }

test('Order, no ghost, rosters that agree: any script, everybody at once', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(actions(AT_ONCE), { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 5 }),
      (bursts) =>
        play(async (world) => {
          for (const user of USERS) for (const resource of RESOURCES) await world.login(user, resource)
          const seen = new Map<string, number>()
          for (const burst of bursts) {
            for (const action of withoutCrossing(burst)) await world.act(action)
            await world.cast.settle()
            for (const person of world.persons) {
              const got = person.client.take()
              world.believe(person, got)
              for (const xml of got) if (xml.name === 'message') inOrder(seen, xml, person.client)
            }
            world.check()
          }
        }),
    ),
    { numRuns: 40 },
  ))

/**
 * At most one step of each user towards each other: an answer that crosses a second request looks like the answer to it,
 * and RFC 6121 has nothing to tell the two apart (A.3.2, A.3.4).
 */
function withoutCrossing(burst: readonly Action[]): readonly Action[] {
  const steps = new Set<string>()
  return burst.filter(({ user, other, what }) => {
    if (what !== 'subscription' && what !== 'remove') return true
    const isFirst = !steps.has(`${user} ${other}`)
    steps.add(`${user} ${other}`)
    return isFirst
  })
}

/** Each receiver gets what one sender has sent in the order of sending, and nothing twice. */
function inOrder(seen: Map<string, number>, xml: Xml, { jid }: StoryClient): void {
  const key = `${xml.attr('from')} ${jid}`
  const id = Number(xml.attr('id'))
  assert.ok(id > (seen.get(key) ?? 0), `${key}: ${id} after ${seen.get(key)}`)
  seen.set(key, id)
}
