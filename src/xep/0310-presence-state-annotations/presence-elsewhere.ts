/** What other servers have of a session's presence, for a restart and for a crash. */
import type { Host } from '../../server/feature.ts'
import { Session, type LocalEndpoint } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import type { DirectedElsewhere, DirectedJson } from './directed-elsewhere.ts'
import type { ToldElsewhere } from './told-elsewhere.ts'

interface KeptJson {
  readonly told: readonly string[]
  readonly directed: readonly DirectedJson[]
}

export class PresenceElsewhere {
  /** How often it has changed. */
  readonly #changes: Slot<Session, number>

  constructor(host: Host, told: ToldElsewhere, directed: DirectedElsewhere) {
    this.#changes = host.sessionSlot<number>('elsewhere-changes', 'forgotten', () => 0)
    host.keep.session<KeptJson>({
      name: 'presence-elsewhere',
      version: 1,
      stamp: (session) => String(session.get(this.#changes)),
      weigh: (session) => told.octetsOf(session) + directed.octetsOf(session),
      save: (session) => {
        const kept = { told: told.save(session), directed: directed.save(session) }
        return kept.told.length + kept.directed.length === 0 ? null : kept
      },
      load: (session, kept) => {
        told.load(session, kept?.told ?? [])
        directed.load(session, kept?.directed ?? [])
      },
    })
  }
  changed(endpoint: LocalEndpoint): void {
    if (endpoint instanceof Session) endpoint.set(this.#changes, endpoint.get(this.#changes) + 1)
  }
}
