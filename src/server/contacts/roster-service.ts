/** RFC 6121 section 2 as IQs: a client asks for its roster, with or without a version, and changes items. */
import type { ImLimits } from '../../im/account.ts'
import { parseVersion, readRosterSet, removeItem, rosterResult, rosterUpdates, setItem } from '../../im/roster.ts'
import type { Element } from '../../xml/element.ts'
import type { Wire } from '../../xml/wire.ts'
import { ROSTER } from '../../xmpp/ns.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { RosterStore } from '../ports.ts'
import type { AccountRequest, Answer, Registry } from '../routing/registry.ts'
import type { RosterChanges } from './roster-changes.ts'
import type { Router } from '../routing/router.ts'
import type { Session } from '../account/session.ts'

export interface RosterServiceParts {
  readonly registry: Registry
  readonly rosters: RosterStore
  readonly rosterChanges: RosterChanges
  readonly limits: ImLimits
  readonly router: Router
  readonly requestId: () => Wire
}

export function installRosterService(parts: RosterServiceParts): void {
  const rule = { ns: ROSTER, name: 'query', access: 'owner' } as const
  parts.registry.account.add({ ...rule, type: 'get', handle: (request) => get(parts, request) })
  // 2.3.3: forbidden for all others, with the same answer where there is no account
  parts.registry.account.add({ ...rule, type: 'set', refusal: 'forbidden', handle: (request) => set(parts, request) })
}

/** 2.1.3, 2.1.4, 2.6: a client that asks is interested from then on (2.2). */
function get(parts: RosterServiceParts, request: AccountRequest): Answer | Promise<Answer> {
  const { rosters } = parts
  const { account, payload, session } = request
  if (payload.elements.length > 0) throw new StanzaError('bad-request')
  if (session !== null) session.interested = true
  const { roster, bare } = account
  const asked = payload.attr('ver')
  const known = asked === undefined ? null : parseVersion(asked, roster.epoch)
  if (known === null || session === null) return rosterResult(roster)
  if (known === roster.version) return null
  const { epoch } = roster
  return rosters.changesSince(bare.bare, known).then((changes) => {
    // 2.6.3: the full roster if the changes are no longer known, or if it is the shorter answer.
    if (changes === null || changes.version !== roster.version || epoch !== roster.epoch || changes.items.length > roster.size)
      return rosterResult(roster)
    request.afterwards.push(() => session.room.pour(missed(session, rosterUpdates(changes, epoch), parts)))
    return null
  })
}
function* missed(session: Session, updates: readonly Element[], { requestId }: RosterServiceParts): Generator<void, void> {
  const push = { kind: 'iq', type: 'set', from: session.account.bare, to: session.jid } as const
  for (const update of updates) {
    session.take(Packet.of({ ...push, id: requestId(), payload: Payload.of(update) }))
    yield
  }
}

/** 2.1.5, 2.3, 2.4, 2.5. The pushes are sent before the result (ROS-6). */
async function set({ rosterChanges, limits, router }: RosterServiceParts, request: AccountRequest): Promise<Answer> {
  const { account, payload } = request
  const wanted = readRosterSet(payload, account, limits, (name) => router.placeOf(name) !== 'elsewhere')
  const decide = () => (wanted.remove ? removeItem(account, wanted) : setItem(account, wanted, limits))
  await rosterChanges.perform(account, decide, null)
  return null
}
