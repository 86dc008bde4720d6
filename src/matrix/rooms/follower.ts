/** For tests: a client that follows a room by /sync, against the room as it is. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Command } from '../../rooms/machine/commands.ts'
import type { RoomConfig } from '../../rooms/machine/config.ts'
import { scripts } from '../../rooms/scripts.ts'
import { hidesNobody } from '../data/ignored.ts'
import { joinedRoom, type Asking } from '../sync/joined-room.ts'
import type { MatrixEvent } from './events.ts'
import type { JsonObject } from './json.ts'
import type { Names } from './names.ts'
import { RoomReading } from './reading.ts'
import { shownPeople, stateEventAt } from './state-events.ts'
import { MEMBER, statesOf } from './states.ts'
import { AwakeScene } from './testing.ts'

interface Block {
  readonly timeline: { readonly events: readonly MatrixEvent[]; readonly limited: boolean; readonly prev_batch: string }
  readonly state?: { readonly events: readonly (MatrixEvent & { state_key: string })[] }
  readonly state_after?: { readonly events: readonly (MatrixEvent & { state_key: string })[] }
}

const ZOE = 'zoe@a.example'

/** State and timeline, one behind the other. */
export class Follower {
  readonly state = new Map<string, JsonObject>()
  readonly seen: string[] = []
  token: number | null = null
  /** The last answer, as it travels. */
  last = ''
  readonly #asking: Partial<Asking>

  constructor(asking: Partial<Asking>) {
    this.#asking = asking
  }
  async sync(scene: AwakeScene): Promise<void> {
    const upTo = scene.stream
    const usual = {
      viewer: ZOE,
      deviceKey: '',
      now: scene.scene.now,
      filter: undefined,
      stateAfter: null,
      fullState: false,
      hides: hidesNobody,
    }
    const ask: Asking = { ...usual, ...this.#asking, since: this.token, upTo }
    const block = (await joinedRoom(new RoomReading(), scene.awake, ask)) as unknown as Block | null
    this.token = upTo
    this.last = JSON.stringify(block)
    if (block === null) return
    for (const event of block.state?.events ?? []) this.#apply(event)
    for (const event of block.timeline.events) {
      this.seen.push(event.event_id)
      if (event.state_key !== undefined && this.#asking.stateAfter == null)
        this.#apply(event as MatrixEvent & { state_key: string })
    }
    for (const event of block.state_after?.events ?? []) this.#apply(event)
  }
  #apply({ type, state_key: key, content }: MatrixEvent & { state_key: string }): void {
    const { reason: _, ...told } = content
    this.state.set(`${type} ${key}`, told)
  }
}

/** Who has nothing to do with a room has left it, as far as a client knows. */
function stateOf(scene: AwakeScene): ReadonlyMap<string, JsonObject> {
  const { awake } = scene
  const picture = awake.picture()
  const sight = awake.sightOf(ZOE)
  const people = [...shownPeople(awake, picture, sight)].map((bare) => [MEMBER, bare] as const)
  const all = [...statesOf(picture), ...people]
  return new Map(
    all.flatMap(([type, key]) => {
      const event = stateEventAt(awake, picture, sight, type, key)
      const { reason: _, ...told } = event?.content ?? {}
      return event === null ? [] : [[`${type} ${event.state_key}`, told] as const]
    }),
  )
}
const isGone = (content: JsonObject): boolean => content['membership'] === 'leave' || Object.keys(content).length === 0
const there = (state: ReadonlyMap<string, JsonObject>): object =>
  Object.fromEntries([...state].filter(([, content]) => !isGone(content)).sort(([a], [b]) => (a < b ? -1 : 1)))

const configures = (command: Command, isSo: (changes: Partial<RoomConfig>) => boolean): boolean =>
  command.do === 'batch'
    ? command.commands.some((one) => configures(one, isSo))
    : command.do === 'configure' && isSo(command.changes)

/** The people of a scene whose addresses somebody in the room could have seen while it showed them, or can now. */
class Openly {
  readonly #known = new Set<string>()
  #looked = 0

  look({ scene: { room }, awake, log }: AwakeScene): void {
    for (const entry of log.slice(this.#looked))
      for (const bare of [entry.by, 'of' in entry ? entry.of : null]) if (!entry.veiled && bare !== null) this.#known.add(bare)
    this.#looked = log.length
    if (room.facts.config.whois !== 'anyone') return
    for (const bare of [...room.nicksOf.keys(), ...awake.visits.present.keys()]) this.#known.add(bare)
    for (const { jid, affiliation, standing } of room.members.values())
      if (LISTED.includes(affiliation) || (standing?.is === 'joined' && standing.lasting)) this.#known.add(jid)
  }
  assertHidden(text: string, names: Names): void {
    for (const bare of PEOPLE)
      if (!this.#known.has(bare))
        for (const form of [names.openId(bare), bare]) assert.ok(!text.includes(form), `${form} is in ${text}`)
  }
}
const LISTED: readonly string[] = ['owner', 'admin', 'member']
const PEOPLE = ['ann@a.example', 'bob@a.example', 'cid@a.example', 'dan@b.example', 'eve@b.example']

/** Random scripts of 30 steps: what the client has is what the room is, after each answer. */
export async function follows(
  asking: Partial<Asking>,
  limit: number,
  runs: number,
  whois: 'anyone' | 'moderators' | 'either' = 'anyone',
) {
  const filter = { timeline: { limit } }
  await fc.assert(
    fc.asyncProperty(scripts(30), fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }), async (steps, syncs) => {
      const scene = new AwakeScene(whois === 'either' ? {} : { whois })
      const client = new Follower({ ...asking, filter })
      const openly = new Openly()
      scene.do({ do: 'change', items: [{ of: { jid: 'ann@a.example' }, affiliation: 'owner', role: null, reason: '' }] })
      scene.do({ do: 'change', items: [{ of: { jid: 'zoe@a.example' }, affiliation: 'member', role: null, reason: '' }] })
      scene.do({ do: 'join', nick: 'Zoe', password: null }, 'zoe')
      for (const [i, [by, command]] of steps.entries()) {
        if (configures(command, ({ archived }) => archived === false)) continue
        if (whois !== 'either' && configures(command, ({ whois: other }) => other !== undefined)) continue
        scene.do(command, by)
        openly.look(scene)
        if (syncs[i] === false) continue
        await client.sync(scene)
        openly.assertHidden(client.last, scene.awake.names)
        assert.deepEqual(there(client.state), there(stateOf(scene)), `after ${i} ${JSON.stringify(command)}`)
      }
      assert.equal(new Set(client.seen).size, client.seen.length, 'an event came twice')
    }),
    { numRuns: runs },
  )
}
