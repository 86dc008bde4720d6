/**
 * The stages `toSession`: what is written to one session. The last of them gives the stanza to the session's connection,
 * and there it counts as delivered.
 */
import type { Clock } from '../../base/clock.ts'
import type { Metrics } from '../../base/metrics.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { ToSession } from '../pipeline/contexts.ts'
import { TO_SESSION, type ToSessionStage } from '../pipeline/order.ts'
import { run, type Stage } from '../pipeline/pipeline.ts'
import type { PresenceJournal } from '../explaining/presence-journal.ts'
import type { Session } from '../account/session.ts'
import { StageBook, type Paths } from '../pipeline/stage-book.ts'

export interface WritingParts {
  readonly clock: Clock
  readonly metrics: Metrics
  readonly journal: PresenceJournal
}

export interface Writing {
  readonly toSession: StageBook<ToSession, Session>
  /** Passes `packet` through the stages to one session, whatever its address says. */
  readonly deliver: (session: Session, packet: Packet) => void
  /** For the stage of that name, which has held back packets: passes them through the stages after it. */
  readonly deliverAfter: (name: ToSessionStage) => Writing['deliver']
}

export function writing({ clock, metrics, journal }: WritingParts): Writing {
  const toSession = new StageBook<ToSession, Session>(TO_SESSION)
  const presencesDelivered = metrics.counter(
    'porchlight_presences_delivered_total',
    'Presence stanzas handed to client connections',
  )
  const stanzasDelivered = metrics.counter(
    'porchlight_stanzas_delivered_total',
    'Stanzas of every kind handed to client connections',
  )
  const presenceSent = (session: Session, { from, type }: Packet): void => {
    presencesDelivered.value += 1
    journal.sent.note(session.jid, from, type, clock.now())
  }
  const writeStage: Stage<ToSession> = ({ session, packet }) => {
    if (session.connection === null) return 'done'
    stanzasDelivered.value += 1
    if (packet.kind === 'presence') presenceSent(session, packet)
    session.connection.send(packet.wire)
    return 'done'
  }
  toSession.install('write', writeStage)

  const pass = (paths: Paths<ToSession>, session: Session, packet: Packet): void =>
    void run(paths.of(packet.kind, session.optionalStages), { session, packet })
  const deliver = (session: Session, packet: Packet): void => pass(toSession.paths, session, packet)
  const deliverAfter = (name: ToSessionStage): typeof deliver => {
    let rest: Paths<ToSession> | null = null
    return (session, packet) => pass((rest ??= toSession.paths.after(name)), session, packet)
  }
  return { toSession, deliver, deliverAfter }
}
