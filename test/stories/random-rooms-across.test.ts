/**
 * Random scripts in one room with users of two servers, in memory (ROOM-141): the link breaks and comes back, clients vanish meanwhile,
 * people come, go, change, are kicked. When all is quiet every client sees who is there, and nobody who is not; and nobody has learnt a
 * real address that is not for them.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ASKING } from '../support/annotations.ts'
import { openRealm, type Realm } from '../support/two-servers.ts'
import type { StoryClient } from '../support/story-client.ts'
import type { Xml } from '../support/xml-reader.ts'

const SERVICE = 'conference.a.example'
const ROOM = `den@${SERVICE}`
const MUC = 'http://jabber.org/protocol/muc'
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
const presence = (nick: string, inside: string, type = ''): string => `<presence to='${ROOM}/${nick}'${type}>${inside}</presence>`
const JOIN = `<x xmlns='${MUC}'><history maxstanzas='0'/></x>`

/** One client and what it believes of the room. */
class Person {
  readonly user: User
  readonly client: StoryClient
  /** By nickname: is the presence in doubt? */
  readonly sees = new Map<string, boolean>()
  own: string | null = null
  readonly log: string[] = []

  constructor(user: User, client: StoryClient) {
    this.user = user
    this.client = client
  }
  get caps(): string {
    return ASK.includes(this.user) ? ASKING.c : ''
  }
  read(): void {
    for (const stanza of this.client.take()) {
      this.log.push(stanza.show().slice(0, 300))
      if (this.user !== USERS[0]) this.#expectNoAddress(stanza)
      if (stanza.name === 'iq' && stanza.attr('type') === 'get') this.#answer(stanza)
      if (stanza.name === 'presence' && stanza.attr('from')?.startsWith(`${ROOM}/`) === true) this.#fold(stanza)
    }
  }
  #answer(question: Xml): void {
    const inside = question.child('query') === undefined || this.caps === '' ? '' : ASKING.query
    this.client.send(`<iq type='result' id='${question.attr('id')!}' to='${question.attr('from')!}'>${inside}</iq>`)
  }
  #fold(stanza: Xml): void {
    const nick = stanza.attr('from')!.slice(ROOM.length + 1)
    const codes = stanza.child('x')?.elements.map((e) => e.attr('code')) ?? []
    if (stanza.attr('type') === 'unavailable') {
      this.sees.delete(nick)
      if (!codes.includes('110')) return
      this.own = null
      if (!codes.includes('303')) this.sees.clear()
    } else if (stanza.attr('type') === undefined) {
      const annotations = stanza.elements.filter(({ name }) => name === 'state-annotation')
      this.sees.set(
        nick,
        annotations.some(({ elements }) => elements.length > 0),
      )
      if (codes.includes('110')) this.own = nick
    }
  }
  #expectNoAddress(stanza: Xml): void {
    for (const user of USERS)
      if (user !== this.user) assert(!stanza.show().includes(user), `${this.client.jid} has learnt ${user}: ${stanza.show()}`)
  }
}

class Play {
  readonly realm: Realm
  readonly people = new Map<User, Person>()

  constructor(realm: Realm) {
    this.realm = realm
  }
  async come(user: User): Promise<Person> {
    const client = await this.realm.client(`${user}/${String(this.people.size)}${Math.floor(performance.now())}`)
    const person = new Person(user, client)
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
        return client.send(presence(nick, person.caps + JOIN))
      case 'leave':
        return own === null ? undefined : client.send(presence(own, '', ` type='unavailable'`))
      case 'change':
        return own === null ? undefined : client.send(presence(n > 2 ? own : nick, `<status>${n}</status>${person.caps}`))
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
    const looked = new Person(person.user, person.client)
    person.client.send(presence(person.own!, person.caps + JOIN))
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
    const unlock = `<iq type='set' id='u' to='${ROOM}'><query xmlns='${MUC}#owner'><x xmlns='jabber:x:data' type='submit'/></query></iq>`
    owner.client.send(presence('Owner', owner.caps + JOIN), unlock)
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
