/**
 * What the clients of waiting sessions show of others, over a restart or a crash of the server. A client that resumes would show
 * for ever a contact that became unavailable meanwhile. So the addresses are stored with the session. A local contact that is
 * unavailable afterwards is shown as gone; for remote contacts, their servers are asked (server/keeping/kept-sessions.ts).
 */
import type { Millis } from '../../base/clock.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Host } from '../../server/feature.ts'
import type { Session } from '../../server/account/session.ts'
import { answered } from '../../server/routing/home.ts'
import type { Slot } from '../../server/account/slots.ts'
import type { HeardJson } from '../../im/heard-resource.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Packet } from '../../xmpp/packet.ts'
import type { GivenJson } from './given.ts'
import type { Known } from './known.ts'
import type { Receivers } from './receivers.ts'
import type { Unconfirmed } from './unconfirmed.ts'

export interface ShownBeforeParts {
  readonly host: Host
  readonly known: Known
  readonly receivers: Receivers
  readonly unconfirmed: Unconfirmed
  /** How long after the questions an unconfirmed remote resource counts as gone. */
  readonly confirmWithin: Millis
}

interface Kept {
  /** Full JIDs. */
  readonly here: readonly string[]
  readonly elsewhere: readonly HeardJson[]
  /** Missing: it was written before this was kept. */
  readonly given?: readonly GivenJson[]
}

export class ShownBefore {
  readonly #parts: ShownBeforeParts
  /** The local contacts that it was shown before the restart; null if none, or if that is settled. */
  readonly #here: Slot<Session, readonly string[] | null>
  /** Accounts whose remote contacts have to be confirmed. */
  readonly #unconfirmed = new Set<LocalAccount>()
  readonly #restored = new Set<Session>()

  constructor(parts: ShownBeforeParts) {
    const { host } = parts
    this.#parts = parts
    this.#here = host.sessionSlot<readonly string[] | null>('shown-before', 'kept', () => null)
    host.keep.session<Kept>({
      name: 'shown-before',
      version: 1,
      save: (session, when) => this.#keep(session, when === 'for a restart'),
      load: (session, kept) => this.#restore(session, kept),
    })
    host.on('sessions-restored', () => this.#compare())
    host.on('session-resumed', ({ session }) => this.#cameBack(session))
  }

  /** It is unknown what a connected client has read; it logs in again after a crash. */
  #keep(session: Session, isRestart: boolean): Kept | null {
    if (session.connection !== null || !session.isPresent) return null
    const { host, known, receivers } = this.#parts
    // After a crash nobody knows what the client was told against a presence
    const given = known.memory(session, (jid) => isRestart || !receivers.isDoubted(session, jid))
    return { here: this.#shownHere(session), elsewhere: host.heard.memory(session.account), given }
  }
  #shownHere({ account }: Session): readonly string[] {
    const { heard, router } = this.#parts.host
    const here = [account.bare, ...account.roster.subscriptions].filter((contact) => router.homeOf(contact) !== null)
    const available = here.flatMap((contact) => [...heard.available(account, contact)])
    return available.filter(({ isBySubscription }) => isBySubscription).map(({ jid }) => jid.full)
  }
  #restore(session: Session, kept: Kept | null): void {
    if (kept === null) return
    session.set(this.#here, kept.here)
    this.#restored.add(session)
    const { host, known } = this.#parts
    host.heard.remember(session.account, kept.elsewhere)
    const given = kept.given ?? kept.elsewhere.map(([full, digest]): GivenJson => [full, digest, false])
    known.remember(session, given, kept.elsewhere)
    if (kept.elsewhere.length > 0) this.#unconfirmed.add(session.account)
  }
  /** All sessions are restored: which of the local contacts are available. */
  #compare(): void {
    for (const session of this.#restored) {
      for (const full of session.get(this.#here) ?? []) this.#compareOne(session, storedJid(full))
      session.set(this.#here, null)
    }
    this.#restored.clear()
  }
  #compareOne(session: Session, jid: Jid): void {
    const { host, receivers } = this.#parts
    const to = session.account.bare
    void answered(host.router.homeOf(jid)?.presence(jid, to) ?? null, (presence) => {
      if (presence === null) session.take(Packet.of({ kind: 'presence', type: 'unavailable', from: jid, to }))
      else if (jid.full !== session.jid.full) receivers.remember(session, presence)
    })
  }
  #cameBack({ account }: Session): void {
    if (!this.#unconfirmed.delete(account)) return
    const { host, unconfirmed, confirmWithin } = this.#parts
    const since = host.clock.now()
    host.clock.after(confirmWithin, () => {
      for (const remote of new Set(Array.from(host.heard.all(account), ({ jid }) => jid.domain)))
        unconfirmed.close(account, remote, since)
    })
  }
}
