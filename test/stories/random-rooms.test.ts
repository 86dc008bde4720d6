/**
 * Random scripts in one room, in memory (ROOM-141): whoever does whatever, in whatever order, every client sees who is there and
 * nobody else, learns no real address that is not for it, and the server logs no error.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decode, escape } from '../../src/xml/wire.ts'
import { bareOf, Cast } from '../support/story.ts'
import { storyServer } from '../support/story-server.ts'
import type { StoryClient } from '../support/story-client.ts'
import type { Xml } from '../support/xml-reader.ts'

const ROOM = 'den@conference.a.example'
const MUC = 'http://jabber.org/protocol/muc'
const FORM = `<x xmlns='jabber:x:data' type='submit'>`
/** The last two are never more than members without voice. */
const USERS = ['alice', 'bob', 'carol', 'dave'] as const
const PLAIN: readonly string[] = ['carol', 'dave']
type User = (typeof USERS)[number]
const NICKS = ['A', 'a', 'B', 'Bob', 'C', 'Карл', 'x&lt;&apos;&gt;', ' ', ''] as const
const CONFIG = [
  'membersonly',
  'moderatedroom',
  'publicroom',
  'persistentroom',
  'changesubject',
  'allowinvites',
  'enablearchiving',
]

interface Action {
  readonly user: User
  readonly device: 0 | 1
  readonly what: keyof typeof DO
  readonly nick: (typeof NICKS)[number]
  readonly other: User
  readonly n: number
}
const presence = (nick: string, inside: string, type = ''): string => `<presence to='${ROOM}/${nick}'${type}>${inside}</presence>`
const iq = (ns: string, inside: string, type = 'set'): string =>
  `<iq type='${type}' id='q' to='${ROOM}'><query xmlns='${MUC}#${ns}'>${inside}</query></iq>`
const pick = <T>(list: readonly T[], n: number): T => list[n % list.length]!

