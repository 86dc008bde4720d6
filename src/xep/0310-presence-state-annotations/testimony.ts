/** For `explain`: what each client of a watcher was shown of a contact, with which doubt. */
import { contactKey } from '../../im/account.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { PresenceJournal } from '../../server/explaining/presence-journal.ts'
import type { Testimony } from '../../server/explaining/witnesses.ts'
import type { Session } from '../../server/account/session.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { doubtsIn, type Doubt } from '../../xmpp/state-annotation.ts'
import type { Absences } from './absences.ts'
import type { Shown } from './ledger.ts'
import type { Receivers } from './receivers.ts'

const TOLD: Readonly<Record<Doubt, string>> = {
  'connection-paused': 'with its connection paused',
  'server-unavailable': 'with the link to its server lost, and not confirmed since',
  'unknown': 'as unknown: not confirmed since a link to its server was lost',
}

export interface TestimonyParts {
  readonly receivers: Receivers
  readonly absences: Absences
  readonly journal: PresenceJournal
}

export function* testimony(parts: TestimonyParts, watcher: LocalAccount, contact: Jid): Generator<Testimony> {
  const { receivers } = parts
  for (const session of watcher.sessions) {
    if (!session.takesPart) continue
    const { resource } = session.jid
    yield* falselyOffline(parts, session, contact)
    if (!receivers.asks(session)) {
      yield { about: 'shown', words: `Its client ${resource} does not ask for annotations (XEP-0310).`, since: null }
      continue
    }
    const all = [...receivers.shown(session, contact.domain)].filter(({ jid }) => jid.bare === contact.bare)
    if (all.length === 0)
      yield {
        about: 'shown',
        words: `For its client ${resource} no available resource of ${contact.bare} is noted.`,
        since: null,
      }
    for (const shown of all)
      yield {
        about: 'shown',
        words: `Its client ${resource} was shown ${shown.jid.resource} as available, ${doubtWords(shown)}.`,
        since: shown.told === null ? shown.at : shown.toldAt,
      }
  }
}

/** Contacts that are available and not shown to this client, although nothing prevents it. */
function* falselyOffline({ absences, journal }: TestimonyParts, session: Session, contact: Jid): Generator<Testimony> {
  if (!absences.isJudged(session) || !session.account.roster.isSubscribedTo(contactKey(contact))) return
  if (session.account.hidden(contact)) return
  for (const { full, bare, resource } of absences.ofContact(session, contact)) {
    const last = [...journal.sent.lastTo(session.jid, contact)].find(({ from }) => from.full === full || from.full === bare)
    const what = last?.type === 'unavailable' ? 'as gone' : 'not at all'
    yield {
      about: 'shown',
      words: `Its client ${session.jid.resource} is shown ${resource} ${what}, though it is available: that is a false offline.`,
      since: last?.at ?? null,
    }
  }
}

/** The doubt that this server has told it, and the doubt of the contact's own server in the presence. */
function doubtWords({ jid, packet, told }: Shown): string {
  const theirs = doubtsIn(packet).map((doubt) => `${TOLD[doubt]}, as ${jid.domain} says`)
  const all = told === null ? theirs : [TOLD[told], ...theirs]
  return all.length === 0 ? 'as it is' : all.join('; ')
}
