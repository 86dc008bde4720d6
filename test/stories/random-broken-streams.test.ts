/**
 * XEP-0198 between two servers under random failures: whatever breaks, and whenever, each message gets there once and in its
 * order.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { SiteOptions } from '../support/site.ts'
import type { StoryClient } from '../support/story-client.ts'
import { federation, type Realm } from '../support/two-servers.ts'
import '../support/properties.ts'

const FOREVER = 86_400_000
const PATIENT: SiteOptions = {
  federation: {
    'stream-management': true,
    'retry': 1000,
    'longest-retry': 2000,
    'grace': FOREVER,
    'queue-timeout': FOREVER,
    'dead-after': FOREVER,
  },
}
/** For longer nobody waits to find out what has got through. */
const DEAD_MAX = 1000
const STEPS = ['a says', 'b says', 'turn', 'turns', 'second', 'seconds', 'goes dead', 'cut', 'cut'] as const

class Wire {
  readonly #realm: Realm
  readonly #talkers: readonly [StoryClient, StoryClient]
  readonly #said: [string[], string[]] = [[], []]
  readonly #read: [string[], string[]] = [[], []]
  /** For how long nothing has come through without anybody knowing; null: it does. */
  #deadMs: number | null = null

  constructor(realm: Realm, talkers: readonly [StoryClient, StoryClient]) {
    this.#realm = realm
    this.#talkers = talkers
  }
  async step(what: (typeof STEPS)[number]): Promise<void> {
    const { clock, a, b } = this.#realm
    switch (what) {
      case 'a says':
        return this.#says(0)
      case 'b says':
        return this.#says(1)
      case 'turn':
        return turns(1)
      case 'turns':
        return turns(30)
      case 'second':
      case 'seconds':
        clock.advance(what === 'second' ? 1000 : 3000)
        if (this.#deadMs !== null && (this.#deadMs += what === 'second' ? 1000 : 3000) > DEAD_MAX) await this.step('cut')
        return turns(30)
      case 'goes dead':
        this.#deadMs ??= 0
        for (const { carrier } of [...a.streams(), ...b.streams()]) carrier.hold()
        return
      case 'cut':
        this.#deadMs = null
        for (const stream of [...a.streams(), ...b.streams()]) stream.destroy()
        return turns(3)
    }
  }
  /** Time passes without troubles, and all that was said is there. */
  async end(): Promise<void> {
    await this.step('cut')
    for (let i = 0; i < 60 && !this.#isAllRead(); i++) {
      this.#realm.clock.advance(1000)
      await turns(60)
    }
    assert.deepEqual(this.#read[1], this.#said[0], 'what a.example has said')
    assert.deepEqual(this.#read[0], this.#said[1], 'what b.example has said')
  }

  async #says(who: 0 | 1): Promise<void> {
    const body = `${who} ${this.#said[who].length}`
    this.#said[who].push(body)
    this.#talkers[who].send(`<message to='${this.#talkers[who === 0 ? 1 : 0].jid}' type='chat'><body>${body}</body></message>`)
  }
  #isAllRead(): boolean {
    for (const who of [0, 1] as const)
      for (const xml of this.#talkers[who].take())
        if (xml.name === 'message') this.#read[who].push(xml.attr('type') === 'error' ? xml.show() : xml.child('body')!.text)
    return this.#read[1].length >= this.#said[0].length && this.#read[0].length >= this.#said[1].length
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((next) => void setImmediate(next))
}

federation(
  'XEP-0198: each message gets there once and in its order, whatever breaks',
  { a: PATIENT, b: PATIENT },
  async (realm) => {
    const [alice, dave] = await realm.clients('alice@a.example/1', 'dave@b.example/1')
    const script = fc.array(fc.constantFrom(...STEPS), { minLength: 5, maxLength: 40 })
    const play = async (steps: readonly (typeof STEPS)[number][]): Promise<void> => {
      const wire = new Wire(realm, [alice, dave])
      for (const step of steps) await wire.step(step)
      await wire.end()
    }
    await fc.assert(fc.asyncProperty(script, play), { numRuns: 40, endOnFailure: true })
    realm.isTogether = false
    alice.take()
    dave.take()
  },
)
