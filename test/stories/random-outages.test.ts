/**
 * XEP-0310 under random failures, in memory: links that break and come back, contacts elsewhere who come, change and go
 * meanwhile, clients here that lose their connections, look away and come back. At every moment whoever asks for annotations
 * sees what is so, or is told that it may not be, within the time that it takes to know; nobody is told anything twice; and
 * when all is quiet everybody sees what is so, whether he asks or not.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ASKING } from '../support/annotations.ts'
import { Elsewhere } from '../support/elsewhere.ts'
import { Phone } from '../support/phone.ts'
import { Cast, DOMAIN } from '../support/story.ts'
import { storyServer } from '../support/story-server.ts'
import type { Xml } from '../support/xml-reader.ts'

const REMOTE = ['juliet@b.example/orchard', 'juliet@b.example/phone', 'nurse@b.example/x'] as const
const LOCAL = ['benvolio', 'mercutio'] as const
const WATCHERS = ['romeo', 'rosaline'] as const
const SHOWS = ['away', 'xa', 'dnd'] as const
const SPANS = [1000, 4000, 31_000, 70_000]

type Act =
  | { readonly what: 'cut' | 'restore' | 'part' | 'look away' | 'look' | 'come back' | 'lose' }
  | { readonly what: 'elsewhere'; readonly who: (typeof REMOTE)[number]; readonly show: string | null }
  | {
      readonly what: 'here'
      readonly who: (typeof LOCAL)[number]
      readonly does: 'lose' | 'come back' | 'leave' | 'change'
      readonly show: string
    }
  | { readonly what: 'wait'; readonly span: number }

const show = fc.constantFrom(...SHOWS)
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ what: fc.constantFrom('cut', 'restore', 'part') }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constantFrom('look away', 'look', 'come back', 'lose') }) },
  { weight: 5, arbitrary: fc.record({ what: fc.constant('elsewhere'), who: fc.constantFrom(...REMOTE), show: fc.option(show) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('here'),
      who: fc.constantFrom(...LOCAL),
      does: fc.constantFrom('lose', 'come back', 'leave', 'change'),
      show,
    }),
  },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('wait'), span: fc.constantFrom(...SPANS) }) },
)

/** From a loss to its announcement at most: an idle link is tried, then there is the grace period, and an attempt. */
const LOSS_MS = 62_000
/** From the return of a link until who has gone is shown as gone. */
const CONFIRMED_MS = 33_000
const PAUSE_MS = 3000
const STEP_MS = 1000

interface Seen {
  readonly show: string
  /** Null: none. */
  readonly doubt: string | null
}

/** What one client believes, from what it is sent. */
class Watcher {
  readonly phone: Phone
  readonly asks: boolean
  readonly sees = new Map<string, Seen>()
  isLooking = true
  #session = 0

  constructor(cast: Cast, user: string, asks: boolean) {
    this.asks = asks
    this.phone = new Phone(cast, user, '1', [`<presence>${asks ? ASKING.c : ''}</presence>`])
    this.phone.answer = () => ASKING.query
    this.phone.onPresence = (xml) => this.#read(xml)
  }
  #read(xml: Xml): void {
    if (this.#session !== this.phone.sessions) {
      this.#session = this.phone.sessions
      this.sees.clear()
      this.isLooking = true
    }
    const from = xml.attr('from')!
    const type = xml.attr('type')
    const before = this.sees.get(from)
    if (type === 'unavailable') {
      for (const full of [...this.sees.keys()]) if (full === from || full.startsWith(`${from}/`)) this.sees.delete(full)
      return
    }
    assert.equal(type, undefined)
    const annotation = xml.child('state-annotation')
    const doubt = annotation?.elements.find((e) => e.name !== 'description')?.name ?? null
    const show = xml.child('show')?.text ?? ''
    if (annotation !== undefined) {
      assert(this.asks, 'annotated for who does not ask')
      assert.equal(annotation.attr('from'), DOMAIN)
      if (before?.show === show) assert.notDeepEqual(before.doubt, doubt, `the same of ${from} twice`)
      if (doubt === null) assert(before !== undefined && before.doubt !== null, `${from}: taken back what was not said`)
    }
    this.sees.set(from, { show, doubt })
  }
}

