/** The house check finds what it is there to find. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fifthJoints, functionTypes } from '../../tools/fifth-joint.ts'

const CLASS = `
export type Listener = (what: string) => void
export class Host {
  onEnd: () => void = () => {}
  shown = (name: string): boolean => name === ''
  listener: Listener | null = null
  maybe: ((n: number) => void) | null = null
  readonly fixed: () => void
  timer: Timer | null = null
  lists: (() => void)[] = []
  #own: (() => void) | null = null
  readonly #all: Listener[] = []

  constructor(fixed: () => void) {
    this.fixed = fixed
  }
  onLost(lost: () => void): void {
    this.#own = lost
  }
  set watcher(watcher: Listener) {
    this.listener = watcher
  }
  observe(listener: Listener): void {
    this.#all.push(listener)
  }
  map(by: (n: number) => number): void {
    this.sum = by(3)
  }
  name(name: string): void {
    this.called = name
  }
}
`

test('The house check finds functions that are put into an object from outside, and nothing else', () => {
  const types = new Set(functionTypes(CLASS))
  assert.deepEqual([...types], ['Listener'])
  assert.deepEqual(
    fifthJoints(CLASS, types).map(({ line, rule }) => `${line} ${rule.match(/^(?:the function )?(\w+)/)![1]!}`),
    ['4 onEnd', '5 shown', '6 listener', '7 maybe', '17 onLost', '20 watcher'],
  )
})
