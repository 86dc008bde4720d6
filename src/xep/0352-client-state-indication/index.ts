/**
 * XEP-0352: a client says when its user does not look at it; then stanzas that can wait are held back (`queue.ts`). Both
 * announcements go through the session's lane, so the released stanzas are sent before the answer to whatever the client sends
 * next (4.1). The state of a client is private (section 5): nothing that is sent to others shows it.
 */
import { between, count, flag, section, size } from '../../base/settings.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { Session } from '../../server/account/session.ts'
import type { ToSession } from '../../server/pipeline/contexts.ts'
import type { Stage } from '../../server/pipeline/pipeline.ts'
import { el } from '../../xml/element.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { ClientState, type ClientWay, type CsiOptions } from './queue.ts'

const CSI = 'urn:xmpp:csi:0'

/** Which clients are inactive. For features that need 'client-state-indication'. */
export interface ClientStates {
  isInactive(session: Session): boolean
  /** `observer` is called when an inactive client has become active, and has received what was held back. */
  onActive(observer: (session: Session) => void): void
}
const faces = new WeakMap<Host, ClientStates>()
export const clientStatesOf = (host: Host): ClientStates => faces.get(host)!

class Way implements ClientWay {
  readonly #session: Session
  readonly #heard: Host['heard']
  readonly #goOn: (session: Session, packet: Packet) => void

  constructor(session: Session, heard: Host['heard'], goOn: (session: Session, packet: Packet) => void) {
    this.#session = session
    this.#heard = heard
    this.#goOn = goOn
  }
  send(packet: Packet): void {
    this.#goOn(this.#session, packet)
  }
  turn(): number {
    return this.#heard.turn()
  }
  hasComeSince(resource: Jid, turn: number): boolean {
    return this.#heard.hasComeSince(this.#session, resource, turn)
  }
}

const settings = section({
  'hold-presence': flag(true, 'Whether presence is held back from inactive clients. Only the last of each resource is kept.'),
  'hold-chat-states': flag(
    true,
    'Whether chat states without content are held back from inactive clients. Only the last of each conversation is kept.',
  ),
  'hold-events': flag(
    true,
    'Whether events of nodes of others, such as moods and avatars, are held back from inactive clients. Only the last of each item is kept.',
  ),
  'held-stanzas': count(1000, between(1, 100_000), 'Stanzas held back from one client. With one more, all are sent.'),
  'held-size': size(
    '256 KiB',
    between('1 KB', '64 MiB'),
    'Size of the stanzas held back from one client. If there is more, all are sent.',
  ),
})

export const clientStateIndication = defineFeature({
  name: 'client-state-indication',
  specs: [xep(352, 'Client State Indication', '1.0.0')],
  settings,
  install(host, options) {
    const limits: CsiOptions = {
      holdPresence: options['hold-presence'],
      holdChatStates: options['hold-chat-states'],
      holdEvents: options['hold-events'],
      stanzasMax: options['held-stanzas'],
      octetsMax: options['held-size'],
    }
    const goOn = host.deliverAfter('csi')
    const states = host.sessionSlot('client-state-indication', 'forgotten', (session) => {
      return new ClientState(session.jid, limits, new Way(session, host.heard, goOn))
    })
    const admits: Stage<ToSession> = ({ session, packet }) => {
      const state = session.get(states)
      const isAdmitted = state.admits(packet)
      if (!state.isWatching) chosen(session)
      return isAdmitted ? 'next' : 'done'
    }
    const chosen = host.toSession('csi', admits, { isFor: (session) => session.get(states).isWatching })
    const observers: ((session: Session) => void)[] = []
    faces.set(host, {
      isInactive: (session) => session.get(states).isInactive,
      onActive: (observer) => void observers.push(observer),
    })
    const activate = (session: Session): void => {
      if (!session.get(states).isInactive) return
      session.get(states).activate()
      for (const observer of observers) observer(session)
    }
    const deactivate = (session: Session): void => {
      session.get(states).deactivate()
      chosen(session)
    }
    // A stream begins as active (4.2): held stanzas wait for it like all others
    host.keep.settle(activate)
    host.on('session-restored', ({ session }) => {
      session.get(states).restored()
      chosen(session)
    })
    // A client that begins anew, or shows blocked contacts as unavailable, is sent again what it was sent (RFC 6121 4.2, XEP-0191 3.4)
    const forget = (session: Session): void => session.get(states).forget()
    host.on('presence-changed', ({ session, after }) => after === null && forget(session))
    host.on('visibility-changed', ({ session }) => forget(session))
    host.on('blocking-changed', ({ account }) => account.sessions.forEach(forget))
    host.nonza(CSI, 'active', activate)
    host.nonza(CSI, 'inactive', deactivate)
    host.streamFeatures.withBinding.push({
      ns: CSI,
      ask(session, { name }) {
        if (name === 'inactive') deactivate(session)
        return null
      },
    })
    host.on('session-resumed', ({ session, after }) => after === 'stream-lost' && activate(session)) // 4.2: a stream begins as active
    const offer = el('csi', CSI)
    host.streamFeatures.afterAuth.push(() => offer)
    host.metrics.gauge('porchlight_csi_held_stanzas', 'Stanzas that wait for inactive clients to become active', () => {
      let held = 0
      for (const session of host.sessions.all()) held += session.get(states).size
      return held
    })
  },
})