class World {
  readonly cast: Cast
  readonly b: Elsewhere
  readonly watchers: readonly Watcher[]
  readonly contacts = new Map<string, Phone>()
  /** How it is elsewhere. */
  readonly truth = new Map<string, string>()
  /** Since when the link is up, or is not. */
  #isUp = true
  #since: number
  /** Since when the sessions of contacts wait for their clients. */
  readonly #pausedAt = new Map<string, number>()

  private constructor(cast: Cast) {
    this.cast = cast
    this.b = new Elsewhere(cast)
    this.watchers = WATCHERS.map((user) => new Watcher(cast, user, user === 'romeo'))
    this.#since = this.now
    for (const who of LOCAL) this.contacts.set(who, new Phone(cast, who, 'lane', ['<presence/>']))
  }
  static async play(script: (world: World) => Promise<void>): Promise<void> {
    const settings = { 'stream-management': { 'resume-time': '2 minutes', 'answer-timeout': '0 s' } }
    const linkTimes = { dampMs: 0, retryMaxMs: 5000, idleCheckMs: 5000 }
    const cast = new Cast(await storyServer('memory', { settings, linkTimes }))
    try {
      for (const watcher of WATCHERS) {
        for (const other of [...LOCAL, 'juliet@b.example', 'nurse@b.example']) await cast.rosters([watcher, other, 'both'])
        for (const other of LOCAL) await cast.rosters([other, watcher, 'both'])
      }
      const world = new World(cast)
      for (const phone of world.phones) await phone.connect()
      await world.quiet()
      await script(world)
      assert.deepEqual(cast.server.errors, [])
    } finally {
      await cast.end()
    }
  }
  get now(): number {
    return this.cast.server.clock.now()
  }
  get phones(): readonly Phone[] {
    return [...this.watchers.map(({ phone }) => phone), ...this.contacts.values()]
  }
  /** All that is under way gets there; the other server answers. */
  async quiet(): Promise<void> {
    for (let i = 0; i < 6; i++) {
      await new Promise<void>((next) => void setImmediate(next))
      for (const phone of this.phones) phone.pump()
      for (const xml of this.b.takeNow()) if (xml.attr('type') === 'probe') await this.#answer(xml)
    }
  }
  async step(act: Act): Promise<void> {
    await this.#do(act)
    await this.quiet()
    this.check()
  }
  async wait(span: number): Promise<void> {
    for (let rest = span; rest > 0; rest -= STEP_MS) {
      this.cast.pass(Math.min(rest, STEP_MS))
      await this.quiet()
      this.check()
    }
  }

