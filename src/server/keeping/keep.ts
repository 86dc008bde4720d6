/** What features see of the snapshots: `Host.keep`. */
import type { LocalAccount, Session } from '../account/session.ts'
import type { AccountSnapshot, Changed, KeptStates, ServiceSnapshot } from './kept-states.ts'
import type { SessionSnapshot, Snapshots } from './snapshots.ts'

export interface Keep {
  /** The state of each session is kept, and restored in the order in which this was called. */
  session<T>(snapshot: SessionSnapshot<T>): void
  account<T>(snapshot: AccountSnapshot<T>): Changed<LocalAccount>
  service<T>(snapshot: ServiceSnapshot<T>): Changed<string>
  /** `settle` is called when a session has lost its connection: what is held back for its client moves to where it waits. */
  settle(settle: (session: Session) => void): void
}

export const keepOf = (snapshots: Snapshots, states: KeptStates): Keep => ({
  session: (snapshot) => snapshots.session(snapshot),
  account: (snapshot) => states.account(snapshot),
  service: (snapshot) => states.service(snapshot),
  settle: (settle) => snapshots.settle(settle),
})
