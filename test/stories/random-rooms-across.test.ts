/**
 * Random scripts in one room with users of two servers, in memory (ROOM-141): the link breaks and comes back, clients vanish meanwhile,
 * people come, go, change, are kicked. When all is quiet every client sees who is there, and nobody who is not; and nobody has learnt a
 * real address that is not for them.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { JOIN, Person, presenceIn, UNLOCK } from '../support/room-person.ts'
import { MUC, ROOM, SERVICE } from '../support/rooms.ts'
import { openRealm, type Realm } from '../support/two-servers.ts'

/** The first one owns the room. The last of each server asks for no annotations. */
const USERS = ['alice@a.example', 'bob@a.example', 'dave@b.example', 'erin@b.example'] as const
type User = (typeof USERS)[number]
const ASK: readonly User[] = ['alice@a.example', 'dave@b.example']
const NICKS = ['A', 'B', 'C', 'D'] as const
/** Longer than a room keeps those behind a link that is down, and than all questions take. */
const QUIET_MS = 7 * 60_000

interface Action {
  readonly what: 'enter' | 'leave' | 'change' | 'kick' | 'say' | 'cut' | 'mend' | 'wait' | 'vanish'
  readonly user: User
  readonly nick: (typeof NICKS)[number]
  readonly n: number
}
const action: fc.Arbitrary<Action> = fc.record({
  what: fc.constantFrom('enter', 'enter', 'enter', 'leave', 'change', 'kick', 'say', 'cut', 'mend', 'wait', 'vanish'),
  user: fc.constantFrom(...USERS),
  nick: fc.constantFrom(...NICKS),
  n: fc.nat(5),
})
const hiddenFrom = (user: User): readonly string[] => (user === USERS[0] ? [] : USERS.filter((other) => other !== user))

class Play {
  readonly realm: Realm
  readonly people = new Map<User, Person>()

  constructor(realm: Realm) {
    this.realm = realm
  }
  async come(user: User): Promise<Person> {
    const client = await this.realm.client(`${user}/${String(this.people.size)}${Math.floor(performance.now())}`)
    const person = new Person(user, client, ASK.includes(user), hiddenFrom(user))
    this.people.set(user, person)
    return person
  }
  /** Everything that is under way, and what clients answer to it. */
  async settle(): Promise<void> {
    for (let i = 0; i < 3; i++) {
      await this.realm.settle()
      for (const person of this.people.values()) person.read()
    }
  }
  async pass(span: number, step: number): Promise<void> {
    for (let rest = span; rest > 0; rest -= step) {
      this.realm.clock.advance(Math.min(rest, step))
      await this.realm.settle()
      for (const person of this.people.values()) person.read()
    }
  }
  async do({ what, user, nick, n }: Action): Promise<void> {
    const { realm } = this
    const person = this.people.get(user)!
    const { client, own } = person
    switch (what) {
      case 'enter':
        return client.send(presenceIn(nick, person.caps + JOIN))
      case 'leave':
        return own === null ? undefined : client.send(presenceIn(own, '', ` type='unavailable'`))
      case 'change':
        return own === null ? undefined : client.send(presenceIn(n > 2 ? own : nick, `<status>${n}</status>${person.caps}`))
      case 'say':
        return client.send(`<message type='groupchat' id='m${n}' to='${ROOM}'><body>${n}</body></message>`)
      case 'kick':
        return this.people
          .get(USERS[0])!
          .client.send(
            `<iq type='set' id='k' to='${ROOM}'><query xmlns='${MUC}#admin'><item nick='${nick}' role='none'/></query></iq>`,
          )
      case 'cut':
        realm.isTogether = false
        realm.zone.isDown = true
        for (const stream of realm.a.streams()) stream.destroy()
        return realm.until('b.example has noticed', () => realm.b.streams().length === 0)
      case 'mend':
        realm.zone.isDown = false
        return
      case 'wait':
        return this.pass(n * 15_000, 5000)
      case 'vanish':
        if (user === USERS[0]) return
        client.drop()
        await this.settle() // what others are told of it; a client that comes makes all forget what they have not read
        await this.come(user)
    }
  }
  /** Who is there, by what the room says anew. */
  async occupants(person: Person): Promise<readonly string[]> {
    const looked = new Person(person.user, person.client, person.caps !== '', [])
    person.client.send(presenceIn(person.own!, person.caps + JOIN))
    await this.realm.settle()
    looked.read()
    return [...looked.sees.keys()].toSorted()
  }
}

async function script(actions: readonly Action[]): Promise<void> {
  const realm = await openRealm({ a: { shows: { dns: ['a.example', SERVICE] } } })
  try {
    realm.zone.services.set(SERVICE, { port: realm.a.port, directTls: false })
    const play = new Play(realm)
    for (const user of USERS) await play.come(user)
    const owner = play.people.get(USERS[0])!
    owner.client.send(presenceIn('Owner', owner.caps + JOIN), UNLOCK)
    await play.settle()
    for (const next of actions) {
      await play.do(next)
      await play.settle()
    }
    realm.zone.isDown = false
    await play.pass(QUIET_MS, 5000)
    realm.isTogether = true
    await play.settle()
    const told = (person: Person): string => `${person.client.jid}\n${person.log.slice(-25).join('\n')}`
    for (const person of play.people.values()) {
      if (person.own === null) {
        assert.deepEqual([...person.sees.keys()], [], `is out and sees somebody: ${told(person)}`)
        continue
      }
      assert.deepEqual([...person.sees.keys()].toSorted(), await play.occupants(person), `sees others: ${told(person)}`)
      assert(![...person.sees.values()].includes(true), `is in doubt when all is well: ${told(person)}`)
    }
    assert.deepEqual([...realm.a.story.errors, ...realm.b.story.errors], [])
  } finally {
    await realm.end()
  }
}

test('ROOM-141: random scripts in a room across two servers', async () => {
  await fc.assert(fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 25 }), script), {
    numRuns: 3,
    endOnFailure: true,
  })
})
