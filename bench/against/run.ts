/**
 * Is this build slower than a commit? Both are alive at once and warmed up, and take turns round by round, so that what else
 * the machine does meets both. `npm run bench -- --against COMMIT [--rounds=60]`
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkOut, HERE, remove } from './checkout.ts'
import { inWords, ratioOf } from './ratio.ts'

/** Rounds that do not count: the compiler of the engine is still at work. */
const WARM_UP = 10

class Build {
  readonly #child: ChildProcess
  readonly loops: Promise<readonly string[]>

  constructor(tree: string) {
    this.#child = fork(join(HERE, 'bench/against/worker.ts'), [tree], { execArgv: ['--expose-gc'] })
    this.loops = this.#answer<readonly string[]>()
  }
  prepare(loops: readonly string[]): Promise<unknown> {
    return this.#ask(loops)
  }
  /** @returns nanoseconds of CPU for one delivery */
  play(loop: string): Promise<number> {
    return this.#ask<number>(loop)
  }
  end(): void {
    this.#child.kill()
  }
  #ask<T>(what: string | readonly string[]): Promise<T> {
    const answer = this.#answer<T>()
    this.#child.send(what)
    return answer
  }
  async #answer<T>(): Promise<T> {
    const over = new AbortController()
    const { signal } = over
    const ended = once(this.#child, 'exit', { signal }).then(([code]) => {
      throw new Error(`A build under comparison has ended with code ${code}`)
    })
    try {
      const [answer] = (await Promise.race([once(this.#child, 'message', { signal }), ended])) as [T]
      return answer
    } finally {
      ended.catch(() => {})
      over.abort()
    }
  }
}

/** @param chosen names of loops with a semicolon between; '' for all */
export async function compare(commit: string, rounds: number, chosen: string): Promise<void> {
  const isChosen = (name: string): boolean => chosen === '' || chosen.split(';').includes(name)
  const work = mkdtempSync(join(tmpdir(), 'porchlight-against-'))
  const before = checkOut(commit, work)
  const builds = [new Build(HERE), new Build(before)] as const
  try {
    const [mine, theirs] = await Promise.all(builds.map(({ loops }) => loops))
    const common = mine!.filter((name) => theirs!.includes(name) && isChosen(name))
    // Loops that one build alone has played would change its heap, and what its compiler has learnt
    for (const build of builds) await build.prepare(common)
    for (const loop of common) await report(loop, builds, rounds)
  } finally {
    for (const build of builds) build.end()
    remove(before)
    rmSync(work, { recursive: true, force: true })
  }
}

async function report(loop: string, [now, before]: readonly [Build, Build], rounds: number): Promise<void> {
  const pairs: [number, number][] = []
  for (let round = -WARM_UP; round < rounds; round++) {
    // Who comes second finds the caches of the first: take turns in that too
    const first = round % 2 === 0
    const early = await (first ? now : before).play(loop)
    const late = await (first ? before : now).play(loop)
    if (round >= 0) pairs.push(first ? [early, late] : [late, early])
  }
  const [best, bestBefore] = [Math.min(...pairs.map(([x]) => x)), Math.min(...pairs.map(([, x]) => x))]
  const figures = `${best.toFixed(0)} against ${bestBefore.toFixed(0)} ns (${(best / bestBefore).toFixed(3)})`
  console.log(`${loop}: fastest round ${figures}; round by round ${inWords(ratioOf(pairs))}`)
}
