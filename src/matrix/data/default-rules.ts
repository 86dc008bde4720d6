/** The rules by which clients decide what to announce, until the user changes them: those that the API names. */
import { encodeLocal, serverName } from '../ids/user-id.ts'
import type { Json } from '../http/json.ts'

export const PUSH_RULES = 'm.push_rules'
export const KINDS = ['override', 'content', 'room', 'sender', 'underride'] as const
export type RuleKind = (typeof KINDS)[number]

// Types and no interfaces, so that they are JSON
export type PushRule = {
  readonly rule_id: string
  readonly default: boolean
  readonly enabled: boolean
  readonly actions: readonly Json[]
  /** Of the kinds override and underride. */
  readonly conditions?: readonly Json[]
  /** Of the kind content. */
  readonly pattern?: string
}
export type Rules = Readonly<Record<RuleKind, readonly PushRule[]>>

const SOUND = { set_tweak: 'sound', value: 'default' } as const
const RING = { set_tweak: 'sound', value: 'ring' } as const
const HIGHLIGHT = { set_tweak: 'highlight' } as const

const match = (key: string, pattern: string): Json => ({ kind: 'event_match', key, pattern })
const is = (key: string, value: Json): Json => ({ kind: 'event_property_is', key, value })
const contains = (key: string, value: Json): Json => ({ kind: 'event_property_contains', key, value })
const mayNotify: Json = { kind: 'sender_notification_permission', key: 'room' }
const twoMembers: Json = { kind: 'room_member_count', is: '2' }

const rule = (name: string, conditions: readonly Json[], actions: readonly Json[], enabled = true): PushRule => ({
  rule_id: `.m.rule.${name}`,
  default: true,
  enabled,
  conditions,
  actions,
})

/** @param bare the account whose rules they are */
export function defaultRules(bare: string): Rules {
  const at = bare.indexOf('@')
  const id = `@${encodeLocal(bare.slice(0, at))}:${serverName(bare.slice(at + 1))}`
  return {
    override: [
      rule('master', [], [], false),
      rule('suppress_notices', [match('content.msgtype', 'm.notice')], []),
      rule(
        'invite_for_me',
        [match('type', 'm.room.member'), match('content.membership', 'invite'), match('state_key', id)],
        ['notify', SOUND],
      ),
      rule('member_event', [match('type', 'm.room.member')], []),
      rule('is_user_mention', [contains('content.m\\.mentions.user_ids', id)], ['notify', SOUND, HIGHLIGHT]),
      rule('is_room_mention', [is('content.m\\.mentions.room', true), mayNotify], ['notify', HIGHLIGHT]),
      rule('tombstone', [match('type', 'm.room.tombstone'), match('state_key', '')], ['notify', HIGHLIGHT]),
      rule('reaction', [match('type', 'm.reaction')], []),
      rule('room.server_acl', [match('type', 'm.room.server_acl'), match('state_key', '')], []),
      rule('suppress_edits', [is('content.m\\.relates_to.rel_type', 'm.replace')], []),
    ],
    content: [],
    room: [],
    sender: [],
    underride: [
      rule('call', [match('type', 'm.call.invite')], ['notify', RING]),
      rule('encrypted_room_one_to_one', [twoMembers, match('type', 'm.room.encrypted')], ['notify', SOUND]),
      rule('room_one_to_one', [twoMembers, match('type', 'm.room.message')], ['notify', SOUND]),
      rule('message', [match('type', 'm.room.message')], ['notify']),
      rule('encrypted', [match('type', 'm.room.encrypted')], ['notify']),
    ],
  }
}
