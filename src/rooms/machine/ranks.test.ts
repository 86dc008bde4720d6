import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mayChangeAffiliation, mayChangeRole } from './ranks.ts'
import type { Affiliation, Role } from './affiliation.ts'
import { affiliating, giving, Scene } from '../testing.ts'

const AFFILIATIONS: readonly Affiliation[] = ['owner', 'admin', 'member', 'none', 'outcast']
const ROLES: readonly Role[] = ['moderator', 'participant', 'visitor']

/** XEP-0045 9 and 10, row by row: what an actor (row) may make of a target (column) that is not themselves. */
const AFFILIATION_TABLE: Readonly<Record<Affiliation, Readonly<Record<Affiliation, Readonly<Record<Affiliation, string>>>>>> = {
  //          to:      owner        admin        member       none         outcast
  owner: {
    owner: row('ok', 'ok', 'ok', 'ok', 'protected'),
    admin: row('ok', 'ok', 'ok', 'ok', 'ok'),
    member: row('ok', 'ok', 'ok', 'ok', 'ok'),
    none: row('ok', 'ok', 'ok', 'ok', 'ok'),
    outcast: row('ok', 'ok', 'ok', 'ok', 'ok'),
  },
  admin: {
    owner: row('rank', 'rank', 'rank', 'rank', 'protected'),
    admin: row('rank', 'rank', 'rank', 'rank', 'protected'),
    member: row('rank', 'rank', 'ok', 'ok', 'ok'),
    none: row('rank', 'rank', 'ok', 'ok', 'ok'),
    outcast: row('rank', 'rank', 'ok', 'ok', 'ok'),
  },
  member: all('rank'),
  none: all('rank'),
  outcast: all('rank'),
}
function row(...verdicts: readonly string[]): Readonly<Record<Affiliation, string>> {
  return Object.fromEntries(AFFILIATIONS.map((to, i) => [to, verdicts[i]!])) as Record<Affiliation, string>
}
function all(verdict: string): Readonly<Record<Affiliation, Readonly<Record<Affiliation, string>>>> {
  const same = row(verdict, verdict, verdict, verdict, verdict)
  return Object.fromEntries(AFFILIATIONS.map((target) => [target, same])) as Record<Affiliation, Record<Affiliation, string>>
}

test('T-M24, ROOM-11, ROOM-17, ROOM-19: every affiliation, of everybody, by everybody', () => {
  for (const actor of AFFILIATIONS)
    for (const target of AFFILIATIONS)
      for (const to of AFFILIATIONS)
        assert.equal(
          mayChangeAffiliation(actor, target, to, false) ?? 'ok',
          AFFILIATION_TABLE[actor][target][to],
          `${actor} makes ${target} ${to}`,
        )
})

test('T-M24: the room decides as the table says, and a refused change leaves everything as it was', () => {
  for (const actor of AFFILIATIONS)
    for (const target of AFFILIATIONS)
      for (const to of AFFILIATIONS) {
        const scene = new Scene()
        scene.make('founder', 'owner')
        scene.make('actor', actor)
        scene.make('target', target)
        const before = JSON.stringify([...scene.room.members])
        const verdict = scene.change('actor', affiliating('target', to)) ?? 'ok'
        assert.equal(verdict, AFFILIATION_TABLE[actor][target][to], `${actor} makes ${target} ${to}`)
        const is = scene.room.members.get('target@a.example')?.affiliation ?? 'none'
        assert.equal(is, verdict === 'ok' ? to : target)
        if (verdict !== 'ok') assert.equal(JSON.stringify([...scene.room.members]), before)
      }
})

test('ROOM-18, ROOM-162: nobody bans themselves, whatever they are', () => {
  for (const actor of ['owner', 'admin'] as const) assert.equal(mayChangeAffiliation(actor, actor, 'outcast', true), 'self-ban')
  for (const actor of ['member', 'none', 'outcast'] as const)
    assert.equal(mayChangeAffiliation(actor, actor, 'outcast', true), 'rank')
})

/** XEP-0045 8 and 9.6, 9.7 in words: the model that the table of roles is compared with. */
function roleVerdict(actor: Affiliation, role: Role, target: Affiliation, was: Role, to: Role | 'none'): string {
  const administers = actor === 'owner' || actor === 'admin'
  const isAdministrator = target === 'owner' || target === 'admin'
  const rank = (a: Affiliation): number => -AFFILIATIONS.indexOf(a)
  if (role !== 'moderator') return 'rank'
  if (to === 'none') return rank(target) > rank(actor) || (was === 'moderator' && !administers) ? 'protected' : 'ok'
  if (to === 'moderator') return administers ? 'ok' : 'rank'
  if (was === 'moderator' && !administers) return 'rank'
  if (isAdministrator) return 'protected'
  if (to === 'participant') return 'ok'
  return target !== 'none' && rank(target) >= rank(actor) ? 'protected' : 'ok'
}

test('T-M24, ROOM-10 to ROOM-16: every role, of everybody, by everybody', () => {
  const inside = AFFILIATIONS.filter((affiliation) => affiliation !== 'outcast')
  let checked = 0
  for (const actor of inside)
    for (const role of ROLES)
      for (const target of inside)
        for (const was of ROLES)
          for (const to of [...ROLES, 'none'] as const) {
            const verdict = mayChangeRole({ affiliation: actor, role }, { affiliation: target, role: was }, to, false) ?? 'ok'
            assert.equal(verdict, roleVerdict(actor, role, target, was, to), `${actor} ${role}: ${target} ${was} to ${to}`)
            checked += 1
          }
  assert.equal(checked, 4 * 3 * 4 * 3 * 4)
})

test('XEP-0045 8.2 to 9.7, some rows as they are written there', () => {
  const moderator = { affiliation: 'none', role: 'moderator' } as const
  const owner = { affiliation: 'owner', role: 'moderator' } as const
  const admin = { affiliation: 'admin', role: 'moderator' } as const
  const guest = { affiliation: 'none', role: 'participant' } as const
  const cases = [
    ['a moderator kicks a guest', moderator, guest, 'none', null],
    ['a moderator does not kick a member', moderator, { ...guest, affiliation: 'member' }, 'none', 'protected'],
    ['a moderator does not kick another moderator', moderator, { ...moderator }, 'none', 'protected'],
    ['an admin kicks a moderator', admin, moderator, 'none', null],
    ['an admin does not kick an owner', admin, owner, 'none', 'protected'],
    ['an owner kicks an admin', owner, admin, 'none', null],
    ['a moderator mutes a guest', moderator, guest, 'visitor', null],
    ['nobody mutes an admin', owner, admin, 'visitor', 'protected'],
    ['a moderator does not make moderators', moderator, guest, 'moderator', 'rank'],
    ['an admin makes moderators', admin, guest, 'moderator', null],
    ['an admin takes a moderator back', admin, moderator, 'participant', null],
    ['no owner takes the role of an admin', owner, admin, 'participant', 'protected'],
    ['a participant kicks nobody', guest, guest, 'none', 'rank'],
  ] as const
  for (const [name, actor, target, to, verdict] of cases) assert.equal(mayChangeRole(actor, target, to, false), verdict, name)
})

test('ROOM-13: a moderator may put themselves out', () => {
  const scene = new Scene()
  scene.make('mona', 'admin')
  scene.enter('mona')
  assert.equal(scene.change('mona', giving('mona', 'none')), null)
  assert.equal(scene.occupant('mona'), undefined)
})
