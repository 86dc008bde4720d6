/** Plays scripts, and makes small ones of those that fail. */
import { Judge } from './judge.ts'
import type { Script } from './script.ts'
import { Witness, type Kind, type Violation } from './witness.ts'
import { World } from './world.ts'
import { written } from './writing.ts'

/** Within this time everything is known that can be: the worst case of a link that breaks without a word. */
const QUIET_MS = 200_000

export interface Outcome {
  readonly violations: readonly Violation[]
  /** What each client received. */
  readonly received: ReadonlyMap<string, readonly string[]>
}

export async function play({ setting, steps }: Script): Promise<Outcome> {
  const witness: Witness = new Witness(() => world)
  const world: World = new World(setting, (device, notice) => witness.heard(device, notice))
  const judge = new Judge(world, witness)
  const { violations } = witness
  try {
    await world.begin()
    for (const step of steps) await world.step(step)
    await world.pass(QUIET_MS)
    await judge.quiet(false)
    if (violations.length === 0) {
      await world.mend()
      await world.pass(QUIET_MS)
      await judge.quiet(true)
    }
    return { violations, received: new Map(world.devices.map(({ jid, received }) => [jid, received])) }
  } finally {
    await world.end()
  }
}

/** Plays in which something is left out, at most. */
const ATTEMPTS_MAX = 200

/** The script without what the failure does not need. */
export async function shrunk(script: Script, kind: Kind): Promise<Script> {
  let { steps } = script
  let attemptsLeft = ATTEMPTS_MAX
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
    let at = 0
    while (at < steps.length && attemptsLeft > 0) {
      attemptsLeft -= 1
      const fewer = steps.toSpliced(at, size)
      const { violations } = await play({ ...script, steps: fewer })
      if (violations.some((violation) => violation.kind === kind)) steps = fewer
      else at += size
    }
  }
  return { ...script, steps }
}

/** For who reads of a failure: what was done, what is wrong, and what those concerned received. */
export function told(script: Script, { violations, received }: Outcome): string {
  const concerned = new Set(violations.slice(0, 3).flatMap(({ watcher, about }) => [watcher, about]))
  return [
    `seed ${script.setting.seed}, ${script.setting.sites.join(' ')}`,
    written(script),
    ...violations.slice(0, 20).map(({ kind, watcher, about, words }) => `${kind}: to ${watcher}, ${about} ${words}`),
    ...[...concerned].flatMap((jid) => [`${jid} received`, ...(received.get(jid) ?? []).map((line) => `  ${line}`)]),
  ].join('\n')
}
