/**
 * `porchlight explain ALICE BOB`: why Alice sees Bob as she does, at this moment, and what would change it. Everything is
 * read from where the server itself decides; what people say in their status is left out.
 */
import * as v from 'valibot'
import type { Millis } from '../base/clock.ts'
import type { LocalAccount } from '../server/accounts.ts'
import type { Host } from '../server/feature.ts'
import type { Known } from '../server/presence-journal.ts'
import type { Session } from '../server/session.ts'
import { standingOf, type Confidence, type Sign } from '../server/standing.ts'
import { addressIn, JidError, type Jid } from '../xmpp/jid.ts'
import { CommandError, defineCommand, type Command } from './command.ts'

/** One thing that matters, in words for the operator. */
export interface Reason {
  readonly about: 'subscription' | 'block' | 'resource' | 'link' | 'shown' | 'history'
  readonly words: string
  /** Milliseconds since 1970; null: not known. */
  readonly since: Millis | null
}
/** How well the presence of one of the contact's resources is known. */
export interface ResourceReport {
  readonly jid: string
  readonly confidence: Confidence
  /** When and through what it was last confirmed; null: never. */
  readonly confirmedAt: Millis | null
  readonly confirmedBy: Sign | null
}
export interface Explanation {
  readonly watcher: string
  readonly contact: string
  /** What it comes to, in one sentence. */
  readonly verdict: string
  /** The available resources of the contact. */
  readonly resources: readonly ResourceReport[]
  readonly reasons: readonly Reason[]
  /** What would change it. */
  readonly remedies: readonly string[]
}

type Parts = Pick<Host, 'accounts' | 'domains' | 'links' | 'journal' | 'router'>

/** Of the events that are told. */
const EVENTS_MAX = 10

export const explainCommand = (host: Parts): Command =>
  defineCommand('explain.presence', { watcher: v.string(), contact: v.string() }, async (given): Promise<Explanation> => {
    const [watcher, contact] = [bareJid(given.watcher), bareJid(given.contact)]
    const alice = await host.accounts.load(watcher.bare)
    if (alice === null)
      throw new CommandError(`There is no account ${watcher.bare} here. The first of the two is the one that looks.`)
    const bob = host.router.isLocal(contact.domain) ? await host.accounts.load(contact.bare) : null
    const isLocal = host.router.isLocal(contact.domain)
    const known = isLocal ? null : host.journal.knowledge(alice, contact)
    const scene: Scene = { host, alice, contact, bob, isLocal, known }
    return {
      watcher: watcher.bare,
      contact: contact.bare,
      verdict: verdictOf(scene),
      resources: [...standings(scene)],
      reasons: [
        ...subscriptions(scene),
        ...blocks(scene),
        ...disabled(scene),
        ...resources(scene),
        ...link(scene),
        ...shown(scene),
        ...sent(scene),
        ...events(scene),
      ],
      remedies: [...remedies(scene)],
    }
  })

interface Scene {
  readonly host: Parts
  readonly alice: LocalAccount
  readonly contact: Jid
  readonly isLocal: boolean
  /** Null: of another server, or there is no such account. */
  readonly bob: LocalAccount | null
  /** Null: of this server. */
  readonly known: Known | null
}

const key = ({ contact }: Scene): string => contact.bare
const sees = (scene: Scene): boolean => scene.alice.roster.isSubscribedTo(key(scene))
const isShownTo = ({ bob, alice }: Scene): boolean => bob !== null && bob.roster.isSubscriber(alice.bare.bare)
const isAvailable = (session: Session): boolean => session.presence !== null

function verdictOf(scene: Scene): string {
  const { alice, bob, contact, isLocal } = scene
  const [a, b] = [alice.bare.bare, contact.bare]
  if (!alice.isAttended) return `${a} is not available itself, and is shown nobody's presence.`
  if (!sees(scene)) return `${a} has no subscription to the presence of ${b}: unless ${b} sends it directly, it shows nothing.`
  if (alice.hidden(contact)) return `${a} has blocked ${b}.`
  if (!isLocal) return verdictElsewhere(scene)
  if (bob === null) return `There is no account ${b}.`
  if (!isShownTo(scene)) return `${b} does not share its presence with ${a}, although the roster of ${a} says so.`
  if (bob.hidden(alice.bare)) return `${b} has blocked ${a}: to ${a} it looks as if ${b} were offline.`
  const there = bob.sessions.filter(isAvailable)
  if (there.length === 0) return `${b} has no available resource: ${a} sees it offline.`
  if (there.every((session) => session.connection === null))
    return `Every available resource of ${b} has lost its connection and may come back: ${a} sees it paused where its client asks for that, and as it last was otherwise.`
  return `${b} is available to ${a} with ${resourcesWords(there.length)}.`
}

