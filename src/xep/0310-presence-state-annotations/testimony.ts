/** For `explain`: what each client of a watcher was shown of a contact, and how sure it was told to be of that. */
import type { LocalAccount } from '../../server/accounts.ts'
import type { Testimony } from '../../server/presence-journal.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Doubt } from '../../xmpp/state-annotation.ts'
import type { Receivers } from './receivers.ts'

const TOLD: Readonly<Record<Doubt, string>> = {
  'connection-paused': 'with its connection paused',
  'server-unavailable': 'with the link to its server lost, and not confirmed since',
}

export function* testimony(receivers: Receivers, watcher: LocalAccount, contact: Jid): Generator<Testimony> {
  for (const session of watcher.sessions) {
    const { resource } = session.jid
    if (!receivers.asks(session)) {
      if (session.takesPart)
        yield { about: 'shown', words: `Its client ${resource} does not ask for annotations (XEP-0310).`, since: null }
      continue
    }
    for (const { jid, at, toldAt, told } of receivers.shown(session, contact.domain)) {
      if (jid.bare !== contact.bare) continue
      const doubt = told === null ? 'as it is' : TOLD[told]
      yield {
        about: 'shown',
        words: `Its client ${resource} was shown ${jid.resource} as available, ${doubt}.`,
        since: told === null ? at : toldAt,
      }
    }
  }
}
