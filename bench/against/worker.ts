/**
 * One build under comparison: prepares the loops, then plays a round of the loop whose name arrives, and answers with the
 * nanoseconds of CPU that one delivery took.
 */
import { loops, type Loop } from './loops.ts'

const prepared = new Map<string, Loop>()
for (const [name, prepare] of Object.entries(loops)) prepared.set(name, await prepare())

process.on('message', (name: string) => void play(name))
process.send!(Object.keys(loops))

async function play(name: string): Promise<void> {
  const loop = prepared.get(name)!
  const before = process.cpuUsage()
  await loop.round()
  const { user, system } = process.cpuUsage(before)
  process.send!(((user + system) * 1000) / loop.deliveries)
}
