/**
 * How the way to other servers ends when this one stops. What they have sent and seen acknowledged is done; what waits to
 * be sent goes out and is acknowledged where stanzas are counted; then the streams close. All of it takes a bounded time.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import { inTime } from '../../base/in-time.ts'
import type { Outlet } from './outlet.ts'
import type { PeerStream } from './peer-stream.ts'
import type { PeerStreams } from './streams.ts'

/** The longest that is waited for what is under way, and then for the other servers to close their sides. */
const REST_MS: Millis = 4000
const CLOSE_MS: Millis = 2000

export interface Stopping {
  readonly clock: Clock
  readonly streams: PeerStreams
  readonly outlets: ReadonlyMap<string, Outlet<PeerStream>>
}

/** Nothing is under way any more, in or out, or it is too slow. */
export async function comeToRest({ clock, streams, outlets }: Stopping): Promise<void> {
  const all = [...streams.all()]
  for (const stream of all) stream.rest()
  const done = (async () => {
    await Promise.all(all.map((stream) => stream.whenIdle()))
    await Promise.all(Array.from(outlets.values(), (outlet) => outlet.whenEmpty()))
    await Promise.all(Array.from(streams.all(), ({ managed }) => managed?.whenEmpty()))
  })()
  await inTime(clock, REST_MS, done)
}

/** All streams are closed, and what came until then is done. */
export async function closed({ clock, streams }: Stopping, close: () => void): Promise<void> {
  const over = Promise.all(
    Array.from(streams.all(), async (stream) => {
      await stream.whenOver.promise
      await stream.whenIdle()
    }),
  )
  close()
  await inTime(clock, CLOSE_MS, over)
}
