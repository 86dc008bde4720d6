/**
 * One build under comparison, whose folder is the argument. It says which loops it has and prepares those whose names arrive. Then
 * it plays a round of the loop whose name arrives, and answers with the nanoseconds of CPU that one delivery took.
 */
import { join } from 'node:path'
import type { Loop } from './loops.ts'

type Loops = Readonly<Record<string, () => Promise<Loop>>>
const { loops } = (await import(join(process.argv[2]!, 'bench/against/loops.ts'))) as { readonly loops: Loops }

const prepared = new Map<string, Loop>()
process.on('message', (asked: string | readonly string[]) => void (typeof asked === 'string' ? play(asked) : prepare(asked)))
process.send!(Object.keys(loops))

async function prepare(names: readonly string[]): Promise<void> {
  for (const name of names) prepared.set(name, await loops[name]!())
  process.send!(names)
}
async function play(name: string): Promise<void> {
  const loop = prepared.get(name)!
  const before = process.cpuUsage()
  await loop.round()
  const { user, system } = process.cpuUsage(before)
  process.send!(((user + system) * 1000) / loop.deliveries)
}
