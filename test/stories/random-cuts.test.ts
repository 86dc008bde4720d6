/**
 * XEP-0198 under random cuts, in memory: connections that break while anything is being written, that are gone without
 * anybody knowing, and clients that come back at any moment. Whatever happens, a session that is resumed has had every
 * stanza once and in order; and one that is not has one end, and what it has not got is neither lost nor doubled.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Phone } from '../support/phone.ts'
import { BOB, chat, R, RESUME_MS } from '../support/stream-management.ts'
import { Cast } from '../support/story.ts'
import { storyServer } from '../support/story-server.ts'
import type { StoryClient } from '../support/story-client.ts'
import type { Xml } from '../support/xml-reader.ts'

type Act =
  | { readonly what: 'message' | 'presence' | 'answer' | 'acknowledge' | 'request' | 'inactive' | 'active' | 'drop' }
  | { readonly what: 'cut'; readonly during: 'a stanza' | 'an acknowledgement'; readonly characters: number }
  | { readonly what: 'lose'; readonly characters: number; readonly isMute: boolean }
  | { readonly what: 'come back'; readonly leavesOpen: boolean }
  | { readonly what: 'wait'; readonly span: number }
interface Step {
  readonly act: Act
  /** What was done has its effects before the next step. */
  readonly isQuietAfter: boolean
}

const MINUTE = 60_000
const SPANS = [1000, 20_000, 61_000, RESUME_MS]

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ what: fc.constantFrom('message', 'presence', 'answer') }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constantFrom('acknowledge', 'request', 'inactive', 'active', 'drop') }) },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant('cut'),
      during: fc.constantFrom('a stanza', 'an acknowledgement'),
      characters: fc.nat(60),
    }),
  },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('lose'), characters: fc.nat(400), isMute: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ what: fc.constant('come back'), leavesOpen: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('wait'), span: fc.constantFrom(...SPANS) }) },
)
const step: fc.Arbitrary<Step> = fc.record({ act, isQuietAfter: fc.boolean() })

/** Alice writes to Bob, whose phones lose their connections, and Carol watches him. */
class Scene {
  readonly cast: Cast
  readonly alice: StoryClient
  readonly carol: StoryClient
  readonly phones: Phone[] = []
  /** What Alice has written to Bob, and Bob to Alice. */
  readonly written: string[] = []
  readonly answered = new Map<Phone, string[]>()
  shows = 0
  #waited = 0

  private constructor(cast: Cast, alice: StoryClient, carol: StoryClient) {
    this.cast = cast
    this.alice = alice
    this.carol = carol
  }
  static async play(script: (scene: Scene) => Promise<void>): Promise<void> {
    const cast = new Cast(await storyServer('memory', { settings: { 'stream-management': { 'ask-after-stanzas': 3 } } }))
    try {
      for (const friend of ['alice', 'carol']) await cast.rosters([friend, 'bob', 'both'], ['bob', friend, 'both'])
      const [alice, carol] = await cast.clients('alice/1', 'carol/1')
      await script(new Scene(cast, alice, carol))
      assert.deepEqual(cast.server.errors, [])
    } finally {
      await cast.end()
    }
  }
  async phone(resource: string, ...greetings: readonly string[]): Promise<Phone> {
    const phone = new Phone(this.cast, 'bob', resource, ['<presence/>', ...greetings])
    await phone.connect()
    this.phones.push(phone)
    await this.quiet()
    return phone
  }
  /** @param spanMax how far the clock may be moved, over all steps */
  async step(phone: Phone, { act, isQuietAfter }: Step, spanMax: number): Promise<void> {
    await this.#act(phone, act, spanMax)
    if (isQuietAfter) await this.quiet()
  }
  /** Everything that is under way arrives, as far as it can. */
  async quiet(): Promise<void> {
    for (let i = 0; i < 8; i++) {
      await new Promise<void>((next) => void setImmediate(next))
      for (const phone of this.phones) phone.pump()
    }
  }
  /**
   * Whoever is connected acknowledges what he has.
   * @returns checks, for later, that nothing of it has come to him again
   */
  async acknowledge(): Promise<(() => void)[]> {
    await this.quiet()
    for (const phone of this.phones) phone.acknowledge()
    await this.quiet()
    return this.phones.filter((phone) => phone.isConnected).map(nothingAgain)
  }
  /** Nobody says more than he must. */
  async pass(span: number): Promise<void> {
    for (let rest = span; rest > 0; rest -= MINUTE) {
      this.cast.pass(Math.min(rest, MINUTE))
      await this.quiet()
      await this.cast.settle()
    }
  }

