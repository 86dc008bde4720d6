/**
 * What strangers send must not stand in the way of a client that has not kept up, or that is away: its session would end by
 * what somebody sends whom its user does not know. So strangers find room in a session only as long as most of it is free
 * (`Room.isOpen`). The rest is for those whom the user knows, and those to whom one of their clients has just written.
 */
import type { Resource } from '../im/account.ts'
import { isKnown } from '../im/delivery.ts'
import type { Jid } from '../xmpp/jid.ts'
import { Packet } from '../xmpp/packet.ts'
import type { LocalAccount } from './accounts.ts'
import type { Session } from './session.ts'

/** May the session be sent something of `sender` now? */
export const hasRoomFor = (account: LocalAccount, session: Session, sender: Jid): boolean =>
  session.room.isOpen || isFamiliar(account, sender)

/** Is this somebody to whom any session of the account is closed? */
export const isLeftOut = (account: LocalAccount, sender: Jid): boolean =>
  account.sessions.some(({ room }) => !room.isOpen) && !isFamiliar(account, sender)

/** Is this somebody for whom the whole of the room is? */
function isFamiliar(account: LocalAccount, sender: Jid): boolean {
  if (isKnown(account, sender) || sender.full === account.bare.domain) return true
  return account.sessions.some(({ correspondents }) => correspondents?.has(sender.bare) === true)
}

/**
 * Presence of strangers, where there is room for it. That somebody is gone needs no words, and is told for longer: a client
 * that has been shown them would show them for ever.
 */
export const whereRoomIs =
  (toResource: (packet: Packet, resource: Resource) => void) =>
  (packet: Packet, resource: Resource): void => {
    const { room } = resource as Session
    if (room.isOpen) return toResource(packet, resource)
    if (packet.type !== 'unavailable' || !room.isAjar) return
    const { from, to } = packet
    toResource(Packet.of({ kind: 'presence', type: 'unavailable', from, to }), resource)
  }
