/**
 * What a stream to another server without acknowledgements was given and the network has not taken. When the stream ends, it
 * waits in its outlet for the next one, as what is not acknowledged does where stanzas are counted (managed-peer.ts).
 */
import { UntakenStanzas } from '../untaken-stanzas.ts'
import type { Outlet, Waiting } from './outlet.ts'

export class Untaken extends UntakenStanzas<Outlet> {
  /**
   * The stream is about to end: what was not taken waits again, and what of it was written may have got through.
   * @param isInPeace no error was named: what was written will be read before the connection is closed
   */
  putBack(isInPeace: boolean): void {
    const byOutlet = new Map<Outlet, Waiting[]>()
    for (const { packet, giver: outlet, origin, isUnsure, since } of this.end(isInPeace)) {
      const waiting = outlet.waitingOf(packet, origin, isUnsure, since)
      const all = byOutlet.get(outlet)
      if (all === undefined) byOutlet.set(outlet, [waiting])
      else all.push(waiting)
    }
    for (const [outlet, waiting] of byOutlet) outlet.putBack(waiting)
  }
}
