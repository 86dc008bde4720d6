/**
 * What the clients of our own sessions can do: the face of this extension for others. Learnt from the presence
 * that a session broadcasts, or sends directly if it has never broadcast any (section 8.3).
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
  /** As they stood in the presence; null: that has to be read each time. */
  readonly written: Wire | null
  readonly features: Features
  readonly isRefuted: boolean
}
const NOTHING: Learnt = { caps: null, written: null, features: null, isRefuted: false }

/** Told of a session whose features have become known, or others. */
export type CapsObserver = (session: Session, features: ReadonlySet<string>) => void

export class SessionCaps {
  /** For entities elsewhere. */
  readonly resolver: Resolver
  readonly #learnt: Slot<Session, Learnt>
  readonly #observers: CapsObserver[] = []

  constructor(host: Host, resolver: Resolver) {
    this.resolver = resolver
    this.#learnt = host.sessionSlot('caps', 'kept', () => NOTHING)
    // A client that hides (XEP-0186), or whose presence says that nothing has changed (8.4), shows them nowhere
    host.keep.session<Caps>({
      name: 'caps',
      version: 1,
      stamp: (session) => session.get(this.#learnt).caps?.ver ?? '',
      save: (session) => session.get(this.#learnt).caps,
      load: (session, kept) => session.set(this.#learnt, { ...NOTHING, caps: kept ?? capsOfPresence(session) }),
    })
    // A client that was away when it was asked has not answered in time. After a restart it is asked when it is back: others
    // that can do the same would wait for its answer
    host.on('session-resumed', ({ session }) => this.features(session) === null && this.#recall(session))
  }
  /** The features of the session's client; null: not known, perhaps not yet. */
  features(session: Session): Features {
    return session.get(this.#learnt).features
  }
  /**
   * May the client be treated as one that has this feature? Null: it is being found out, and `onKnown` follows if it can
   * be. A client whose hash is not that of what it says has none: somebody may be passing it off as another.
   */
  can(session: Session, feature: string): boolean | null {
    const { caps, features, isRefuted } = session.get(this.#learnt)
    if (features === null) return caps === null ? false : null
    return !isRefuted && features.has(feature)
  }
  onKnown(observer: CapsObserver): void {
    this.#observers.push(observer)
  }
  /** A stage of what clients send. Presence without `<c/>` says that nothing has changed (8.4). */
  readonly stage = ({ session, packet }: FromClient): Verdict => {
    if (packet.kind !== 'presence' || packet.type !== '') return 'next'
    if (packet.to !== null && session.presence !== null) return 'next'
    const learnt = session.get(this.#learnt)
    const written = writtenIn(packet.payload)
    if (written !== null && written === learnt.written) return 'next'
    const caps = capsIn(packet.payload)
    if (caps !== null && !isSame(caps, learnt.caps)) this.#learn(session, caps, written)
    return 'next'
  }

  /** Of a session that goes on: what it has said, or its presence says. */
  #recall(session: Session): void {
    const caps = session.get(this.#learnt).caps ?? capsOfPresence(session)
    if (caps !== null) this.#learn(session, caps, null)
  }
  #learn(session: Session, caps: Caps, tag: Wire | null): void {
    const asker = jidOf('', session.jid.domain)
    const written = tag === null ? null : unpin(tag)
    session.set(this.#learnt, { caps, written, features: null, isRefuted: false })
    this.resolver.resolve(asker, session.jid, caps, (features, isRefuted) => {
      // Answers may come when the session is over, or has changed what it says
      if (session.ended || session.get(this.#learnt).caps !== caps) return
      if (features === null && session.connection === null) return // it is asked again when it is back
      session.set(this.#learnt, features === null ? NOTHING : { caps, written, features, isRefuted })
      if (features === null) return
      for (const observer of this.#observers) observer(session, features)
    })
  }
}

/**
 * The tag of the only element that names this namespace, for comparing: clients say the same in each presence, and
 * reading it costs more than all else. A '<' cannot stand within a tag. Null: none, or several.
 */
function writtenIn({ text }: Payload): Wire | null {
  const at = text.indexOf(CAPS)
  if (at < 0 || text.indexOf(CAPS, at + 1) >= 0) return null
  const end = text.indexOf('<', at)
  return wire(text.slice(text.lastIndexOf('<', at), end < 0 ? text.length : end))
}

const capsOfPresence = ({ presence }: Session): Caps | null => (presence === null ? null : capsIn(presence.payload))

const isSame = (a: Caps, b: Caps | null): boolean => b !== null && a.ver === b.ver && a.hash === b.hash && a.node === b.node