/** What is not known is not offline. */
function verdictElsewhere({ host, alice, contact, known }: Scene): string {
  const [a, b, domain] = [alice.bare.bare, contact.bare, contact.domain]
  if (host.links.get(alice.bare.domain, domain)?.isAnnouncedDown === true)
    return `The link to ${domain} is lost: ${a} sees what was last known, marked as such where its client asks for that.`
  const { length } = known!.resources
  if (length > 0) return `${b} is available to ${a} with ${resourcesWords(length)}, says ${domain}.`
  if (known!.goneAt !== null) return `${b} has no available resource, says ${domain}: ${a} sees it offline.`
  return `Whether ${b} is available is not known: ${domain} has not said so. That is not the same as offline, though most clients show it so.`
}
const resourcesWords = (n: number): string => `${n} ${n === 1 ? 'resource' : 'resources'}`

function* standings({ bob, known }: Scene): Generator<ResourceReport> {
  for (const session of bob?.sessions ?? []) if (isAvailable(session)) yield { jid: session.jid.full, ...standingOf(session) }
  for (const { jid: resource, standing } of known?.resources ?? []) yield { jid: resource.full, ...standing }
}

function* subscriptions(scene: Scene): Generator<Reason> {
  const { alice, bob, contact, isLocal } = scene
  yield {
    about: 'subscription',
    words: `The roster of ${alice.bare.bare}: ${itemWords(alice, contact)}.`,
    since: changedAt(scene, alice, contact),
  }
  if (!isLocal) yield { about: 'subscription', words: `The roster of ${contact.bare} is kept by ${contact.domain}.`, since: null }
  else if (bob === null) yield { about: 'subscription', words: `There is no account ${contact.bare}.`, since: null }
  else
    yield {
      about: 'subscription',
      words: `The roster of ${contact.bare}: ${itemWords(bob, alice.bare)}.`,
      since: changedAt(scene, bob, alice.bare),
    }
}

function itemWords({ roster }: LocalAccount, contact: Jid): string {
  const item = roster.item(contact.bare)
  const words =
    item === undefined ? [`${contact.bare} is not in it`] : [`subscription '${item.subscription}' with ${contact.bare}`]
  if (item?.ask === true) words.push('it has asked and waits for an answer')
  if (item?.approved === true) words.push('a request would be granted at once')
  if (roster.pendingFrom(contact.bare) !== undefined) words.push(`a request of ${contact.bare} waits for an answer`)
  return words.join('; ')
}

function changedAt({ host }: Scene, owner: LocalAccount, contact: Jid): Millis | null {
  const isAbout = { event: 'subscription', who: owner.bare.bare, what: contact.bare }
  const [last] = host.journal.of(
    ({ event, who, what }) => event === isAbout.event && who === isAbout.who && what === isAbout.what,
  )
  return last?.at ?? null
}

function* blocks({ alice, bob, contact }: Scene): Generator<Reason> {
  if (alice.hidden(contact)) yield { about: 'block', words: `${alice.bare.bare} has blocked ${contact.bare}.`, since: null }
  if (bob?.hidden(alice.bare) === true)
    yield { about: 'block', words: `${contact.bare} has blocked ${alice.bare.bare}.`, since: null }
}

function* disabled({ alice, bob }: Scene): Generator<Reason> {
  for (const account of [alice, bob])
    if (account !== null && account.disabled !== null)
      yield { about: 'resource', words: `The account ${account.bare.bare} is disabled.`, since: account.disabled.at }
}

function* resources(scene: Scene): Generator<Reason> {
  const { bob, alice, host, known, contact } = scene
  if (known !== null && known.goneAt !== null)
    yield { about: 'resource', words: `${contact.domain} has said that ${contact.bare} is not available.`, since: known.goneAt }
  if (bob === null) return
  for (const session of bob.sessions) {
    const { jid: full, connection, pause } = session
    const state = stateWords(session)
    const doubt = connection === null && pause !== null ? '; its connection is lost, and its client may come back' : ''
    const direct = session.hasTold(alice.bare) ? `; it has sent its presence to ${alice.bare.bare} directly` : ''
    const [last] = host.journal.of(
      ({ who, what, event }) => who === full.bare && what === full.resource && event !== 'subscription',
    )
    yield {
      about: 'resource',
      words: `Resource ${full.resource}: ${state}${doubt}${direct}.`,
      since: last?.at ?? session.boundAt,
    }
  }
  if (!bob.sessions.some(isAvailable) && bob.lastUnavailable !== null)
    yield { about: 'resource', words: `${bob.bare.bare} was last seen to go.`, since: bob.lastUnavailable.at }
}

