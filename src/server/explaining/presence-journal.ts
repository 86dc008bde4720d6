/**
 * Recent events of presence, so that "since when" can be answered: a ring of bare events, for all accounts together. It
 * contains who and when, never any content of presence, and is never written to disk.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import type { FactBoard } from '../account/facts.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { SentLog } from './sent-log.ts'

export type JournalEvent = 'came' | 'changed' | 'went' | 'paused' | 'resumed' | 'subscription' | 'link-down' | 'link-up'

export interface JournalEntry {
  readonly at: Millis
  readonly event: JournalEvent
  /** The bare JID of the account, or the domain at the other end of a link. */
  readonly who: string
  /** The resource; of a change of the roster, the contact; '' for a link. */
  readonly what: string
}

/** Events of longer addresses are not recorded, so that there is room for many. */
const ADDRESS_OCTETS_MAX = 512
/** About a megabyte. */
const ENTRIES_MAX = 10_000

export class PresenceJournal {
  /** What clients were sent. */
  readonly sent: SentLog
  readonly #entries: JournalEntry[] = []
  /** Where the next entry goes once the ring is full. */
  #next = 0

  /** @param sentMax see `SentLog` */
  constructor(facts: FactBoard, clock: Clock, sentMax: number) {
    this.sent = new SentLog(sentMax)
    const note = (event: JournalEvent, who: string, what: string, at: Millis = clock.now()): void =>
      this.#add({ at, event, who, what })
    const changed = ({ bare, resource }: Jid, before: Packet | null, after: Packet | null): void =>
      note(after === null ? 'went' : before === null ? 'came' : 'changed', bare, resource)
    facts.on('presence-changed', ({ session: { jid }, before, after }) => changed(jid, before, after))
    facts.on('endpoint-changed', ({ endpoint: { jid }, before, after }) => changed(jid, before, after))
    // After a restart a session is paused anew that was paused long before
    facts.on('session-paused', ({ session: { jid, pause } }) => note('paused', jid.bare, jid.resource, pause?.since))
    facts.on('session-resumed', ({ session: { jid } }) => note('resumed', jid.bare, jid.resource))
    facts.on('roster-changed', ({ account, change }) => note('subscription', account.bare.bare, change.contact.full))
    facts.on('link-down', ({ remote }) => note('link-down', remote, ''))
    facts.on('link-up', ({ remote }) => note('link-up', remote, ''))
  }
  /** The entries, the newest first. */
  *of(isAbout: (entry: JournalEntry) => boolean): Generator<JournalEntry> {
    const { length } = this.#entries
    for (let i = 1; i <= length; i++) {
      const entry = this.#entries[(this.#next - i + length) % length]!
      if (isAbout(entry)) yield entry
    }
  }

  #add(entry: JournalEntry): void {
    if (entry.what.length > ADDRESS_OCTETS_MAX) return
    if (this.#entries.length < ENTRIES_MAX) {
      this.#entries.push(entry)
      return
    }
    this.#entries[this.#next] = entry
    this.#next = (this.#next + 1) % ENTRIES_MAX
  }
}
