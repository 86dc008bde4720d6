/**
 * XEP-0352: a client says when its user does not look at it; then stanzas that can wait are held back (`queue.ts`). Both
 * announcements go through the session's lane, so the released stanzas are sent before the answer to whatever the client sends
 * next (4.1). The state of a client is private (section 5): nothing that is sent to others shows it.
 */
import { between, count, flag, section, size } from '../../base/settings.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import type { Session } from '../../server/account/session.ts'
import { el } from '../../xml/element.ts'
import { ClientState, type CsiOptions } from './queue.ts'

const CSI = 'urn:xmpp:csi:0'

/** Which clients are inactive. For features that need 'client-state-indication'. */
export interface ClientStates {
  isInactive(session: Session): boolean
  /** `observer` is called when an inactive client has become active, and has received what was held back. */
  onActive(observer: (session: Session) => void): void
}
const faces = new WeakMap<Host, ClientStates>()
export const clientStatesOf = (host: Host): ClientStates => faces.get(host)!

const settings = section({
  'hold-presence': flag(true, 'Whether presence is held back from inactive clients. Only the last of each resource is kept.'),
  'hold-chat-states': flag(
    true,
    'Whether chat states without content are held back from inactive clients. Only the last of each conversation is kept.',
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
      stanzasMax: options['held-stanzas'],
      octetsMax: options['held-size'],
    }
    const goOn = host.deliverAfter('csi')
    const states = host.sessionSlot('client-state-indication', 'forgotten', (session) => {
      return new ClientState(session.jid, limits, (packet) => goOn(session, packet))
    })
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
    const deactivate = (session: Session): void => session.get(states).deactivate()
    // A stream begins as active (4.2): held stanzas wait for it like all others
    host.keep.settle(activate)
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
    host.toSession('csi', ({ session, packet }) => (session.get(states).admits(packet) ? 'next' : 'done'))
    const offer = el('csi', CSI)
    host.streamFeatures.afterAuth.push(() => offer)
    host.metrics.gauge('porchlight_csi_held_stanzas', 'Stanzas that wait for inactive clients to become active', () => {
      let held = 0
      for (const session of host.sessions.all()) held += session.get(states).size
      return held
    })
  },
})
