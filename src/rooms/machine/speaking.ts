/** XEP-0045 7.4, 7.5, 8.1, and what refers to what was said: who may speak, and what the log gets of it. */
import { SERVICE, type Actor, type Command, type Target } from './commands.ts'
import { Payload } from '../../xmpp/packet.ts'
import { labelElementsIn } from '../../xmpp/security-label.ts'
import { withLabel } from './labelling.ts'
import type { Plan } from './plan.ts'
import { makeHeard } from './quiet.ts'
import { refuse, type Reason, type Refusal } from './refusals.ts'
import type { Role } from './affiliation.ts'

type Speech = Extract<Command, { do: 'append' | 'subject' | 'correct' | 'react' | 'retract' | 'face' }>

export function speak(plan: Plan, actor: Actor, asked: Speech): Refusal | null {
  const reason = whyNot(plan, actor, asked)
  if (reason !== null) return refuse(reason)
  const command = labelled(plan, asked)
  if (command === null || !isAccepted(plan, actor, command)) return refuse('label')
  const speaker = plan.nickOf(actor)
  if (speaker !== null) makeHeard(plan, plan.occupants.get(speaker)!)
  plan.tells.push({ tell: 'log', entry: log(plan, actor, command) })
  if (command.do === 'retract' && isSubjectNow(plan, command.target)) {
    plan.facts = { ...plan.facts, subject: null }
    plan.tells.push({ tell: 'log', entry: plan.log(SERVICE, { kind: 'subject', ...command.noSubject }) })
  }
  plan.tells.push(ANSWERED)
  return null
}
/** A subject has no label (XEP-0258 5.2.6). Null: it has a label that it cannot have. */
function labelled(plan: Plan, command: Speech): Speech | null {
  if (plan.circumstances.labels === null || command.do === 'subject' || command.do === 'face') return command
  const said = withLabel(plan, command.said, 'target' in command ? command.target : null)
  return said === null ? null : { ...command, said }
}
/** LAB-26 */
function isAccepted({ circumstances: { labels }, room, facts }: Plan, { session, jid }: Actor, command: Speech): boolean {
  if (labels === null || jid === null || command.do === 'subject' || command.do === 'face') return true
  if (command.do === 'retract' && command.moderated) return true
  return labels.accepts(room.address, facts.config, command.said.payload, session)
}
function isSubjectNow({ facts: { subject }, room }: Plan, { kind, by, payload }: Target): boolean {
  if (kind !== 'subject' || subject === null) return false
  return subject.by === (by ?? room.address.bare) && subject.payload.text === payload.text
}
const ANSWERED = { tell: 'answered' } as const

/** ROOM-63 */
function whyNot(plan: Plan, actor: Actor, command: Speech): Reason | null {
  if (actor.jid === null) return null
  const role = plan.roleOf(actor)
  if (command.do === 'retract' && command.moderated) return role === 'moderator' ? null : 'rank'
  if (role === null) return 'not-inside'
  const isState = command.do === 'face' && command.key !== null
  if (isState) return plan.affiliationOf(actor.jid) === 'owner' ? null : 'rank'
  if (role === 'visitor') return 'no-voice'
  if (command.do === 'subject') return whyNoSubject(plan, role, command)
  return 'target' in command ? whyNotAbout(actor, command) : null
}
/** ROOM-67 */
function whyNoSubject(plan: Plan, role: Role, { said }: Extract<Speech, { do: 'subject' }>): Reason | null {
  if (role !== 'moderator' && !plan.facts.config.changeSubject) return 'subject-closed'
  return said.payload.text.length > plan.circumstances.limits.subjectOctetsMax ? 'subject-too-long' : null
}
function whyNotAbout({ jid }: Actor, command: Extract<Speech, { do: 'correct' | 'react' | 'retract' }>): Reason | null {
  const { target } = command
  if (command.do !== 'react' && target.by !== jid) return 'not-the-author'
  return target.isRetracted && command.do !== 'retract' ? 'no-such-entry' : null
}

function log(plan: Plan, actor: Actor, command: Speech): number {
  switch (command.do) {
    case 'append':
      return plan.log(actor, { kind: 'message', ...command.said })
    case 'subject':
      setSubject(plan, actor, command)
      return plan.log(actor, { kind: 'subject', ...command.said })
    case 'correct':
      return plan.log(actor, { kind: 'correct', target: command.target.id, ...command.said })
    case 'react':
      return plan.log(actor, { kind: 'react', target: command.target.id, ...delta(command.before, command.now), ...command.said })
    case 'retract': {
      const { target, corrections, moderated, reason, said, tombstone } = command
      for (const { id, payload: was, veiled } of [target, ...corrections]) {
        // What is left of a message has the label that the message had (XEP-0258)
        const payload = Payload.of(...tombstone.elements, ...labelElementsIn(was))
        plan.replacements.push({ id, payload, veiled })
      }
      return plan.log(actor, { kind: 'retract', target: target.id, moderated, reason, ...said })
    }
    case 'face': {
      const { face, type, key, content, payload } = command
      return plan.log(actor, { kind: 'face', face, type, key, content, payload })
    }
  }
}
function setSubject(plan: Plan, actor: Actor, { said }: Extract<Speech, { do: 'subject' }>): void {
  const by = actor.jid ?? plan.room.address.bare
  const subject = { payload: said.payload, by, nick: plan.nickOf(actor), at: plan.circumstances.now }
  plan.facts = { ...plan.facts, subject }
}
const delta = (before: readonly string[], now: readonly string[]) => ({
  now: [...new Set(now)],
  added: [...new Set(now)].filter((key) => !before.includes(key)),
  removed: before.filter((key) => !now.includes(key)),
})

const LEAST: Readonly<Record<'anyone' | 'participants' | 'moderators', readonly Role[]>> = {
  anyone: ['visitor', 'participant', 'moderator'],
  participants: ['participant', 'moderator'],
  moderators: ['moderator'],
}
/** ROOM-64: a private message. */
export function whisper(plan: Plan, actor: Actor, to: string, payload: Payload): Refusal | null {
  const role = actor.session === null || !plan.nickOfSession.has(actor.session.full) ? null : plan.roleOf(actor)
  if (role === null) return refuse('not-inside')
  if (!plan.occupants.has(to)) return refuse('no-such-occupant')
  const { allowPrivateMessages: who } = plan.facts.config
  if (who === 'none' || !LEAST[who].includes(role)) return refuse('messages-closed')
  const { room, facts } = plan
  const { labels } = plan.circumstances
  if (labels?.accepts(room.address, facts.config, labels.labelled(payload, facts.config), actor.session) === false)
    return refuse('label')
  makeHeard(plan, plan.occupants.get(plan.nickOf(actor)!)!)
  return null
}
