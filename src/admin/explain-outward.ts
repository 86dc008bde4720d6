/**
 * `porchlight explain` for somebody on another server who looks at somebody here: what this server has told them, which is
 * all that it can know. What their own server makes of it, it knows.
 */
import type { LocalAccount } from '../server/account/session.ts'
import { standingOf } from '../server/explaining/standing.ts'
import type { Jid } from '../xmpp/jid.ts'
import { isAvailable, isBroken, resourcesWords, type ExplainParts } from './explain-scene.ts'

/** Whoever looks is elsewhere. */
export interface OutwardScene {
  readonly host: ExplainParts
  readonly watcher: Jid
  readonly bob: LocalAccount
}

export function outwardVerdict(scene: OutwardScene): string {
  const { host, watcher, bob } = scene
  const [a, b, domain] = [watcher.bare, bob.bare.bare, watcher.domain]
  if (bob.hidden(watcher)) return `${b} has blocked ${a}: it is sent nothing, and its questions are not answered.`
  const shared = bob.sessions.filter((session) => isShared(scene, session))
  if (shared.length === 0) {
    if (!bob.roster.isSubscriber(a)) return `${b} does not share its presence with ${a}, which is told nothing of it.`
    return `${b} has no available resource, and ${domain} is told so.`
  }
  if (isBroken(host.links.get(bob.bare.domain, domain)))
    return `The link to ${domain} is lost: ${b} is available with ${resourcesWords(shared.length)}, and what ${domain} shows ${a} is what it was told before.`
  const paused = shared.filter((session) => standingOf(session).confidence === 'paused').length
  const doubt =
    paused === 0
      ? ''
      : bob.policy.sharePaused === 'contacts'
        ? `; ${paused} of them may come back after a lost connection or a silence, and clients of ${a} that are known to ask for that are told so`
        : `; ${paused} of them may come back after a lost connection or a silence, which ${b} does not let other servers know`
  return `${b} is available with ${resourcesWords(shared.length)}, and ${domain} is told so for ${a}${doubt}.`
}

/** By subscription, or because the presence was sent directly. */
function isShared({ watcher, bob }: OutwardScene, session: LocalAccount['sessions'][number]): boolean {
  return (isAvailable(session) && bob.roster.isSubscriber(watcher.bare)) || session.sharesWith(watcher)
}

export function* outwardRemedies({ host, watcher, bob }: OutwardScene): Generator<string> {
  const [a, b] = [watcher.bare, bob.bare.bare]
  if (bob.hidden(watcher)) yield `${b} unblocks ${a}.`
  if (bob.disabled !== null) yield `\`porchlight user enable ${b}\` lets it log in again.`
  if (!bob.roster.isSubscriber(a))
    yield bob.roster.pendingFrom(a) === undefined
      ? `${a} asks to see the presence of ${b}, and ${b} approves.`
      : `${b} approves the request of ${a}.`
  if (!bob.sessions.some(isAvailable)) yield `${b} becomes available.`
  if (isBroken(host.links.get(bob.bare.domain, watcher.domain)))
    yield `The link to ${watcher.domain} comes back; \`porchlight status\` shows its state.`
}
