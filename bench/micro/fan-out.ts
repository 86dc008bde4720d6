/**
 * What a delivered stanza costs without the kernel: nanoseconds of one core and octets of new objects. The fastest of the
 * rounds counts, so that it can be repeated on a busy machine. `node bench/micro/fan-out.ts`
 */
import v8 from 'node:v8'
import { loops } from '../against/loops.ts'

const ROUNDS = 25

const allocated = (): number => v8.getHeapStatistics().total_allocated_bytes

for (const [name, prepare] of Object.entries(loops)) {
  const loop = await prepare()
  let [time, space] = [Infinity, Infinity]
  for (let round = 0; round < ROUNDS; round++) {
    const [cpu, before] = [process.cpuUsage(), allocated()]
    await loop.round()
    time = Math.min(time, (process.cpuUsage(cpu).user * 1000) / loop.deliveries)
    space = Math.min(space, (allocated() - before) / loop.deliveries)
  }
  console.log(name.padEnd(24), `${time.toFixed(0).padStart(5)} ns`, `${space.toFixed(0).padStart(5)} octets`)
}
