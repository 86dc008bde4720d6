import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { defaultLinkTimes, LinkMachine, type LinkTimes, type Moment } from './machine.ts'

/** A machine on a clock of its own, that writes down what it says and looks when it wanted to. */
class Bench {
  now = 0
  watched = true
  wanted = false
  lot = 0.5
  readonly said: string[] = []
  readonly machine: LinkMachine

  constructor(times: Partial<LinkTimes> = {}) {
    const say = (what: string) => () => void this.said.push(`${this.now / 1000} ${what}`)
    const out = {
      connect: say('connect'),
      announceDown: say('down'),
      announceUp: say('up'),
      mended: say('mended'),
      reopened: () => {},
    }
    this.machine = new LinkMachine({ ...defaultLinkTimes, ...times }, out, 0)
  }
  get m(): Moment {
    const { now, lot, watched, wanted } = this
    return { now, lot, watched, wanted }
  }
  opened(): void {
    this.machine.opened(this.m)
  }
  broken(): void {
    this.machine.closed(false, this.m)
  }
  closed(): void {
    this.machine.closed(true, this.m)
  }
  failed(): void {
    this.machine.failed(this.m)
  }
  /** Time passes; every attempt fails at once if `refused`. */
  pass(seconds: number, refused = false): void {
    const end = this.now + seconds * 1000
    let rounds = 0
    for (let at = this.machine.wakeAt(this.now); at !== null && at <= end; at = this.machine.wakeAt(this.now)) {
      assert((rounds += 1) < 1000, 'it wants to look again and again')
      this.now = Math.max(this.now, at)
      const before = this.said.length
      this.machine.look(this.m)
      if (refused && this.said.slice(before).some((s) => s.endsWith('connect'))) this.failed()
    }
    this.now = end
  }
  says(...expected: readonly string[]): void {
    assert.deepEqual(this.said.splice(0), expected)
  }
}

test('PSA-20: idle until a stream is there, idle again when both sides have closed it; nobody is told', () => {
  const b = new Bench()
  assert.equal(b.machine.state, 'idle')
  b.opened()
  assert.equal(b.machine.state, 'up')
  b.closed()
  assert.equal(b.machine.state, 'idle')
  b.says()
})

test('PSA-20: an idle link that is watched is tried from time to time, one that nobody watches is not', () => {
  const b = new Bench()
  b.opened()
  b.closed()
  b.pass(59)
  b.says()
  b.pass(1)
  b.says('60 connect')
  const alone = new Bench()
  alone.watched = false
  alone.opened()
  alone.closed()
  alone.pass(3600)
  alone.says()
})

test('PSA-20: up, suspect, up within the grace: nobody is told, but what was lost is asked for', () => {
  const b = new Bench()
  b.opened()
  b.broken()
  assert.equal(b.machine.state, 'suspect')
  b.pass(2.5)
  b.says('2.5 connect')
  b.opened()
  assert.equal(b.machine.state, 'up')
  b.pass(60)
  b.says('3 mended')
})

test('PSA-20: up, suspect, down after the grace when attempts have failed; up again takes it back', () => {
  const b = new Bench()
  b.opened()
  b.broken()
  b.pass(29.9, true)
  b.says('2.5 connect', '7.5 connect', '17.5 connect')
  assert.equal(b.machine.state, 'suspect')
  b.pass(0.1, true)
  assert.equal(b.machine.state, 'down')
  b.says('30 down')
  b.pass(100, true)
  b.says('37.5 connect', '77.5 connect')
  b.opened()
  assert.equal(b.machine.state, 'up')
  b.says('130 up')
  b.pass(10)
  b.says('130.5 mended')
})

test('PSA-20: an attempt that hangs is no reason to wait: when the grace is over, the link is down', () => {
  const b = new Bench()
  b.opened()
  b.broken()
  b.pass(40)
  b.says('2.5 connect', '30 down')
  b.failed()
  assert.equal(b.machine.state, 'down')
  b.pass(10)
  b.says('45 connect')
})

test('PSA-20: an attempt over an idle link that hangs is a sign of loss since it began', () => {
  const b = new Bench()
  b.machine.look(b.m)
  b.pass(60)
  b.says('60 connect')
  b.pass(29)
  assert.equal(b.machine.state, 'idle')
  b.pass(1)
  b.says('90 down')
  b.opened()
  b.pass(10)
  b.says('90 up', '90.5 mended')
})

