/** What holds in a room whatever people do: a script of random commands, and after each of them a look at everything. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { scripts, type Step } from '../scripts.ts'
import { emptyRoom, Scene } from '../testing.ts'
import { keepOccupants, restoreOccupants } from '../snapshot.ts'
import { sightOf } from './audience.ts'
import { nickKeys } from './nicks.ts'
import { affiliationIn } from './plan.ts'
import { putMember, type Occupant, type Room } from './room.ts'
import type { Tell } from './tells.ts'

/** Everything in memory. Records never change, so it is enough to have the records. */
const picture = (room: Room): readonly unknown[] => [
  ...[room.members, room.occupants, room.nicksOf, room.nicksInUse, room.nicksReserved, room.nickOfSession].flatMap((map) =>
    [...map].flat(),
  ),
  room.facts,
  room.version,
]
const isSame = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((one, i) => one === b[i])

/** What clients have in front of them, from what was told alone: for each session the nicknames that it was shown. */
class Screens {
  readonly #room: Room
  /** By the full address of a session in the room. */
  readonly shown = new Map<string, Set<string>>()

  constructor(room: Room) {
    this.#room = room
  }
  hear(tells: readonly Tell[]): void {
    for (const tell of tells) this.#hear(tell)
  }
  #hear(tell: Tell): void {
    switch (tell.tell) {
      case 'entered':
        return this.#entered(tell.session.jid.full, tell.occupant)
      case 'in':
      case 'shown':
        return this.#show(tell.occupant)
      case 'update':
        if (tell.to !== 'self') this.#update(tell.before, tell.after)
        return
      case 'renamed':
        this.#forget(tell.before.nick)
        for (const { jid } of tell.after.sessions) this.shown.get(jid.full)?.delete(tell.after.nick)
        return this.#show(tell.after)
      case 'sight':
        return this.#look(tell)
      case 'out':
        if (tell.to === 'others') return this.#forget(tell.occupant.nick)
        for (const { jid } of tell.sessions) assert.ok(this.shown.delete(jid.full), 'told to go, and not in the room')
        return
      case 'hidden':
        return this.#update(null, tell.occupant)
      case 'heard':
        return this.#show(tell.after)
      case 'quiet':
        for (const occupant of this.#room.occupants.values()) this.#show(occupant)
        return
      case 'ended':
        for (const { sessions } of tell.occupants) for (const { jid } of sessions) this.shown.delete(jid.full)
    }
  }
  #look({ before, after, sessions }: Extract<Tell, { tell: 'sight' }>): void {
    for (const { jid } of sessions)
      for (const other of this.#room.occupants.values()) {
        const [saw, sees] = [this.#sees(before, other), this.#sees(after, other)]
        if (saw && !sees) this.shown.get(jid.full)?.delete(other.nick)
        if (!saw && sees) this.shown.get(jid.full)?.add(other.nick)
      }
  }
  #entered(session: string, me: Occupant): void {
    const all = [...this.#room.occupants.values()].filter(({ nick }) => nick !== me.nick)
    this.shown.set(session, new Set(all.filter((other) => this.#sees(me, other)).map(({ nick }) => nick)))
  }
  #show(occupant: Occupant): void {
    this.#update(null, occupant)
  }
  #update(_: Occupant | null, after: Occupant): void {
    for (const viewer of this.#room.occupants.values())
      for (const { jid } of viewer.sessions) {
        const screen = this.shown.get(jid.full)
        if (screen === undefined || viewer.nick === after.nick) continue
        if (this.#sees(viewer, after)) screen.add(after.nick)
        else screen.delete(after.nick)
      }
  }
  #forget(nick: string): void {
    for (const screen of this.shown.values()) screen.delete(nick)
  }
  #sees(viewer: Occupant, other: Occupant): boolean {
    return sightOf(this.#room.facts, viewer, other) !== 'nothing'
  }
}

function indexesHold({ members, occupants, nicksOf, nicksInUse, nicksReserved, nickOfSession }: Room): void {
  const sessions = new Map<string, string>()
  const inUse = new Map<string, string>()
  const reserved = new Map<string, string>()
  const nicks = new Map<string, string[]>()
  for (const [nick, occupant] of occupants) {
    assert.equal(occupant.nick, nick)
    assert.ok(occupant.sessions.length > 0 && occupant.sessions.includes(occupant.effective))
    for (const { jid } of occupant.sessions) assert.ok(!sessions.has(jid.full) && jid.bare === occupant.bare)
    for (const { jid } of occupant.sessions) sessions.set(jid.full, nick)
    for (const key of nickKeys(nick)) assert.ok(!inUse.has(key))
    for (const key of nickKeys(nick)) inUse.set(key, nick)
    nicks.set(occupant.bare, [...(nicks.get(occupant.bare) ?? []), nick])
  }
  for (const [jid, { nick }] of members) for (const key of nick === null ? [] : nickKeys(nick)) reserved.set(key, jid)
  const sorted = <V>(map: ReadonlyMap<string, V>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1))
  assert.deepEqual(sorted(nickOfSession), sorted(sessions))
  assert.deepEqual(sorted(nicksInUse), sorted(inUse))
  assert.deepEqual(sorted(nicksReserved), sorted(reserved))
  assert.deepEqual(
    sorted(nicksOf).map(([bare, all]) => [bare, all.toSorted()]),
    sorted(nicks).map(([bare, all]) => [bare, all.toSorted()]),
  )
}

function ranksHold(room: Room): void {
  const { members, occupants, facts } = room
  assert.ok(
    [...members.values()].some(({ affiliation }) => affiliation === 'owner'),
    'no owner is left',
  )
  for (const { bare, affiliation, role, nick } of occupants.values()) {
    assert.equal(affiliation, affiliationIn(room, bare))
    assert.notEqual(affiliation, 'outcast')
    if (affiliation === 'owner' || affiliation === 'admin') assert.equal(role, 'moderator')
    if (facts.config.membersOnly) assert.notEqual(affiliation, 'none')
    for (const key of nickKeys(nick)) assert.equal(room.nicksReserved.get(key) ?? bare, bare, `${nick} is reserved for another`)
  }
}

/** @param quietAbove more than so many make the room quiet */
function run(steps: readonly Step[], look: (scene: Scene, screens: Screens) => void, quietAbove = 1000): void {
  const scene = new Scene({}, { quietAbove })
  const screens = new Screens(scene.room)
  scene.make('ann', 'owner')
  for (const [by, command] of steps) {
    const before = picture(scene.room)
    const refused = scene.do(command, by)
    if (refused !== null) assert.ok(isSame(picture(scene.room), before), 'a refused command has changed something')
    else screens.hear(scene.tells)
    if (scene.end !== null) return
    look(scene, screens)
  }
}
const RUNS = { numRuns: 100 }

test('whatever people do, the indexes of a room hold, and nobody is where they may not be', () => {
  fc.assert(
    fc.property(scripts(40), (steps) =>
      run(steps, ({ room }) => {
        indexesHold(room)
        ranksHold(room)
      }),
    ),
    RUNS,
  )
})

function screensHold({ room }: Scene, { shown }: Screens): void {
  const visible = new Map<string, string[]>()
  for (const viewer of room.occupants.values())
    for (const { jid } of viewer.sessions) {
      const others = [...room.occupants.values()].filter((other) => other.nick !== viewer.nick)
      visible.set(
        jid.full,
        others
          .filter((other) => sightOf(room.facts, viewer, other) !== 'nothing')
          .map(({ nick }) => nick)
          .sort(),
      )
    }
  const has = [...shown].map(([session, nicks]) => [session, [...nicks].sort()] as const).sort(([a], [b]) => (a < b ? -1 : 1))
  assert.deepEqual(
    has,
    [...visible].sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}
test('ROOM-141: each session in a room has been shown who is there, as far as it may see them, and nobody else', () => {
  fc.assert(
    fc.property(scripts(40), (steps) => run(steps, screensHold)),
    RUNS,
  )
})
test('ROOM-153: the same in a room that becomes quiet, and is so no more', () => {
  fc.assert(
    fc.property(scripts(60), fc.integer({ min: 2, max: 5 }), (steps, quietAbove) => run(steps, screensHold, quietAbove)),
    RUNS,
  )
})

test('ROOM-141: real addresses are for moderators, where the room is not open, and for the person', () => {
  fc.assert(
    fc.property(scripts(30), (steps) =>
      run(steps, ({ room }) => {
        const all = [...room.occupants.values()]
        for (const viewer of all)
          for (const other of all) {
            const seesAddress = ['address', 'self'].includes(sightOf(room.facts, viewer, other))
            const isEntitled = room.facts.config.whois === 'anyone' || viewer.role === 'moderator' || viewer.bare === other.bare
            assert.ok(!seesAddress || isEntitled)
          }
      }),
    ),
    { numRuns: 40 },
  )
})

test('ROOM-84: who is in a room is the same after it was written down and read', () => {
  fc.assert(
    fc.property(scripts(30), (steps) =>
      run(steps, ({ room }) => {
        const kept = keepOccupants(room, [])
        const again = emptyRoom()
        again.facts = room.facts
        for (const [jid, member] of room.members) putMember(again, jid, member)
        if (kept !== null) restoreOccupants(again, JSON.parse(JSON.stringify(kept)) as typeof kept)
        const words = ({ occupants }: Room) =>
          Array.from(occupants.values(), ({ effective, sessions, ...rest }) => [
            rest,
            effective.jid.full,
            sessions.map(({ jid, presence, ...others }) => [jid.full, presence.payload.text, presence.priority, others]),
          ])
        assert.deepEqual(words(again), words(room))
        indexesHold(again)
      }),
    ),
    { numRuns: 40 },
  )
})
