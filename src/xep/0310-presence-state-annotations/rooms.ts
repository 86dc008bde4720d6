/**
 * Occupants of rooms on other servers (XEP-0045), where a room says too little: it does not say that all other occupants are gone
 * for a client that has left; and an occupant who is missing from the list after the client has joined again has left meanwhile.
 * Occupants that the client was told to doubt are then shown as gone.
 */
import type { Host } from '../../server/feature.ts'
import type { Session } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import { wire } from '../../xml/wire.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { asksToJoin, endsStay, isSelfPresence, MUC_USER } from '../../xmpp/muc-user.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import type { PresenceLedger, Shown } from './ledger.ts'

/** The most rooms that a session is just joining. */
const JOINING_MAX = 500

export class Rooms {
  readonly #host: Host
  /** By the room's address: how often the link to it had been lost when the client asked to join. Null if none. */
  readonly #joining: Slot<Session, Map<string, number> | null>

  constructor(host: Host) {
    this.#host = host
    this.#joining = host.sessionSlot<Map<string, number> | null>('rooms-joining', 'forgotten', () => null)
  }
  /** The client sends that presence to a remote address. @param ledger null if it was shown nothing */
  said(session: Session, ledger: PresenceLedger | null, packet: Packet): void {
    const to = packet.to!
    if (asksToJoin(packet)) this.#joins(session, to)
    else if (packet.type === 'unavailable' && isOwn(ledger?.get(to))) ledger!.close(to.asBare)
  }
  /** The client is shown unavailable presence, or an error, of its sender. */
  closes(session: Session, ledger: PresenceLedger, packet: Packet): void {
    const { from, type } = packet
    const isOut = endsStay(packet, ledger.get(from)?.packet ?? null)
    if (isOut || (type === 'error' && from.isBare)) this.#clear(session, ledger, from, ({ told }) => told !== null)
    if (isOut) ledger.close(from.asBare)
  }
  /** The client is shown that available presence. */
  shows(session: Session, ledger: PresenceLedger, packet: Packet): void {
    const joining = session.get(this.#joining)
    const { from } = packet
    const losses = joining?.get(from.bare)
    if (losses === undefined || !isSelfPresence(packet)) return // the own presence comes last (XEP-0045 7.2.2)
    joining!.delete(from.bare)
    this.#clear(session, ledger, from, ({ heardAfter }) => heardAfter < losses)
  }

  #joins(session: Session, to: Jid): void {
    const losses = this.#host.links.get(session.jid.domain, to.domain)?.losses ?? 0
    const joining = session.get(this.#joining)
    if (joining === null) session.set(this.#joining, new Map([[to.bare, losses]]))
    else if (joining.size < JOINING_MAX || joining.has(to.bare)) joining.set(to.bare, losses)
  }
  #clear(session: Session, ledger: PresenceLedger, from: Jid, isGone: (shown: Shown) => boolean): void {
    const others = [...ledger.ofAccount(from)].filter((shown) => shown.jid.full !== from.full)
    for (const { jid } of others.filter(isGone)) {
      const payload = jid.isBare ? Payload.empty : GONE // some rooms have a presence of their own
      session.take(Packet.of({ kind: 'presence', type: 'unavailable', from: jid, to: session.jid, payload }))
    }
  }
}

/** Clients look for what a room says of an occupant in that element alone. */
const GONE = Payload.ofText(wire(`<x xmlns='${MUC_USER}'><item affiliation='none' role='none'/></x>`))

const isOwn = (shown: Shown | undefined): boolean => shown !== undefined && isSelfPresence(shown.packet)