function stateWords({ presence, invisible, priority }: Session): string {
  if (invisible) return 'invisible but to those to whom it has sent its presence directly'
  return presence === null ? 'connected, but not available' : `available with priority ${priority}`
}

function* link({ host, alice, contact, isLocal }: Scene): Generator<Reason> {
  if (isLocal) return
  const found = host.links.get(alice.bare.domain, contact.domain)
  if (found === undefined) yield { about: 'link', words: `No link to ${contact.domain} was needed yet.`, since: null }
  else {
    const told = found.isAnnouncedDown ? '; users have been told that it is lost' : ''
    yield { about: 'link', words: `The link to ${contact.domain} is ${found.state}${told}.`, since: found.since }
  }
}

function* shown({ host, alice, contact }: Scene): Generator<Reason> {
  if (alice.sessions.length === 0) yield { about: 'shown', words: `${alice.bare.bare} has no session.`, since: null }
  for (const session of alice.sessions)
    if (!session.takesPart)
      yield {
        about: 'shown',
        words: `Its resource ${session.jid.resource} is not available and is shown nothing.`,
        since: session.boundAt,
      }
  for (const witness of host.journal.witnesses) yield* witness(alice, contact)
}

/** What each client was last handed of each resource, as far as that is remembered. */
function* sent({ host, alice, contact }: Scene): Generator<Reason> {
  for (const { jid: client } of alice.sessions) {
    for (const { from, type, at } of host.journal.sent.lastTo(client, contact)) {
      const what = `${SENT_WORDS[type] ?? `presence of type '${type}'`} of ${from.full}`
      yield { about: 'shown', words: `The last that its client ${client.resource} was sent: ${what}.`, since: at }
    }
  }
}
const SENT_WORDS: Readonly<Record<string, string>> = {
  '': 'available presence',
  'unavailable': 'unavailable presence',
  'error': 'an error',
}

const EVENT_WORDS = {
  'came': 'became available',
  'changed': 'changed its presence',
  'went': 'became unavailable',
  'paused': 'lost its connection',
  'resumed': 'came back',
  'subscription': 'roster changed',
  'link-down': 'the link was lost',
  'link-up': 'the link came back',
} as const

function* events({ host, contact }: Scene): Generator<Reason> {
  let count = 0
  for (const { at, event, who, what } of host.journal.of((e) => e.who === contact.bare || e.who === contact.domain)) {
    if (event === 'subscription') continue
    if (++count > EVENTS_MAX) return
    yield { about: 'history', words: `${what === '' ? who : `${who}/${what}`}: ${EVENT_WORDS[event]}.`, since: at }
  }
}

function* remedies(scene: Scene): Generator<string> {
  const { alice, bob, contact, isLocal, host } = scene
  const [a, b] = [alice.bare.bare, contact.bare]
  const item = alice.roster.item(b)
  if (!alice.isAttended) yield `${a} logs in with a client that shows itself available.`
  if (!sees(scene))
    yield item?.ask === true ? `${b} approves the request of ${a}.` : `${a} asks to see the presence of ${b}, and ${b} approves.`
  for (const account of [alice, bob])
    if (account !== null && account.disabled !== null)
      yield `\`porchlight user enable ${account.bare.bare}\` lets it log in again.`
  if (alice.hidden(contact)) yield `${a} unblocks ${b}.`
  if (bob?.hidden(alice.bare) === true) yield `${b} unblocks ${a}.`
  if (isLocal && bob !== null && sees(scene) !== isShownTo(scene))
    yield `The two rosters disagree: \`porchlight roster check --fix\` sets them right.`
  if (bob !== null && !bob.sessions.some(isAvailable)) yield `${b} becomes available.`
  if (!isLocal && host.links.get(alice.bare.domain, contact.domain)?.isAnnouncedDown === true)
    yield `The link to ${contact.domain} comes back; \`porchlight status\` shows its state.`
}

function bareJid(text: string): Jid {
  try {
    const address = addressIn(text)
    if (address.local !== '') return address.asBare
  } catch (error) {
    if (!(error instanceof JidError)) throw error
  }
  throw new CommandError(`"${text}" is not the address of somebody. Write it like romeo@example.org.`)
}
