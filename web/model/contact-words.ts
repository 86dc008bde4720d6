/** What stands beside the dot of a contact: what they say, how long they have been idle, and how old the news is. */
import { dotOfResource, gravest, type PresenceView, type ResourceView } from './presence.ts'
import { w } from '../words/index.ts'
import type { Face, Mood } from './faces.ts'
import { nameOf, type Contact } from './roster.ts'
import { ago, DOT_WORDS, doubtedFor, lasting } from './words.ts'

export interface Known {
  readonly contact: Contact
  readonly view: PresenceView
  readonly face: Face
  /** The error with which a request to the contact came back. */
  readonly refusal: string | undefined
}
/** The parts, in the order in which they matter: of a doubtful presence its age comes first, since the end may not fit. */
export function contactWords({ contact, view, face, refusal }: Known, now: Date): readonly string[] {
  const best = view.resources[0]
  const parts: string[] = []
  if (best !== undefined && !view.heard) parts.push(w.times.lastKnown(DOT_WORDS[dotOfResource(best)]))
  if (best !== undefined) {
    const doubt = gravest(best.doubts)
    if (view.heard && doubt !== null) parts.push(saidThen(best, now))
    if (best.status !== null) parts.push(best.status)
    if (best.idleSince !== null) parts.push(w.times.idleFor(lasting(best.idleSince, now)))
    if (doubt !== null) parts.push(doubtedFor(doubt, now))
    if (view.resources.length > 1) parts.push(w.person.deviceCount(view.resources.length, doubtedIn(view)))
  } else if (view.lastSeen !== null) parts.push(w.times.lastSeen(ago(view.lastSeen, now)))
  if (face.nick !== null && face.nick !== nameOf(contact)) parts.push(w.person.callsThemselves(face.nick))
  if (best !== undefined && face.mood !== null) parts.push(moodWords(face.mood))
  if (refusal !== undefined) parts.push(w.person.notReached)
  else if (contact.asked) parts.push(w.person.notAnswered)
  return parts
}
/** How many of the devices are in doubt, where some are not: of the others the dot says it. */
function doubtedIn({ heard, resources }: PresenceView): number {
  const doubted = resources.filter(({ doubts }) => doubts.length > 0).length
  return !heard || doubted === resources.length ? 0 : doubted
}
/** What a client that is in doubt said last, and when: "online as of 8 minutes ago". */
export function saidThen({ show, saidAt }: Pick<ResourceView, 'show' | 'saidAt'>, now: Date): string {
  const words = DOT_WORDS[show]
  return saidAt === null ? w.times.stateOfUnknownAge(words) : w.times.stateAsOf(words, ago(saidAt, now))
}

const moodWords = ({ name, text }: Mood): string => {
  const feels = name === null ? null : w.person.mood(name.replaceAll('_', ' '))
  return [feels, text].filter((part) => part !== null).join(': ')
}
