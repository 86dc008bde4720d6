/**
 * Random scripts in one room with users of two servers, each of which is killed and restarted, while the link between them breaks and
 * comes back (ROOM-141). When all is quiet every client that is in the room sees who is there and nobody else, nobody is in the room who
 * does not know it, and nobody has learnt a real address that is not for them.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ManualClock } from '../../src/base/manual-clock.ts'
import { Network } from '../model/network.ts'
import { Place } from '../model/place.ts'
import { JOIN, Person, presenceIn, UNLOCK } from '../support/room-person.ts'
import { ADMIN, field, OWNER, ROOM, SERVICE } from '../support/rooms.ts'
import { Zone } from '../support/site.ts'
import { StoryClient } from '../support/story-client.ts'
import { PASSWORD } from '../support/story-server.ts'
import { WireClient } from '../support/wire-client.ts'

const [A, B] = ['a.example', 'b.example'] as const
/** The first one owns the room. The others may not see real addresses. */
const USERS = [`alice@${A}`, `bob@${A}`, `dave@${B}`, `erin@${B}`] as const
type User = (typeof USERS)[number]
const ASK: readonly User[] = [USERS[0], USERS[2]]
const NICKS = ['N1', 'N2', 'N3'] as const
/** Longer than a room keeps those behind a link that is down, and than all questions take. */
const QUIET_MS = 8 * 60_000
/**
 * What is said in this time before a server dies may be lost: it is on no disk, and other servers have not acknowledged it. So is what
 * waits for a link that is down; a restart loses neither.
 */
const SAVED_MS = 60_000
const QUIET_TURNS = 40
const TURNS_MAX = 20_000

interface Action {
  readonly what: 'enter' | 'leave' | 'kick' | 'say' | 'cut' | 'heal' | 'wait' | 'vanish' | 'kill' | 'restart'
  readonly user: User
  readonly nick: (typeof NICKS)[number]
  readonly site: typeof A | typeof B
  readonly n: number
}
const action: fc.Arbitrary<Action> = fc.record({
  what: fc.constantFrom(
    ...(['enter', 'enter', 'enter', 'leave', 'kick', 'say', 'cut', 'heal', 'wait', 'vanish', 'kill', 'restart'] as const),
  ),
  user: fc.constantFrom(...USERS),
  nick: fc.constantFrom(...NICKS),
  site: fc.constantFrom(A, B),
  n: fc.nat(4),
})

class Play {
  readonly clock = new ManualClock(Date.now())
  readonly zone = new Zone()
  readonly network = new Network(this.zone)
  readonly places: Readonly<Record<typeof A | typeof B, Place>>
  readonly people = new Map<User, Person>()
  #clients = 0

