/** The conclusion of `porchlight explain`, in one sentence that is true in every state. Unknown is not the same as offline. */
import { standingOf, type Confidence } from '../server/explaining/standing.ts'
import { isAvailable, isBroken, isShownTo, isTold, resourcesWords, sees, type Scene } from './explain-scene.ts'

export function verdictOf(scene: Scene): string {
  const { alice, bob, contact, isLocal } = scene
  const [a, b] = [alice.bare.bare, contact.bare]
  if (!alice.isAttended) return `${a} is not available, and so sees nobody's presence.`
  if (alice.hidden(contact)) return `${a} has blocked ${b}.`
  if (!sees(scene))
    return isTold(scene)
      ? `${a} has no subscription to the presence of ${b}, and sees what ${b} has sent to it directly.`
      : `${a} has no subscription to the presence of ${b}: it sees nothing unless ${b} sends it directly.`
  if (!isLocal) return verdictElsewhere(scene)
  if (bob === null) return `There is no account ${b}.`
  if (!isShownTo(scene)) return `${b} does not share its presence with ${a}, although the roster of ${a} says so.`
  if (bob.hidden(alice.bare)) return `${b} has blocked ${a}: ${a} sees ${b} offline.`
  return verdictHere(scene)
}

function verdictHere({ alice, bob, contact }: Scene): string {
  const [a, b] = [alice.bare.bare, contact.bare]
  const there = bob!.resources.filter(isAvailable)
  if (there.length === 0) return `${b} has no available resource: ${a} sees it offline.`
  const paused = there.filter((endpoint) => standingOf(endpoint).confidence === 'paused').length
  if (paused < there.length) return `${b} is available to ${a} with ${resourcesWords(there.length)}${butPaused(paused)}.`
  const isKept = bob!.policy.sharePaused === 'none' && alice !== bob
  const seen = isKept
    ? `${b} does not let others know of that, and ${a} sees it as it last was`
    : `${a} sees it paused where its client asks for that, once this has lasted for a few seconds, and as it last was otherwise`
  return `Every available resource of ${b} has lost its connection, or is silent, and may come back: ${seen}.`
}
const butPaused = (n: number): string => (n === 0 ? '' : `, of which ${n} may come back after a lost connection or a silence`)

function verdictElsewhere(scene: Scene): string {
  const { host, alice, contact, known } = scene
  const { domain } = contact
  const link = host.links.get(alice.bare.domain, domain)
  if (isBroken(link) || link?.isAnnouncedDown === true) return verdictOverBroken(scene, link!.isAnnouncedDown)
  const [a, b] = [alice.bare.bare, contact.bare]
  const { resources, goneAt } = known!
  const count = (confidence: Confidence): number => resources.filter(({ standing }) => standing.confidence === confidence).length
  const { length } = resources
  const [live, paused] = [count('live'), count('paused')]
  const unknown = length - live - paused
  if (live > 0) {
    const unsure = unknown === 0 ? '' : `, of which ${unknown} ${unknown === 1 ? 'is' : 'are'} not confirmed since the link broke`
    return `${b} is available to ${a} with ${resourcesWords(length)}${butPaused(paused)}${unsure}, says ${domain}.`
  }
  if (paused > 0)
    return `Every available resource of ${b} has lost its connection and may come back, says ${domain}: ${a} sees it paused where its client asks for that, and as it last was otherwise.`
  if (unknown > 0)
    return `Whether ${b} is still available is not known: it was before the link to ${domain} broke, and ${domain} has not confirmed it since. ${a} sees it as it last was.`
  if (goneAt !== null) return `${b} has no available resource, says ${domain}: ${a} sees it offline.`
  return `Whether ${b} is available is not known: ${domain} has not said so. That is not the same as offline, though most clients show it so.`
}

function verdictOverBroken({ alice, contact, known }: Scene, isAnnounced: boolean): string {
  const [a, b, domain] = [alice.bare.bare, contact.bare, contact.domain]
  const { resources, goneAt } = known!
  const lost = `The link to ${domain} is lost`
  const { length } = resources
  if (length === 0) {
    const before = goneAt === null ? `nothing has been heard of them` : `they had no available resource before, said ${domain}`
    return `${lost}, and whether ${b} is available is not known: ${before}. That is not the same as offline, though most clients show it so.`
  }
  const shown = isAnnounced ? 'marked as such where its client asks for that' : 'and has not been told of the loss yet'
  return `${lost}: ${a} sees what was last known of ${b}, ${resourcesWords(length)} available, ${shown}.`
}