test('PSA-20: an attempt for a stanza that hangs is one too', () => {
  const b = new Bench()
  b.machine.tries(b.m)
  b.pass(30)
  b.says('30 down')
})

test('PSA-20: a grace of nothing is strict: the first failure is announced, or that there is no answer', () => {
  const strict = (): Bench => {
    const b = new Bench({ graceMs: 0 })
    b.opened()
    b.broken()
    b.says('0 connect')
    return b
  }
  const refused = strict()
  refused.failed()
  refused.says('0 down')
  const hanging = strict()
  hanging.pass(3)
  hanging.says('1 down')
})

test('PSA-20: asked and silent: suspect, and down when the grace is over that counts from the question', () => {
  const b = new Bench()
  b.opened()
  b.pass(100)
  b.machine.silent(90_000, b.m)
  assert.equal(b.machine.state, 'suspect')
  b.pass(19)
  b.says()
  b.pass(1)
  b.says('120 down')
  b.broken() // the stream is given up
  b.pass(10, true)
  assert.equal(b.machine.state, 'down')
  b.says('122.5 connect', '127.5 connect')
})

test('PSA-20: asked and silent, then given up within the grace: it still counts from the question', () => {
  const b = new Bench()
  b.opened()
  b.machine.silent(0, b.m)
  b.pass(20)
  b.broken()
  b.pass(9)
  b.says('22.5 connect')
  b.pass(1)
  b.says('30 down')
})

test('PSA-20: whoever was silent and is heard after all was never away, and has missed nothing', () => {
  const b = new Bench()
  b.opened()
  b.machine.silent(0, b.m)
  b.pass(25)
  b.machine.heard(b.m)
  assert.equal(b.machine.state, 'up')
  b.pass(100)
  b.says()
  b.machine.silent(b.now, b.m)
  b.pass(40)
  b.machine.heard(b.m)
  b.pass(100)
  b.says('155 down', '165 up')
})

test('PSA-20: whoever was silent and closes in peace was there', () => {
  const b = new Bench()
  b.opened()
  b.machine.silent(0, b.m)
  b.pass(40)
  b.closed()
  b.says('30 down', '40 up')
  assert.equal(b.machine.state, 'idle')
})

test('PSA-20: idle, and the attempt fails: suspect, then down', () => {
  const b = new Bench()
  b.failed()
  assert.equal(b.machine.state, 'suspect')
  assert.equal(b.machine.recovering, false)
  b.pass(30, true)
  assert.equal(b.machine.state, 'down')
  assert(b.said.includes('30 down'))
})

test('a link that nobody watches and nobody needs is idle again after the grace', () => {
  const b = new Bench()
  b.watched = false
  b.opened()
  b.broken()
  b.pass(3600)
  assert.equal(b.machine.state, 'idle')
  b.says()
})

test('what waits to be sent is a reason to try, but none to announce', () => {
  const b = new Bench()
  b.watched = false
  b.wanted = true
  b.opened()
  b.broken()
  b.pass(30, true)
  b.says('2.5 connect', '7.5 connect', '17.5 connect')
  assert.equal(b.machine.state, 'down')
})

test('who begins to watch a link that is down is told, and makes it be tried', () => {
  const b = new Bench()
  b.watched = false
  b.failed()
  b.pass(100)
  assert.equal(b.machine.state, 'down')
  b.says()
  b.watched = true
  b.machine.look(b.m)
  b.says('100 connect', '100 down')
})

test('PSA-20: outbound failure alone, with inbound alive, is not down', () => {
  const b = new Bench()
  b.opened()
  b.failed()
  b.pass(100, true)
  assert.equal(b.machine.state, 'up')
  b.says()
  b.failed()
  assert.equal(b.machine.isHopeless(b.now), true)
})

test('PSA-20: with two streams, the loss of one is not that of the link; but something may be lost', () => {
  const b = new Bench()
  b.opened()
  b.opened()
  b.broken()
  assert.equal(b.machine.state, 'up')
  b.pass(10)
  b.says('0.5 mended')
})

test('PSA-20: a flapping link is announced as lost once a minute at most, and the last word is true', () => {
  const b = new Bench({ graceMs: 4000 })
  b.opened()
  for (let i = 0; i < 10; i++) {
    b.broken()
    b.pass(5, true)
    b.opened()
    b.pass(3)
  }
  b.broken()
  b.pass(120, true)
  const announced = b.said.filter((s) => /(up|down)$/.test(s))
  assert.deepEqual(announced, ['4 down', '5 up', '68 down', '69 up', '128 down'])
  assert.equal(b.machine.state, 'down')
})