/** What a client sends. */
const DO = {
  enter: ({ nick, n }: Action) => presence(nick, `<x xmlns='${MUC}'><history maxstanzas='${n}'/></x>`),
  change: ({ nick, n }: Action) => presence(nick, `<show>${pick(['away', 'dnd', 'xa'], n)}</show><priority>${n % 5}</priority>`),
  leave: ({ nick }: Action) => presence(nick, '', ` type='unavailable'`),
  probe: ({ nick }: Action) => presence(nick, '', ` type='probe'`),
  say: ({ n }: Action) => `<message type='groupchat' id='m${n}' to='${ROOM}'><body>${n}</body></message>`,
  subject: ({ n }: Action) => `<message type='groupchat' to='${ROOM}'><subject>${n}</subject></message>`,
  whisper: ({ nick }: Action) => `<message type='chat' to='${ROOM}/${nick}'><body>psst</body></message>`,
  lie: ({ nick, other }: Action) =>
    presence(nick, `<x xmlns='${MUC}#user'><item affiliation='owner' role='moderator' jid='${bareOf(other)}'/></x>`),
  kick: ({ nick }: Action) => iq('admin', `<item nick='${nick}' role='none'/>`),
  mute: ({ nick, n }: Action) => iq('admin', `<item nick='${nick}' role='${pick(['visitor', 'participant'], n)}'/>`),
  affiliate: ({ other, n }: Action) => {
    const all = PLAIN.includes(other) ? ['member', 'none', 'outcast'] : ['admin', 'member', 'none', 'owner']
    return iq('admin', `<item jid='${bareOf(other)}' affiliation='${pick(all, n)}'><reason>r</reason></item>`)
  },
  list: ({ n }: Action) => iq('admin', `<item affiliation='${pick(['owner', 'admin', 'member', 'outcast'], n)}'/>`, 'get'),
  configure: ({ n }: Action) =>
    iq('owner', `${FORM}<field var='muc#roomconfig_${pick(CONFIG, n)}'><value>${n % 2}</value></field></x>`),
  invite: ({ other }: Action) =>
    `<message to='${ROOM}'><x xmlns='${MUC}#user'><invite to='${bareOf(other)}'><reason>come</reason></invite></x></message>`,
  ask: ({ nick }: Action) => `<iq type='get' id='v' to='${ROOM}/${nick}'><query xmlns='jabber:iq:version'/></iq>`,
  register: ({ nick }: Action) =>
    `<iq type='set' id='g' to='${ROOM}'><query xmlns='jabber:iq:register'><username>${nick}</username></query></iq>`,
  voice: () =>
    `<message to='${ROOM}'>${FORM}<field var='FORM_TYPE'><value>${MUC}#request</value></field><field var='muc#role'><value>participant</value></field></x></message>`,
  fail: ({ nick }: Action) =>
    `<message type='error' to='${ROOM}/${nick}'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
} as const satisfies Record<string, (action: Action) => string>

const WEIGHTS: Readonly<Record<keyof typeof DO, number>> = {
  ...(Object.fromEntries(Object.keys(DO).map((what) => [what, 1])) as Record<keyof typeof DO, number>),
  enter: 8,
  change: 3,
  leave: 2,
  say: 3,
}
const action: fc.Arbitrary<Action> = fc.record({
  user: fc.constantFrom(...USERS),
  device: fc.constantFrom(0, 1),
  what: fc.oneof(
    ...Object.entries(WEIGHTS).map(([what, weight]) => ({ weight, arbitrary: fc.constant(what as keyof typeof DO) })),
  ),
  nick: fc.constantFrom(...NICKS),
  other: fc.constantFrom(...USERS),
  n: fc.nat(20),
})

/** News does not wait for longer. */
const A_MOMENT = 250

/** One client and whom it sees in the room. */
class Person {
  readonly client: StoryClient
  readonly isPlain: boolean
  readonly sees = new Set<string>()
  own: string | null = null
  readonly log: string[] = []

  constructor(client: StoryClient) {
    this.client = client
    this.isPlain = PLAIN.some((user) => client.bare === bareOf(user))
  }
  read(): void {
    for (const stanza of this.client.take()) {
      if (this.isPlain) this.#expectNoAddress(stanza)
      this.log.push(
        stanza
          .show()
          .replaceAll(/<occupant-id[^>]*>/g, '')
          .slice(0, 330),
      )
      if (stanza.name === 'presence' && stanza.attr('from')?.startsWith(`${ROOM}/`) === true) this.#fold(stanza)
    }
  }
  #fold(stanza: Xml): void {
    const nick = stanza.attr('from')!.slice(ROOM.length + 1)
    const isSelf = stanza.child('x')?.elements.some((e) => e.name === 'status' && e.attr('code') === '110') === true
    if (stanza.attr('type') === 'unavailable') {
      this.sees.delete(nick)
      const isRenamed = stanza.child('x')!.elements.some((e) => e.attr('code') === '303')
      if (isSelf && !isRenamed) this.sees.clear()
      if (isSelf) this.own = null
    } else if (stanza.attr('type') === undefined) {
      this.sees.add(nick)
      if (isSelf) this.own = nick
    }
  }
  #expectNoAddress(stanza: Xml): void {
    const text = stanza.show()
    for (const user of USERS) {
      const bare = bareOf(user)
      if (bare !== this.client.bare) assert(!text.includes(bare), `${this.client.jid} has learnt ${bare}: ${text}`)
    }
  }
  /** Who is there by what the room says anew. */
  async look(cast: Cast): Promise<readonly string[]> {
    const before = new Set(this.sees)
    this.client.send(presence(decode(escape(this.own!)), `<x xmlns='${MUC}'><history maxstanzas='0'/></x>`))
    await cast.settle()
    this.sees.clear()
    this.read()
    const now = [...this.sees]
    this.sees.clear()
    for (const nick of before) this.sees.add(nick)
    return now.toSorted()
  }
}

/** @param rush presences in a second that are one: news waits for a moment then (ROOM-152) */
async function play(actions: readonly Action[], rush = 5000): Promise<void> {
  const cast = new Cast(await storyServer('memory', { settings: { 'multi-user-chat': { rush } } }))
  try {
    const people = new Map<string, Person>()
    for (const user of USERS)
      for (const device of [0, 1]) people.set(`${user} ${device}`, new Person(await cast.client(user, String(device))))
    const alice = people.get('alice 0')!.client
    alice.send(presence('Owner', `<x xmlns='${MUC}'/>`), iq('owner', `${FORM}</x>`))
    for (const [i, next] of actions.entries()) {
      people.get(`${next.user} ${next.device}`)!.client.send(DO[next.what](next))
      if (i % 4 > 0) continue
      await cast.settle()
      if (next.n === 0) cast.pass(A_MOMENT)
      for (const person of people.values()) person.read()
    }
    await cast.settle()
    cast.pass(A_MOMENT)
    await cast.settle()
    for (const person of people.values()) person.read()
    for (const person of people.values()) {
      if (person.own === null)
        assert.deepEqual(
          [...person.sees],
          [],
          `${person.client.jid} is out and sees somebody\n${person.log.slice(-14).join('\n')}`,
        )
      else assert.deepEqual([...person.sees].toSorted(), await person.look(cast), `${person.client.jid} sees others`)
      for (const other of people.values()) if (other !== person) other.client.take()
    }
    assert.deepEqual(cast.server.errors, [])
  } finally {
    await cast.end()
  }
}

test('ROOM-141, ROOM-152: random scripts in a room in which so many come and go that news waits', async () => {
  const script = fc.array(action, { minLength: 20, maxLength: 50 })
  await fc.assert(
    fc.asyncProperty(script, (actions) => play(actions, 1)),
    { numRuns: 5 },
  )
})
test('ROOM-141: random scripts in a room', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 20, maxLength: 50 }), (actions) => play(actions)),
    { numRuns: 5 },
  )
})