  async #act(phone: Phone, act: Act, spanMax: number): Promise<void> {
    switch (act.what) {
      case 'message':
        this.written.push(`m${this.written.length}`)
        return this.alice.send(chat(this.written.length % 2 === 0 ? BOB : phone.jid, this.written.at(-1)!))
      case 'presence':
        return this.alice.send(`<presence><status>${(this.shows += 1)}</status></presence>`)
      case 'answer':
        return phone.send(this.#answer(phone))
      case 'acknowledge':
        return phone.acknowledge()
      case 'request':
        return phone.say(R)
      case 'inactive':
      case 'active':
        return phone.say(`<${act.what} xmlns='urn:xmpp:csi:0'/>`)
      case 'drop':
        return phone.drop()
      case 'cut':
        if (act.during === 'a stanza') return phone.cutWhileSending(this.#answer(phone), act.characters)
        return phone.cutWhileAcknowledging(act.characters)
      case 'lose':
        return phone.lose(act.characters, act.isMute)
      case 'come back':
        return phone.connect(act.leavesOpen)
      case 'wait':
        if (this.#waited + act.span >= spanMax) return
        this.#waited += act.span
        return this.pass(act.span)
    }
  }
  #answer(phone: Phone): string {
    const answers = this.answered.get(phone) ?? []
    this.answered.set(phone, answers)
    answers.push(`${phone.jid} ${answers.length}`)
    return chat(this.alice.jid, answers.at(-1)!)
  }
}

/** What came to the user: messages, and copies of those that came for another of his clients. */
function bodies(messages: readonly Xml[]): string[] {
  const originals = messages.map((m) => m.child('received')?.child('forwarded')?.child('message') ?? m)
  return originals.flatMap((m) => m.child('body')?.text ?? [])
}
const messagesIn = (all: readonly Xml[]): readonly Xml[] => all.filter((xml) => xml.name === 'message')

test('T-SM02: a session that is resumed in time has every stanza once, in order, and nobody sees that it was away', () =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), (script) =>
      Scene.play(async (scene) => {
        const phone = await scene.phone('phone')
        scene.carol.take()
        for (const step of script) await scene.step(phone, step, RESUME_MS)
        await phone.connect()
        phone.say(`<active xmlns='urn:xmpp:csi:0'/>`)
        await scene.quiet()
        assert.equal(phone.sessions, 1)
        assert.deepEqual(bodies(phone.messages), scene.written)
        assert.deepEqual(bodies(messagesIn(scene.alice.take())), scene.answered.get(phone) ?? [])
        if (scene.shows > 0) assert.equal(phone.presences.get(scene.alice.jid)!.child('status')!.text, String(scene.shows))
        assert.deepEqual(scene.carol.take(), [])
      }),
    ),
    { numRuns: 40 },
  ))

test('T-SM05: a session has one end, and what its client did not get another gets: nothing is lost, or comes again that was acknowledged', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), step), { minLength: 10, maxLength: 60 }), (script) =>
      Scene.play(async (scene) => {
        const phones = [await scene.phone('1', CARBONS), await scene.phone('2', CARBONS)] as const
        const checks: (() => void)[] = []
        for (const [isFirst, { act, isQuietAfter }] of script) {
          const phone = phones[isFirst ? 0 : 1]
          if (act.what === 'wait') checks.push(...(await scene.acknowledge()))
          await scene.step(phone, { act, isQuietAfter }, Infinity)
        }
        for (const phone of phones) await phone.connect()
        await scene.quiet()
        await scene.acknowledge()
        for (const check of checks) check()
        for (const phone of phones) phone.drop()
        await scene.quiet()
        await scene.pass(RESUME_MS)

        const got = new Set(phones.flatMap((phone) => bodies(phone.messages)))
        assert.deepEqual([...got].sort(), [...scene.written].sort())
        const answers = messagesIn(scene.alice.take())
        for (const phone of phones)
          assert.deepEqual(bodies(answers.filter((m) => m.attr('from') === phone.jid)), scene.answered.get(phone) ?? [])
        const seen = scene.carol.take()
        for (const phone of phones) {
          const types = seen.filter((xml) => xml.attr('from') === phone.jid).map((xml) => xml.attr('type') ?? 'available')
          assert.deepEqual(types, Array.from({ length: phone.sessions }, () => ['available', 'unavailable']).flat())
        }
        const last = await scene.cast.client('bob', 'last', { presence: null })
        last.send('<presence/>')
        await scene.cast.settle()
        assert.deepEqual(messagesIn(last.take()), [])
      }),
    ),
    { numRuns: 40 },
  ))
const CARBONS = `<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>`

/** What the phone has now has been acknowledged. @returns fails if any of it has come again since */
function nothingAgain(phone: Phone): () => void {
  const before = phone.messages.length
  return () => {
    const acknowledged = new Set(bodies(phone.messages.slice(0, before)))
    assert.deepEqual(
      bodies(phone.messages.slice(before)).filter((body) => acknowledged.has(body)),
      [],
    )
  }
}