  constructor() {
    const around = { zone: this.zone, network: this.network, clock: this.clock, domains: [A, B] }
    this.places = { [A]: new Place(A, around, { dns: [A, SERVICE] }), [B]: new Place(B, around) }
  }
  async begin(): Promise<void> {
    for (const domain of [A, B] as const) await this.start(domain)
    for (const user of USERS) await this.come(user)
    const owner = this.people.get(USERS[0])!
    owner.client.send(presenceIn('Owner', owner.caps + JOIN), UNLOCK.replace("type='submit'/>", `type='submit'>${STAYS}</x>`))
    await this.settle()
  }
  async start(domain: typeof A | typeof B): Promise<void> {
    await this.places[domain].start()
    if (domain === A) this.zone.services.set(SERVICE, this.zone.services.get(A)!)
  }
  placeOf(user: User): Place {
    return this.places[user.endsWith(A) ? A : B]
  }
  /** A new client of that user, which knows nothing. */
  async come(user: User): Promise<void> {
    const { story } = this.placeOf(user).site!
    await story.account(user)
    const [name, domain] = user.split('@') as [string, string]
    const wire = new WireClient(await story.connect(), domain)
    const client = new StoryClient(wire, await wire.login(name, PASSWORD, String((this.#clients += 1))))
    client.send('<presence/>')
    this.people.set(
      user,
      new Person(user, client, ASK.includes(user), user === USERS[0] ? [] : USERS.filter((one) => one !== user)),
    )
  }
  async settle(): Promise<void> {
    let last = -1
    for (let turn = 0, quiet = 0; quiet < QUIET_TURNS; turn++, quiet++) {
      assert(turn < TURNS_MAX, 'it does not come to rest')
      await new Promise<void>((next) => void setImmediate(next))
      for (const person of this.people.values()) person.read()
      const moved = this.network.moved + this.places[A].writes + this.places[B].writes
      if (moved !== last) quiet = 0
      last = moved
    }
  }
  async pass(span: number, step = 1000): Promise<void> {
    await this.settle()
    for (let rest = span; rest > 0; rest -= step) {
      this.clock.advance(Math.min(rest, step))
      await this.settle()
    }
  }
  async do({ what, user, nick, site, n }: Action): Promise<void> {
    const person = this.people.get(user)!
    switch (what) {
      case 'enter':
        return person.client.send(presenceIn(nick, person.caps + JOIN))
      case 'leave':
        return person.own === null ? undefined : person.client.send(presenceIn(person.own, '', ` type='unavailable'`))
      case 'say':
        return person.client.send(`<message type='groupchat' id='m${n}' to='${ROOM}'><body>${n}</body></message>`)
      case 'kick':
        return this.people
          .get(USERS[0])!
          .client.send(
            `<iq type='set' id='k' to='${ROOM}'><query xmlns='${ADMIN}'><item nick='${nick}' role='none'/></query></iq>`,
          )
      case 'cut':
        return this.network.cut(A, B)
      case 'heal':
        return this.network.heal(A, B)
      case 'wait':
        return this.pass(n * 15_000, 3000)
      case 'vanish':
        person.client.drop()
        await this.settle()
        return this.come(user)
      case 'kill':
        this.network.heal(A, B)
        await this.pass(SAVED_MS)
        this.places[site].kill()
        return this.#again(site, n)
      case 'restart':
        await this.places[site].stop((span) => this.pass(span))
        return this.#again(site, n)
    }
  }
  /** The server is gone for a while, and then its users come back as new clients. */
  async #again(site: typeof A | typeof B, n: number): Promise<void> {
    const gone = USERS.filter((user) => user.endsWith(site))
    for (const user of gone) this.people.get(user)!.client.drop()
    for (const user of gone) this.people.delete(user)
    await this.pass(n * 10_000, 2000)
    await this.start(site)
    for (const user of gone) await this.come(user)
  }
  /** Who is there, by what the room says anew. */
  async occupants(person: Person): Promise<readonly string[]> {
    const looked = new Person(person.user, person.client, person.caps !== '', [])
    person.client.send(presenceIn(person.own!, person.caps + JOIN))
    for (let i = 0; i < QUIET_TURNS; i++) await new Promise<void>((next) => void setImmediate(next))
    looked.read()
    return [...looked.sees.keys()].toSorted()
  }
  async end(): Promise<void> {
    for (const { client } of this.people.values()) client.drop()
    for (const place of Object.values(this.places)) await place.end()
  }
}
const STAYS = field('FORM_TYPE', `${OWNER.replace('#owner', '')}#roomconfig`) + field('muc#roomconfig_persistentroom', '1')

async function script(actions: readonly Action[]): Promise<void> {
  const play = new Play()
  try {
    await play.begin()
    for (const next of actions) {
      await play.do(next)
      await play.settle()
    }
    play.network.heal(A, B)
    await play.pass(QUIET_MS, 5000)
    const told = (person: Person): string => `${person.client.jid}\n${person.log.slice(-25).join('\n')}`
    const inside = [...play.people.values()].flatMap(({ own }) => (own === null ? [] : [own])).toSorted()
    for (const person of play.people.values()) {
      if (person.own === null) {
        assert.deepEqual([...person.sees.keys()], [], `is out and sees somebody: ${told(person)}`)
        continue
      }
      assert.deepEqual([...person.sees.keys()].toSorted(), inside, `sees others than those who are in: ${told(person)}`)
      assert.deepEqual(await play.occupants(person), inside, `the room has others than those who know it: ${told(person)}`)
      assert(![...person.sees.values()].includes(true), `is in doubt when all is well: ${told(person)}`)
    }
    assert.deepEqual(
      Object.values(play.places).flatMap((place) => [...place.errors, ...place.site!.story.errors]),
      [],
    )
  } finally {
    await play.end()
  }
}

test('ROOM-141: random scripts in a room across two servers that die and restart', async () => {
  await fc.assert(fc.asyncProperty(fc.array(action, { minLength: 6, maxLength: 14 }), script), {
    numRuns: 2,
    endOnFailure: true,
  })
})
