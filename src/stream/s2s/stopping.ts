/**
 * Ends the streams to other servers when this one stops. Stanzas that were acknowledged are handled; waiting stanzas are sent,
 * and acknowledged where stanzas are counted; then the streams close. All this takes a limited time.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import { inTime } from '../../base/in-time.ts'
import type { Outlet } from './outlet.ts'
import type { PeerStream } from './peer-stream.ts'
import type { PeerStreams } from './streams.ts'

/** How long to wait for work in progress, and then for the other servers to close their sides. */
const REST_MS: Millis = 4000
const CLOSE_MS: Millis = 2000

export interface Stopping {
  readonly clock: Clock
  readonly streams: PeerStreams
  readonly outlets: ReadonlyMap<string, Outlet<PeerStream>>
}

/** Resolves when no work is in progress, incoming or outgoing, or when that takes too long. */
export async function comeToRest({ clock, streams, outlets }: Stopping): Promise<void> {
  const all = [...streams.all()]
  for (const stream of all) stream.rest()
  const done = (async () => {
    await Promise.all(all.map((stream) => stream.whenIdle()))
    await Promise.all(Array.from(outlets.values(), (outlet) => outlet.whenEmpty()))
    await Promise.all(Array.from(streams.all(), ({ managed, untaken }) => managed?.whenEmpty() ?? untaken.whenEmpty()))
  })()
  await inTime(clock, REST_MS, done)
}

/** Resolves when all streams are closed, and their input has been handled. */
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
