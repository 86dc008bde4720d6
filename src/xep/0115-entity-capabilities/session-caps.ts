/**
 * The features of the clients of local sessions, for other extensions. Learnt from the presence that a session broadcasts, or
 * sends directly if it has never broadcast any (section 8.3).
 */
import type { FromClient } from '../../server/pipeline/contexts.ts'
import type { Verdict } from '../../server/pipeline/pipeline.ts'
import type { Host } from '../../server/feature.ts'
import type { Session } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import { unpin, wire, type Wire } from '../../xml/wire.ts'
import { CAPS, capsIn, type Caps } from '../../xmpp/caps.ts'
import { jidOf } from '../../xmpp/jid.ts'
import type { Payload } from '../../xmpp/packet.ts'
import type { Features, Resolver } from './resolver.ts'

interface Learnt {
  readonly caps: Caps | null
  /** As written in the presence; null if it must be parsed each time. */
  readonly written: Wire | null
  readonly features: Features
  readonly isRefuted: boolean
}
const NOTHING: Learnt = { caps: null, written: null, features: null, isRefuted: false }

const NO_FEATURES: ReadonlySet<string> = new Set()

/** Called when the features of a session have become known or changed. */
export type CapsObserver = (session: Session, features: ReadonlySet<string>) => void

export class SessionCaps {
  /** For remote entities. */
  readonly resolver: Resolver
  readonly #learnt: Slot<Session, Learnt>
  readonly #observers: CapsObserver[] = []

  constructor(host: Host, resolver: Resolver) {
    this.resolver = resolver
    this.#learnt = host.sessionSlot('caps', 'kept', () => NOTHING)
    // A client that is invisible (XEP-0186), or whose presence says "no change" (8.4), has them in no stored presence.
    host.keep.session<Caps>({
      name: 'caps',
      version: 1,
      stamp: (session) => session.get(this.#learnt).caps?.ver ?? '',
      save: (session) => session.get(this.#learnt).caps,
      load: (session, kept) => session.set(this.#learnt, { ...NOTHING, caps: kept ?? capsOfPresence(session) }),
    })
    // A client that was away when it was asked did not answer in time. After a restart it is asked when it is back; otherwise
    // others with the same hash would wait for its answer
    host.on('session-resumed', ({ session }) => this.features(session) === null && this.#recall(session))
  }
  /** The features of the session's client; null if not known, perhaps not yet. */
  features(session: Session): Features {
    return session.get(this.#learnt).features
  }
  /**
   * May the client be treated as one that has this feature? Null while that is being found out; `onKnown` follows if it can be. A
   * client whose hash does not match its answer has none, because somebody may be making it look like another client.
   */
  can(session: Session, feature: string): boolean | null {
    const { caps, features, isRefuted } = session.get(this.#learnt)
    if (features === null) return caps === null ? false : null
    return !isRefuted && features.has(feature)
  }
  /** The features that the client may be treated by; none if its hash does not match. Null while that is being found out. */
  trusted(session: Session): Features {
    const { caps, features, isRefuted } = session.get(this.#learnt)
    if (isRefuted || caps === null) return NO_FEATURES
    return features
  }
  onKnown(observer: CapsObserver): void {
    this.#observers.push(observer)
  }
  /** A stage of what clients send. Presence without `<c/>` means no change (8.4). */
  readonly stage = ({ session, packet }: FromClient): Verdict => {
    if (packet.type !== '') return 'next'
    if (packet.to !== null && session.presence !== null) return 'next'
    const learnt = session.get(this.#learnt)
    const written = writtenIn(packet.payload)
    if (written !== null && written === learnt.written) return 'next'
    const caps = capsIn(packet.payload)
    if (caps !== null && !isSame(caps, learnt.caps)) this.#learn(session, caps, written)
    return 'next'
  }

  /** For a session that continues: what it has sent, or what its presence says. */
  #recall(session: Session): void {
    const caps = session.get(this.#learnt).caps ?? capsOfPresence(session)
    if (caps !== null) this.#learn(session, caps, null)
  }
  #learn(session: Session, caps: Caps, tag: Wire | null): void {
    const asker = jidOf('', session.jid.domain)
    const written = tag === null ? null : unpin(tag)
    session.set(this.#learnt, { caps, written, features: null, isRefuted: false })
    this.resolver.resolve(asker, session.jid, caps, (features, isRefuted) => {
      // The answer may come when the session has ended, or has new capabilities.
      if (session.ended || session.get(this.#learnt).caps !== caps) return
      if (features === null && session.connection === null) return // it is asked again when it is back
      session.set(this.#learnt, features === null ? NOTHING : { caps, written, features, isRefuted })
      if (features === null) return
      for (const observer of this.#observers) observer(session, features)
    })
  }
}

/**
 * The tag of the only element that names this namespace, for comparing: clients repeat it in each presence, and parsing it costs
 * more than everything else. A tag cannot contain '<'. Null if there is none, or several.
 */
function writtenIn({ text }: Payload): Wire | null {
  const at = text.indexOf(CAPS)
  if (at < 0 || text.indexOf(CAPS, at + 1) >= 0) return null
  const end = text.indexOf('<', at)
  return wire(text.slice(text.lastIndexOf('<', at), end < 0 ? text.length : end))
}

const capsOfPresence = ({ presence }: Session): Caps | null => (presence === null ? null : capsIn(presence.payload))

const isSame = (a: Caps, b: Caps | null): boolean => b !== null && a.ver === b.ver && a.hash === b.hash && a.node === b.node
