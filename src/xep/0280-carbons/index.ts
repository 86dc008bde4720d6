/**
 * XEP-0280: each of a user's clients receives both sides of all conversations. `eligibility.ts` decides which messages are
 * copied. A copy goes straight to its session: it is not stored and not copied again. An error with which a client answers it is
 * addressed to the user's bare JID and ends there (10.3).
 */
import { section } from '../../base/settings.ts'
import type { FromAccount, ToAccount } from '../../server/pipeline/contexts.ts'
import { hasRoomFor } from '../../server/account/crowding.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { Verdict } from '../../server/pipeline/pipeline.ts'
import type { Answer } from '../../server/routing/registry.ts'
import { Session, type LocalAccount, type LocalEndpoint } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import { wire } from '../../xml/wire.ts'
import { forwarded } from '../../xmpp/forwarded.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { withStanzaId } from '../../xmpp/stanza-id.ts'
import { CARBONS, isEligible } from './eligibility.ts'
import { Exchanges } from './ledger.ts'

const settings = section({})
const NOBODY: readonly LocalEndpoint[] = []

export const carbons = defineFeature({
  name: 'carbons',
  specs: [xep(280, 'Message Carbons', '1.0.1'), xep(297, 'Stanza Forwarding', '1.0')],
  settings,
  install(host) {
    const service = new Carbons(host)
    const rule = { type: 'set', ns: CARBONS, access: 'owner' } as const
    host.iqToAccount({ ...rule, name: 'enable', handle: ({ session }) => service.switch(session, true) })
    host.iqToAccount({ ...rule, name: 'disable', handle: ({ session }) => service.switch(session, false) })
    const ofMessages = { kinds: ['message'] } as const
    host.toAccount('carbons-guard', guarding(), ofMessages)
    host.toAccount('carbons-in', (context) => service.received(context), ofMessages)
    host.fromAccount('carbons-out', (context) => service.sent(context), ofMessages)
    host.streamFeatures.withBinding.push({ ns: CARBONS, ask: (session, { name }) => service.switch(session, name === 'enable') })
    host.disco.server.features.push(CARBONS, 'urn:xmpp:carbons:rules:0')
  },
})

/** Section 11: a copy that another entity sends is a forgery. A client should detect it, but need not. */
function guarding(): (context: ToAccount) => Verdict {
  /** What is sent to many is looked at once. */
  let innocent: Payload | null = null
  return ({ account, packet }) => {
    if (packet.payload === innocent || packet.from.bare === account.bare.bare) return 'next'
    if (isForged(packet.payload)) return 'done'
    innocent = packet.payload
    return 'next'
  }
}
function isForged(payload: Payload): boolean {
  // Names of elements, unlike namespaces, are written in one way only
  if (!payload.text.includes('received') && !payload.text.includes('sent')) return false
  return payload.child('received', CARBONS) !== undefined || payload.child('sent', CARBONS) !== undefined
}

class Carbons {
  readonly #enabled: Slot<Session, boolean>
  readonly #exchanges: Slot<Session, Exchanges | null>

  constructor(host: Host) {
    this.#enabled = host.sessionSlot('carbons', 'kept', () => false)
    this.#exchanges = host.sessionSlot('carbons-exchanges', 'forgotten', () => null)
    host.keep.session<boolean>({
      name: 'carbons',
      version: 1,
      save: (session) => session.get(this.#enabled),
      stamp: (session) => String(session.get(this.#enabled)),
      load: (session, kept) => session.set(this.#enabled, kept === true),
    })
  }
  /** Sections 4, 5; repeating it is no error (10.1). */
  switch(session: Session | null, isEnabled: boolean): Answer {
    session?.set(this.#enabled, isEnabled)
    return null
  }
  /** Section 8. */
  sent(context: FromAccount): Verdict | Promise<Verdict> {
    const { account, session, packet, keeping } = context
    // A message to the user's own account is copied where it arrives, to the clients that do not receive it
    if (packet.to!.bare === account.bare.bare) return 'next'
    const watchers = this.#watchers(account, packet, NOBODY)
    const isAnswer = session !== null && this.#isAnswer(session, packet.to!, packet)
    if (watchers === null || !isEligible(packet, 'sent', isAnswer)) return 'next'
    if (session !== null) this.#note(session, packet.to!, packet)
    if (keeping === null) return this.#copySent(account, packet)
    // MAM-27: the other clients learn the id that it has in the archive
    return keeping.isStored.then((isStored) =>
      this.#copySent(account, isStored ? withStanzaId(packet, account.bare, keeping.id) : packet),
    )
  }
  #copySent(account: LocalAccount, packet: Packet): Verdict {
    const watchers = this.#watchers(account, packet, NOBODY)
    if (watchers !== null) this.#copy('sent', packet, watchers)
    return 'next'
  }
  /** Section 7. */
  received(context: ToAccount): Verdict {
    const { account, packet, delivered } = context
    const watchers = this.#watchers(account, packet, delivered)
    if (watchers === null) return 'next'
    const answersEligible = delivered.some((one) => one instanceof Session && this.#isAnswer(one, packet.from, packet))
    if (!isEligible(packet, 'received', answersEligible)) return 'next'
    for (const one of delivered) if (one instanceof Session) this.#note(one, packet.from, packet)
    context.copies = { payload: this.#copy('received', packet, watchers), to: watchers }
    return 'next'
  }

  /** Sessions that want copies, have room, did not send the message and are not in `recipients`; null if none. */
  #watchers(account: LocalAccount, packet: Packet, recipients: readonly LocalEndpoint[]): readonly Session[] | null {
    let watchers: Session[] | null = null
    for (const session of account.sessions) {
      if (session.vacant || !session.get(this.#enabled) || session.jid.full === packet.from.full || recipients.includes(session))
        continue
      if (hasRoomFor(account, session, packet)) (watchers ??= []).push(session)
    }
    return watchers
  }
  #copy(direction: 'sent' | 'received', packet: Packet, watchers: readonly Session[]): Payload {
    const payload = Payload.ofText(wire(`<${direction} xmlns='${CARBONS}'>${forwarded(packet)}</${direction}>`))
    const copy = Packet.of({ kind: 'message', type: packet.type, from: watchers[0]!.account.bare, payload })
    for (const session of watchers) session.take(copy.addressedTo(session.jid))
    return payload
  }
  #isAnswer(session: Session, peer: Jid, packet: Packet): boolean {
    return packet.type === 'error' && session.get(this.#exchanges)?.has(peer, packet.id) === true
  }
  #note(session: Session, peer: Jid, packet: Packet): void {
    if (packet.type === 'error') return
    const exchanges = session.get(this.#exchanges) ?? new Exchanges()
    session.set(this.#exchanges, exchanges)
    exchanges.note(peer, packet.id)
  }
}
