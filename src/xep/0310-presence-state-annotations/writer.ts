/**
 * XEP-0310 4.1: what clients are sent with our annotation. An annotated presence is the old one as a whole (PSA-16), so that it
 * passes only the stages behind the one that notes what is shown (`Showing`).
 */
import type { Counter } from '../../base/metrics.ts'
import type { Host } from '../../server/feature.ts'
import type { Session } from '../../server/account/session.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { inForm } from '../../xmpp/annotation-forms.ts'
import { annotated } from '../../xmpp/state-annotation.ts'
import type { Annotations } from './descriptions.ts'
import type { Doubts } from './doubts.ts'
import type { News, Said } from './news.ts'
import type { Receivers } from './receivers.ts'

export interface WriterParts {
  readonly host: Host
  readonly annotations: Annotations
  readonly doubts: Doubts
  readonly receivers: Receivers
}

export class Writer {
  /** Sends the session what is noted already. */
  readonly send: (session: Session, packet: Packet) => void
  readonly #parts: WriterParts
  readonly #sent: Counter

  constructor(parts: WriterParts) {
    const { host } = parts
    this.#parts = parts
    this.send = host.deliverAfter('psa-ledger')
    this.#sent = host.metrics.counter(
      'porchlight_annotations_sent_total',
      'Annotated presence stanzas sent to clients (XEP-0310)',
    )
  }
  /**
   * The presence with our annotation, if there is to be one, and those of others in the form that the client asks for.
   * @param heardAfter see `Doubts.of`
   */
  written(session: Session, { packet, ours }: Said, heardAfter: number): Packet {
    const { annotations, host, doubts, receivers } = this.#parts
    const form = receivers.formOf(session)
    const theirs = inForm(packet, form)
    if (ours === null) return theirs
    this.#sent.value += 1
    const doubted =
      ours === 'nothing' ? null : { doubt: ours, since: doubts.since(session, packet.from, heardAfter) ?? host.clock.now() }
    return annotated(theirs, session.jid, annotations.text(session.jid.domain, doubted, session.lang, form))
  }
  /** What goes before the news; not to a client of the revision, in which each stanza has all annotations that are in force. */
  prepare(session: Session, { first }: News, heardAfter: number): void {
    if (first !== null && this.#parts.receivers.formOf(session) === 'first') this.repeat(session, first, heardAfter)
  }
  /** Sends the session what it has been shown, in another light. */
  repeat(session: Session, said: Said, heardAfter: number): void {
    this.send(session, this.written(session, said, heardAfter).addressedTo(session.jid))
  }
}
