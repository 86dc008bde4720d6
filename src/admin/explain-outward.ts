/**
 * `porchlight explain` for a watcher on another server and a contact here: what this server has sent to the other one. It
 * cannot know what the other server makes of it.
 */
import type { LocalAccount, LocalEndpoint } from '../server/account/session.ts'
import { standingOf } from '../server/explaining/standing.ts'
import type { Jid } from '../xmpp/jid.ts'
import { isAvailable, isBroken, resourcesWords, type ExplainParts } from './explain-scene.ts'

/** The watcher is on another server. */
export interface OutwardScene {
  readonly host: ExplainParts
  readonly watcher: Jid
  readonly bob: LocalAccount
}

export function outwardVerdict(scene: OutwardScene): string {
  const { host, watcher, bob } = scene
  const [a, b, domain] = [watcher.bare, bob.bare.bare, watcher.domain]
  if (bob.hidden(watcher)) return `${b} has blocked ${a}: nothing is sent to it, and its probes get no answer.`
  const shared = bob.resources.filter((endpoint) => isShared(scene, endpoint))
  if (shared.length === 0) {
    if (!bob.roster.isSubscriber(a)) return `${b} does not share its presence with ${a}, and the server sends nothing.`
    return `${b} has no available resource, and ${domain} is told so.`
  }
  if (isBroken(host.links.get(bob.bare.domain, domain)))
    return `The link to ${domain} is lost: ${b} is available with ${resourcesWords(shared.length)}, and what ${domain} shows ${a} is what it was told before.`
  const paused = shared.filter((endpoint) => standingOf(endpoint).confidence === 'paused').length
  const doubt =
    paused === 0
      ? ''
      : bob.policy.sharePaused === 'contacts'
        ? `; ${paused} of them may come back after a lost connection or a silence, and clients of ${a} that are known to ask for that are told so`
        : `; ${paused} of them may come back after a lost connection or a silence, which ${b} does not let other servers know`
  return `${b} is available with ${resourcesWords(shared.length)}, and ${domain} is told so for ${a}${doubt}.`
}

/** The watcher has a subscription, or the presence was sent directly. */
function isShared({ watcher, bob }: OutwardScene, endpoint: LocalEndpoint): boolean {
  return (isAvailable(endpoint) && bob.roster.isSubscriber(watcher.bare)) || endpoint.sharesWith(watcher)
}

export function* outwardRemedies({ host, watcher, bob }: OutwardScene): Generator<string> {
  const [a, b] = [watcher.bare, bob.bare.bare]
  if (bob.hidden(watcher)) yield `${b} unblocks ${a}.`
  if (bob.disabled !== null) yield `\`porchlight user enable ${b}\` lets it log in again.`
  if (!bob.roster.isSubscriber(a))
    yield bob.roster.pendingFrom(a) === undefined
      ? `${a} asks to see the presence of ${b}, and ${b} approves.`
      : `${b} approves the request of ${a}.`
  if (!bob.resources.some(isAvailable)) yield `${b} becomes available.`
  if (isBroken(host.links.get(bob.bare.domain, watcher.domain)))
    yield `The link to ${watcher.domain} comes back; \`porchlight status\` shows its state.`
}
