/**
 * XEP-0258: messages are judged by their security labels and by the clearances of those who send and receive them. Decisions are made in
 * `server/labelling/`. This folder has what clients and contacts meet: the catalogue, and the stages of messages. Rooms, archives and
 * messages that wait ask at their own places.
 */
import { contactKey } from '../../im/account.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import { catalogueFor } from '../../server/labelling/catalogue.ts'
import type { Cleared } from '../../server/labelling/clearances.ts'
import type { Labels } from '../../server/labelling/labels.ts'
import type { Answer, ServerRequest } from '../../server/routing/registry.ts'
import { LabelledRooms } from '../../rooms/labelled-rooms.ts'
import type { Room } from '../../rooms/machine/room.ts'
import { roomsOf } from '../0045-multi-user-chat/index.ts'
import { addressOrNull, type Jid } from '../../xmpp/jid.ts'
import { SEC_LABEL, SEC_LABEL_CATALOG } from '../../xmpp/security-label.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { Naming } from './naming.ts'
import { labelSettings } from './settings.ts'
import { labelsIn, labelsOut } from './stages.ts'

export type { LabelSettings } from './settings.ts'

export const securityLabels = defineFeature({
  name: 'security-labels',
  specs: [xep(258, 'Security Labels in XMPP', '1.1.1')],
  settings: labelSettings,
  install(host, settings) {
    const { labels, router, tell } = host
    if (labels === null) return
    const parts = { labels, router, settings, tell, naming: new Naming(host, labels) }
    host.fromClient('labels-out', labelsOut(parts))
    host.toAccount('labels-in', labelsIn(parts))
    host.iqToServer({
      type: 'get',
      ns: SEC_LABEL_CATALOG,
      name: 'catalog',
      handle: (request) => catalogue(host, labels, request),
    })
    host.disco.server.features.push(SEC_LABEL, SEC_LABEL_CATALOG)
  },
})

/** LAB-34. `from` in a request is for servers; that of a client counts for nothing. */
async function catalogue(host: Host, labels: Labels, { from, session, payload }: ServerRequest): Promise<Answer> {
  if (session === null) throw new StanzaError('forbidden')
  const to = payload.attr('to')
  const target = to === undefined ? null : addressOrNull(to)
  if (to !== undefined && target === null) throw new StanzaError('jid-malformed')
  const room = target === null ? null : await roomAt(host, target)
  const rooms = new LabelledRooms(labels)
  if (room !== null && rooms.maySee(room.facts.config.label, from)) return rooms.catalogueFor(room, from, to)
  const cleared = target === null ? null : clearedAt(host, labels, session.account, target)
  return catalogueFor(labels, { asker: from, to, cleared, byDefault: labels.policy.defaultLabel })
}
/** Null: there is none, or it is not open yet. */
async function roomAt(host: Host, { local, domain, asBare }: Jid): Promise<Room | null> {
  const served = roomsOf(host)
  if (local === '' || served?.domains.includes(domain) !== true) return null
  const room = await served.rooms.find(asBare)
  return room?.facts.lockedFor === null ? room : null
}
/**
 * The clearance of what is there; null: only the user's counts. People whom the user does not know are as everybody else: the answer does not
 * tell whether there is such an account.
 */
function clearedAt({ router }: Host, { clearances }: Labels, { bare, roster }: LocalAccount, target: Jid): Cleared | null {
  const kind = router.kindOf(target.domain)
  const isKnown = target.bare === bare.bare || (target.local !== '' && roster.isSubscribedTo(contactKey(target)))
  return kind === 'service' || (kind === 'accounts' && !isKnown) ? null : clearances.of(target)
}
