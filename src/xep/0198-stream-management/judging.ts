/**
 * Security labels (XEP-0258) of what waits for a client: what came into its queue before its user lost a clearance is judged again
 * before it is written (LAB-28). What may not be written is given back as if the session had ended; a stored message stays stored.
 */
import type { Host } from '../../server/feature.ts'
import { attendedOf } from '../../server/labelling/concerned.ts'
import type { Labels } from '../../server/labelling/labels.ts'
import { Reading } from '../../server/labelling/reading.ts'
import type { Session } from '../../server/account/session.ts'
import type { Entry } from '../../server/stream-management/queue.ts'
import type { Holders, Managed } from './managed.ts'

export class Judging {
  readonly #labels: Labels
  readonly #tell: Host['tell']
  readonly #giveBack: (entry: Entry<Holders>, account: string) => void

  /** @param managedOf null: nothing is kept for the client of that session */
  constructor(
    { on, tell, accounts }: Host,
    labels: Labels,
    managedOf: (session: Session) => Managed | null,
    giveBack: (entry: Entry<Holders>, account: string) => void,
  ) {
    this.#labels = labels
    this.#tell = tell
    this.#giveBack = giveBack
    on('clearances-changed', (change) => {
      for (const { sessions } of attendedOf(change, labels, accounts))
        for (const session of sessions) this.#suspect(managedOf(session))
    })
  }
  /** What is in flight can be written again only when the client comes back, and is judged then. */
  #suspect(managed: Managed | null): void {
    if (managed === null) return
    managed.isToJudge = true
    if (managed.session.connection !== null) this.judge(managed)
  }
  /** With a connection: what waits. When the client has come back and said what it has: all. */
  judge({ session, queue }: Managed): void {
    const { bare } = session.account
    const reading = new Reading(this.#labels, 'offline', bare)
    const withheld = queue.withdraw((packet) => !reading.maySend(packet))
    reading.close()
    for (const entry of withheld) {
      const seq = entry.note?.seq ?? 0
      if (seq > 0) this.#tell('stored-message-withheld', { session, seq })
      this.#giveBack(entry, bare.bare)
    }
    if (withheld.length > 0) session.room.changed()
  }
}
