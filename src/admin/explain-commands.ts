/**
 * `porchlight explain ALICE BOB`: why Alice sees Bob in the present state, and what would change that. Everything is read
 * from where the server itself decides. Status texts of users are left out.
 */
import * as v from 'valibot'
import type { Millis } from '../base/clock.ts'
import { Session, type LocalAccount, type LocalEndpoint } from '../server/account/session.ts'
import { knownOf } from '../server/explaining/known.ts'
import { standingOf, type Confidence } from '../server/explaining/standing.ts'
import type { Sign } from '../server/account/sign.ts'
import { addressOrNull, jidOf, type Jid } from '../xmpp/jid.ts'
import { CommandError, defineCommand, type Command } from './command.ts'
import { outwardRemedies, outwardVerdict, type OutwardScene } from './explain-outward.ts'
import { isAvailable, isBroken, isShownTo, sees, type ExplainParts, type Scene } from './explain-scene.ts'
import { verdictOf } from './explain-verdict.ts'

/** One relevant fact, in words for the operator. */
export interface Reason {
  readonly about: 'subscription' | 'block' | 'resource' | 'link' | 'shown' | 'history'
  readonly words: string
  /** Milliseconds since 1970; null if unknown. */
  readonly since: Millis | null
}
/** How well the presence of one of the contact's resources is known. */
export interface ResourceReport {
  readonly jid: string
  readonly confidence: Confidence
  /** When and how it was last confirmed; null if never. */
  readonly confirmedAt: Millis | null
  readonly confirmedBy: Sign | null
}
export interface Explanation {
  readonly watcher: string
  readonly contact: string
  /** The conclusion, in one sentence. */
  readonly verdict: string
  /** The available resources of the contact. */
  readonly resources: readonly ResourceReport[]
  readonly reasons: readonly Reason[]
  /** What would change the conclusion. */
  readonly remedies: readonly string[]
}

/** The most events that are listed. */
const EVENTS_MAX = 10

export const explainCommand = (host: ExplainParts): Command =>
  defineCommand('explain.presence', { watcher: v.string(), contact: v.string() }, async (given): Promise<Explanation> => {
    const [watcher, contact] = [bareJid(given.watcher), bareJid(given.contact)]
    if (!hasAccounts(host, watcher)) return outward(host, watcher, contact)
    const alice = await host.accounts.load(watcher.bare)
    if (alice === null)
      throw new CommandError(`There is no account ${watcher.bare} here. Name the account that sees the other one first.`)
    const isLocal = hasAccounts(host, contact)
    const bob = isLocal ? await host.accounts.load(contact.bare) : null
    const known = isLocal ? null : knownOf(host, alice, contact)
    const scene: Scene = { host, alice, contact, bob, isLocal, known }
    return {
      watcher: watcher.bare,
      contact: contact.bare,
      verdict: verdictOf(scene),
      resources: [...standings(scene)],
      reasons: [
        ...subscriptions(scene),
        ...blocks(scene),
        ...disabled([alice, bob]),
        ...resources(scene),
        ...linkTo(host, alice, contact),
        ...shown(scene),
        ...sent(scene),
        ...eventsOf(host, contact),
      ],
      remedies: [...remedies(scene)],
    }
  })

const hasAccounts = ({ router }: ExplainParts, { domain }: Jid): boolean => router.kindOf(domain) === 'accounts'

/** The watcher is on another server: the report says what this server has sent there. */
async function outward(host: ExplainParts, watcher: Jid, contact: Jid): Promise<Explanation> {
  const bob = hasAccounts(host, contact) ? await host.accounts.load(contact.bare) : null
  if (bob === null) throw new CommandError(`Neither ${watcher.bare} nor ${contact.bare} has an account here.`)
  const scene: OutwardScene = { host, watcher, bob }
  return {
    watcher: watcher.bare,
    contact: contact.bare,
    verdict: outwardVerdict(scene),
    resources: [...standingsHere(bob)],
    reasons: [
      rosterOf(host, bob, watcher),
      keptElsewhere(watcher),
      ...blockOf(bob, watcher),
      ...disabled([bob]),
      ...resourcesHere(host, bob, watcher),
      ...linkTo(host, bob, watcher),
      ...eventsOf(host, contact),
      ...eventsOf(host, jidOf('', watcher.domain)),
    ],
    remedies: [...outwardRemedies(scene)],
  }
}

function* standings({ bob, known }: Scene): Generator<ResourceReport> {
  if (bob !== null) yield* standingsHere(bob)
  for (const { jid: resource, standing } of known?.resources ?? []) yield { jid: resource.full, ...standing }
}
function* standingsHere({ resources }: LocalAccount): Generator<ResourceReport> {
  for (const endpoint of resources) if (isAvailable(endpoint)) yield { jid: endpoint.jid.full, ...standingOf(endpoint) }
}

function* subscriptions({ host, alice, bob, contact, isLocal }: Scene): Generator<Reason> {
  yield rosterOf(host, alice, contact)
  if (!isLocal) yield keptElsewhere(contact)
  else if (bob === null) yield { about: 'subscription', words: `There is no account ${contact.bare}.`, since: null }
  else yield rosterOf(host, bob, alice.bare)
}
const rosterOf = (host: ExplainParts, owner: LocalAccount, other: Jid): Reason => ({
  about: 'subscription',
  words: `The roster of ${owner.bare.bare}: ${itemWords(owner, other)}.`,
  since: changedAt(host, owner, other),
})
const keptElsewhere = ({ bare, domain }: Jid): Reason => ({
  about: 'subscription',
  words: `The roster of ${bare} is kept by ${domain}.`,
  since: null,
})