  async #do(act: Act): Promise<void> {
    const [{ phone }] = this.watchers as [Watcher, Watcher]
    switch (act.what) {
      case 'cut':
        this.b.cut()
        return this.#link(false)
      case 'restore':
        return this.#restore()
      case 'part':
        return this.b.part()
      case 'elsewhere':
        if (act.show === null) this.truth.delete(act.who)
        else this.truth.set(act.who, act.show)
        return this.#isUp ? this.#tell(act.who) : undefined
      case 'here':
        return this.#contact(this.contacts.get(act.who)!, act)
      case 'lose':
        return phone.drop()
      case 'come back':
        return phone.isConnected ? undefined : phone.connect()
      case 'look away':
      case 'look':
        if (!phone.isConnected) return
        phone.say(act.what === 'look' ? `<active xmlns='urn:xmpp:csi:0'/>` : `<inactive xmlns='urn:xmpp:csi:0'/>`)
        this.watchers[0]!.isLooking = act.what === 'look'
        return
      case 'wait':
        return this.wait(act.span)
    }
  }
  async #contact(phone: Phone, { does, show }: Act & { what: 'here' }): Promise<void> {
    if (does === 'come back') return phone.isConnected ? undefined : phone.connect()
    if (!phone.isConnected) return
    if (does === 'lose') phone.drop()
    else phone.send(does === 'leave' ? `<presence type='unavailable'/>` : `<presence><show>${show}</show></presence>`)
  }
  async #restore(): Promise<void> {
    const nobodyKnew = !this.#isUp && this.b.link.state === 'idle'
    this.b.restore()
    this.#link(true)
    if (nobodyKnew) for (const who of REMOTE) await this.#tell(who) // what it had to say to us, it has kept
  }
  #link(isUp: boolean): void {
    if (this.#isUp !== isUp) this.#since = this.now
    this.#isUp = isUp
  }
  /** The other server tells those here who may know. */
  async #tell(who: string): Promise<void> {
    const show = this.truth.get(who)
    for (const user of WATCHERS) await this.b.send(elsewhere(who, `${user}@${DOMAIN}`, show))
  }
  async #answer(probe: Xml): Promise<void> {
    const bare = probe.attr('to')!
    const there = [...this.truth].filter(([full]) => full.startsWith(`${bare}/`))
    const to = probe.attr('from')!
    if (there.length === 0) return this.b.send(elsewhere(bare, to, undefined))
    for (const [full, show] of there) await this.b.send(elsewhere(full, to, show))
  }

  check(): void {
    for (const watcher of this.watchers) {
      if (watcher.phone.isConnected && watcher.isLooking) this.#checkHere(watcher)
    }
    const [romeo] = this.watchers as [Watcher, Watcher]
    if (!romeo.phone.isConnected || !romeo.isLooking) return
    const late = this.now - this.#since > (this.#isUp ? CONFIRMED_MS : LOSS_MS)
    for (const [full, seen] of romeo.sees) {
      if (!full.includes('@b.example/')) continue
      const isSo = this.truth.get(full) === seen.show
      if (seen.doubt === null) assert(isSo || !late, `${full} is not ${seen.show} any more, and nobody says so`)
      if (this.#isUp && late) assert.equal(seen.doubt, null, `${full} is in doubt without a reason`)
      else if (!this.#isUp && late) assert.equal(seen.doubt, 'server-unavailable', `${full} is not in doubt`)
    }
    if (this.#isUp && late) for (const full of this.truth.keys()) assert(romeo.sees.has(full), `${full} is there`)
  }
  #checkHere({ asks, sees, phone }: Watcher): void {
    for (const who of LOCAL) {
      const jid = `${who}@${DOMAIN}/lane`
      const session = this.cast.server.host.accounts.get(`${who}@${DOMAIN}`)?.session('lane')
      const seen = sees.get(jid)
      const show = session?.presence?.payload.child('show')?.text ?? ''
      assert.equal(
        seen?.show,
        session?.presence === undefined || session.presence === null ? undefined : show,
        `${phone.jid}: ${jid}`,
      )
      if (session === undefined || session.pause === null) this.#pausedAt.delete(jid)
      else if (!this.#pausedAt.has(jid)) this.#pausedAt.set(jid, this.now)
      const pausedFor = this.now - (this.#pausedAt.get(jid) ?? this.now)
      if (seen === undefined || (pausedFor > 0 && pausedFor <= PAUSE_MS)) continue
      assert.equal(seen.doubt, asks && pausedFor > 0 ? 'connection-paused' : null, `${phone.jid}: ${jid} for ${pausedFor} ms`)
    }
  }
  /** Everything is mended, and everybody looks. */
  async end(): Promise<void> {
    await this.step({ what: 'restore' })
    for (const phone of this.phones) if (!phone.isConnected) await phone.connect()
    await this.step({ what: 'look' })
    await this.wait(60_000)
    for (const { sees, phone } of this.watchers) {
      const remote = [...sees].filter(([full]) => full.includes('@b.example/')).toSorted()
      const truth = [...this.truth].map(([full, show]) => [full, { show, doubt: null }]).toSorted()
      assert.deepEqual(remote, truth, phone.jid)
    }
  }
}

function elsewhere(from: string, to: string, show: string | undefined): string {
  if (show === undefined) return `<presence type='unavailable' from='${from}' to='${to}'/>`
  return `<presence from='${from}' to='${to}'><show>${show}</show></presence>`
}

test('PSA: what is seen is so, or said to be in doubt, whatever breaks', () =>
  fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 10, maxLength: 30 }), (script) =>
      World.play(async (world) => {
        for (const one of script) await world.step(one)
        await world.end()
      }),
    ),
    { numRuns: 40, endOnFailure: true },
  ))