test('PSA-20: by order it is down at once, whatever comes in, until it is released; then it is tried at once', () => {
  const b = new Bench()
  b.opened()
  b.machine.force(b.m)
  b.says('0 down')
  b.closed()
  assert.equal(b.machine.state, 'down')
  b.opened()
  assert.equal(b.machine.state, 'down')
  b.closed()
  b.pass(3600)
  b.says()
  assert.equal(b.machine.isHopeless(b.now), true)
  b.machine.release(b.m)
  b.says('3600 connect')
  b.opened()
  b.says('3600 up')
})

test('by order it is down, and what was to be mended is so after the release', () => {
  const b = new Bench()
  b.opened()
  b.opened()
  b.broken()
  b.machine.force(b.m)
  b.pass(10)
  b.says('0 down')
  b.machine.release(b.m)
  b.pass(10)
  b.says('10 up', '10.5 mended')
})

test('CORE-33: attempts come at growing intervals, with chance in them', () => {
  const pauses = (lot: number): number[] => {
    const b = new Bench({ graceMs: 0 })
    b.lot = lot
    b.failed()
    b.pass(3600, true)
    const at = b.said.filter((s) => s.endsWith('connect')).map((s) => Number.parseFloat(s))
    return at.map((t, i) => t - (at[i - 1] ?? 0))
  }
  assert.deepEqual(pauses(0.5).slice(0, 8), [5, 10, 20, 40, 60, 60, 60, 60])
  assert.deepEqual(pauses(0).slice(0, 4), [2.5, 5, 10, 20])
})

test('while it was tried in vain only just now, there is no sense in another attempt; after a break there is', () => {
  const b = new Bench()
  b.failed()
  assert.equal(b.machine.isHopeless(4999), true)
  assert.equal(b.machine.isHopeless(5000), false)
  b.pass(5)
  b.opened()
  b.broken()
  b.failed()
  assert.equal(b.machine.recovering, true)
  assert.equal(b.machine.isHopeless(b.now), false)
})

test('"closed" once more than "opened": the link goes on as if it had not been said', () => {
  const b = new Bench()
  b.closed()
  b.broken()
  b.opened()
  b.broken()
  b.broken()
  assert.equal(b.machine.streams, 0)
  b.pass(29, true)
  b.says('2.5 connect', '7.5 connect', '17.5 connect')
  b.opened()
  assert.equal(b.machine.state, 'up')
})

const STEPS = [
  'opened',
  'broken',
  'closed',
  'failed',
  'silent',
  'heard',
  'tries',
  'wait',
  'long',
  'watch',
  'force',
  'release',
] as const

test('any course: downs and ups take turns, downs keep their distance, and after quiet what was said is true', () =>
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...STEPS), { maxLength: 60 }), (steps) => {
      const b = new Bench()
      let streams = 0
      for (const step of steps) {
        if (step === 'opened') streams += 1
        if (step === 'broken' || step === 'closed') streams = Math.max(0, streams - 1)
        if (step === 'wait') b.pass(7, true)
        else if (step === 'long') b.pass(45, true)
        else if (step === 'watch') b.watched = !b.watched
        else if (step === 'silent') b.machine.silent(b.now, b.m)
        else if (step === 'heard' || step === 'tries') b.machine[step](b.m)
        else if (step === 'force') b.machine.force(b.m)
        else if (step === 'release') b.machine.release(b.m)
        else b[step]()
        const isSilent = b.machine.silentSince !== null
        assert(!isSilent || streams > 0)
        if (!b.machine.forced) assert.equal(b.machine.state === 'up', streams > 0 && !isSilent)
      }
      b.watched = true
      b.machine.release(b.m)
      b.machine.heard(b.m)
      b.machine.look(b.m)
      b.pass(700, true)
      const news = b.said.filter((s) => /(up|down)$/.test(s))
      news.forEach((s, i) => assert.match(s, i % 2 === 0 ? /down$/ : /up$/))
      const downs = news.filter((s) => s.endsWith('down')).map((s) => Number.parseFloat(s))
      if (!steps.includes('force')) downs.slice(1).forEach((at, i) => assert(at - downs[i]! >= 60))
      assert.equal(b.machine.announcedDown, news.length % 2 === 1)
      assert.equal(b.machine.announcedDown, b.machine.state === 'down')
      if (streams > 0) assert.equal(b.machine.state, 'up')
    }),
  ))