function itemWords({ roster }: LocalAccount, contact: Jid): string {
  const item = roster.item(contact.bare)
  const words =
    item === undefined ? [`${contact.bare} is not in it`] : [`subscription '${item.subscription}' with ${contact.bare}`]
  if (item?.ask === true) words.push('a request was sent and waits for an answer')
  if (item?.approved === true) words.push('a request would be granted at once')
  if (roster.pendingFrom(contact.bare) !== undefined) words.push(`a request of ${contact.bare} waits for an answer`)
  return words.join('; ')
}

function changedAt(host: ExplainParts, owner: LocalAccount, contact: Jid): Millis | null {
  const isAbout = { event: 'subscription', who: owner.bare.bare, what: contact.bare }
  const [last] = host.journal.of(
    ({ event, who, what }) => event === isAbout.event && who === isAbout.who && what === isAbout.what,
  )
  return last?.at ?? null
}

function* blocks({ alice, bob, contact }: Scene): Generator<Reason> {
  yield* blockOf(alice, contact)
  if (bob !== null) yield* blockOf(bob, alice.bare)
}
function* blockOf(owner: LocalAccount, other: Jid): Generator<Reason> {
  if (owner.hidden(other)) yield { about: 'block', words: `${owner.bare.bare} has blocked ${other.bare}.`, since: null }
}

function* disabled(accounts: readonly (LocalAccount | null)[]): Generator<Reason> {
  for (const account of accounts)
    if (account !== null && account.disabled !== null)
      yield { about: 'resource', words: `The account ${account.bare.bare} is disabled.`, since: account.disabled.at }
}

function* resources({ bob, alice, host, known, contact }: Scene): Generator<Reason> {
  if (known !== null && known.goneAt !== null)
    yield { about: 'resource', words: `${contact.domain} says that ${contact.bare} is not available.`, since: known.goneAt }
  if (bob !== null) yield* resourcesHere(host, bob, alice.bare)
}
function* resourcesHere(host: ExplainParts, bob: LocalAccount, watcher: Jid): Generator<Reason> {
  for (const endpoint of bob.resources) {
    const { jid: full } = endpoint
    const state = stateWords(endpoint)
    const doubt = doubtWords(endpoint)
    const direct = endpoint.sharesWith(watcher) ? `; it has sent its presence to ${watcher.bare} directly` : ''
    const [last] = host.journal.of(
      ({ who, what, event }) => who === full.bare && what === full.resource && event !== 'subscription',
    )
    yield {
      about: 'resource',
      words: `Resource ${full.resource}: ${state}${doubt}${direct}.`,
      since: pausedSince(endpoint) ?? last?.at ?? endpoint.boundAt,
    }
  }
  if (!bob.resources.some(isAvailable) && bob.lastUnavailable !== null)
    yield { about: 'resource', words: `${bob.bare.bare} became unavailable.`, since: bob.lastUnavailable.at }
}

/** Null: its connection is not lost. */
const pausedSince = (endpoint: LocalEndpoint): Millis | null =>
  endpoint instanceof Session && endpoint.connection === null ? (endpoint.pause?.since ?? null) : null

function doubtWords(endpoint: LocalEndpoint): string {
  if (!(endpoint instanceof Session)) return endpoint.isAway ? '; its client has no request under way, and may come back' : ''
  const { connection, pause } = endpoint
  if (connection === null && pause !== null) return '; its connection is lost, and its client may come back'
  return connection?.isSilent === true ? '; its client has announced a silence' : ''
}

function stateWords({ presence, invisible, priority }: LocalEndpoint): string {
  if (invisible) return 'visible only to those to whom it has sent its presence directly'
  return presence === null ? 'connected, but not available' : `available with priority ${priority}`
}

function* linkTo(host: ExplainParts, { bare }: LocalAccount, other: Jid): Generator<Reason> {
  if (host.router.placeOf(other) === 'here') return
  const remote = other.domain
  const found = host.links.get(bare.domain, remote)
  if (found === undefined) yield { about: 'link', words: `No link to ${remote} was needed yet.`, since: null }
  else {
    const told = found.isAnnouncedDown ? '; users have been told that it is lost' : ''
    yield { about: 'link', words: `The link to ${remote} is ${found.state}${told}.`, since: found.since }
  }
}

function* shown({ host, alice, contact }: Scene): Generator<Reason> {
  if (alice.resources.length === 0) yield { about: 'shown', words: `${alice.bare.bare} has no session.`, since: null }
  for (const session of alice.sessions)
    if (!session.takesPart)
      yield {
        about: 'shown',
        words: `Its resource ${session.jid.resource} is not available and is shown nothing.`,
        since: session.boundAt,
      }
  yield* host.witnesses.shown(alice, contact)
}

/** What each client was last sent about each resource, as far as the server remembers. */
function* sent({ host, alice, contact }: Scene): Generator<Reason> {
  for (const { jid: client } of alice.sessions) {
    for (const { from, type, at } of host.journal.sent.lastTo(client, contact)) {
      const what = `${SENT_WORDS[type] ?? `presence of type '${type}'`} of ${from.full}`
      yield { about: 'shown', words: `Last sent to its client ${client.resource}: ${what}.`, since: at }
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

/** What happened lately to the presence of a contact, or to the link to it. */
export function* eventsOf(host: Pick<ExplainParts, 'journal'>, contact: Jid): Generator<Reason> {
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
  if (bob !== null && !bob.resources.some(isAvailable)) yield `${b} becomes available.`
  if (!isLocal && isBroken(host.links.get(alice.bare.domain, contact.domain)))
    yield `The link to ${contact.domain} comes back; \`porchlight status\` shows its state.`
}

function bareJid(text: string): Jid {
  const address = addressOrNull(text)
  if (address !== null && address.local !== '') return address.asBare
  throw new CommandError(`"${text}" is not the address of somebody. Write it like romeo@example.org.`)
}
