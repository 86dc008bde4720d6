/** When a request for news looks again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Listen, WhyAwake } from '../http/waiting.ts'
import { jid } from '../../xmpp/jid.ts'
import { Polls } from './polls.ts'
import { Positions, type Numbers } from './positions.ts'
import { untilNews } from './until-news.ts'

/** News are numbers; a request is told of those that are behind no number under way. */
class Scene {
  now = 0
  last = 0
  readonly positions = new Positions(numbersOf(this), () => Infinity)
  readonly news: number[] = []
  readonly #waking = new Set<() => void>()
  /** What happens while the request waits, one after the other. */
  readonly meanwhile: (() => void)[] = []
  readonly waits: number[] = []
  /** What happens in the same turn in which the request has looked. */
  next: (() => void) | null = null

  tell(): void {
    this.news.push(this.positions.at())
    for (const wake of [...this.#waking]) wake()
  }
  ask(end: number): Promise<readonly number[] | string> {
    const listen: Listen = (wake) => {
      this.#waking.add(wake)
      return () => {
        this.#waking.delete(wake)
        if (this.next !== null) queueMicrotask(this.next)
        this.next = null
      }
    }
    const look = (): Promise<readonly number[] | null> => {
      const found = this.news.filter((at) => at <= this.positions.applied)
      return Promise.resolve(found.length === 0 ? null : found)
    }
    return untilNews(
      { positions: this.positions, now: () => this.now, listen, gather: listen, look, wait: this.#wait(listen) },
      end,
    )
  }
  #wait =
    (over: Listen) =>
    async (span: number, listen: Listen = over): Promise<WhyAwake> => {
      this.waits.push(span)
      let why: WhyAwake = 'over'
      const unlisten = listen(() => (why = 'woken'))
      this.meanwhile.shift()?.()
      await Promise.resolve()
      unlisten()
      if (why === 'over') this.now += span
      return why
    }
}
const numbersOf = (scene: Scene): Numbers => ({
  nextStream: () => ++scene.last,
  get lastStream() {
    return scene.last
  },
})

test('MXR-121: news that came while something older was being stored are told as soon as that is done', async () => {
  const scene = new Scene()
  const older = scene.positions.begin()
  scene.meanwhile.push(
    () => scene.tell(),
    () => {},
    () => scene.positions.end(older),
  )
  assert.deepEqual(await scene.ask(30_000), [2])
  assert.deepEqual(scene.waits, [30_000, 20, 20])
})
test('MXR-121: news that came between looking and waiting were told when the request was over', async () => {
  const scene = new Scene()
  scene.next = () => scene.tell()
  assert.deepEqual(await scene.ask(30_000), [1])
  assert.deepEqual(scene.waits, [30_000])
})
test('MXR-121: a request that nobody has woken waits to its end, whatever is being stored', async () => {
  const scene = new Scene()
  scene.positions.begin()
  assert.equal(await scene.ask(30_000), 'over')
  assert.deepEqual(scene.waits, [30_000])
})
test('MXR-121: what is stored for ever does not keep a request beyond its time', async () => {
  const scene = new Scene()
  scene.positions.begin()
  scene.meanwhile.push(() => scene.tell())
  assert.equal(await scene.ask(100), 'over')
  assert.equal(scene.now, 100)
})
test('MXR-130: of one device four requests are under way, whether they wait or not', () => {
  const polls = new Polls()
  const user = jid('eve@a.example')
  const [first] = [1, 2, 3, 4].map(() => polls.begin(user, 'PHONE'))
  assert.throws(() => polls.begin(user, 'PHONE'), { code: 'M_LIMIT_EXCEEDED' })
  polls.begin(user, 'DESK')
  first!()
  polls.begin(user, 'PHONE')
})
