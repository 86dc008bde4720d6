/** What the rules of a user say of an event: is it announced, and marked (MXR-132)? Pure. */
import type { Json } from '../http/json.ts'
import { KINDS, type PushRule, type RuleKind, type Rules } from './default-rules.ts'
import { Effort, isLike } from './glob.ts'

export interface Verdict {
  readonly notify: boolean
  readonly highlight: boolean
}
/** What conditions ask beside the event. */
export interface RuleContext {
  readonly room: string
  /** People who have joined. */
  readonly members: number
  /** What the user is called in the room; null: nothing. */
  readonly displayName: string | null
  /** May the author announce to the whole room? */
  readonly mayNotifyRoom: boolean
}
type JsonMap = Readonly<Record<string, Json>>

const SILENT: Verdict = { notify: false, highlight: false }
/** In one event: a dozen patterns with wildcards in the longest text, and a hundred times the rules that everybody has. */
const STEPS_MAX = 50_000

/** An event in which it takes too long to find the rule is not announced. @param event with sender, type, content */
export function verdictOn(rules: Rules, event: JsonMap, context: RuleContext): Verdict {
  const looking = { event, context, effort: new Effort(STEPS_MAX) }
  for (const kind of KINDS) {
    const rule = rules[kind].find((one) => one.enabled && isMatch(kind, one, looking))
    if (looking.effort.isSpent) return SILENT
    if (rule !== undefined) return verdictOf(rule)
  }
  return SILENT
}
/** One event that is looked at. */
interface Looking {
  readonly event: JsonMap
  readonly context: RuleContext
  readonly effort: Effort
}
function isMatch(kind: RuleKind, { rule_id: id, pattern, conditions }: PushRule, looking: Looking): boolean {
  const { event, context, effort } = looking
  if (!effort.spend(1)) return false
  switch (kind) {
    case 'content':
      return isLike(textAt(event, 'content.body'), pattern ?? '', true, effort)
    case 'room':
      return id === context.room
    case 'sender':
      return id === event['sender']
    default:
      return (conditions ?? []).every((condition) => isTrue(condition, looking))
  }
}
function verdictOf({ actions }: PushRule): Verdict {
  const notify = actions.includes('notify')
  const highlight = actions.some((action) => isMap(action) && action['set_tweak'] === 'highlight' && action['value'] !== false)
  return { notify, highlight: notify && highlight }
}

function isTrue(condition: Json, { event, context, effort }: Looking): boolean {
  if (!isMap(condition)) return false
  const { kind, key, pattern, value, is } = condition
  if (!effort.spend(typeof key === 'string' ? 1 + key.length : 1)) return false
  switch (kind) {
    case 'event_match':
      return (
        typeof key === 'string' &&
        typeof pattern === 'string' &&
        isLike(textAt(event, key), pattern, key === 'content.body', effort)
      )
    case 'event_property_is':
      return typeof key === 'string' && value !== undefined && valueAt(event, key) === value
    case 'event_property_contains': {
      const list = typeof key === 'string' ? valueAt(event, key) : undefined
      return Array.isArray(list) && value !== undefined && effort.spend(list.length) && list.includes(value)
    }
    case 'contains_display_name':
      return context.displayName !== null && isLike(textAt(event, 'content.body'), literally(context.displayName), true, effort)
    case 'room_member_count':
      return typeof is === 'string' && isCount(context.members, is)
    case 'sender_notification_permission':
      return context.mayNotifyRoom
    default:
      return false
  }
}
function isCount(count: number, is: string): boolean {
  const [, sign, digits] = /^(==|<=|>=|<|>)?(\d{1,9})$/.exec(is) ?? []
  const other = Number(digits)
  switch (sign) {
    case '<':
      return count < other
    case '>':
      return count > other
    case '<=':
      return count <= other
    case '>=':
      return count >= other
    default:
      return digits !== undefined && count === other
  }
}

const isMap = (value: Json | undefined): value is JsonMap => typeof value === 'object' && value !== null && !Array.isArray(value)
/** Keys are separated by dots; a backslash takes the meaning from the next character. */
const pathOf = (key: string): readonly string[] =>
  (key.match(/(?:\\.|[^.\\])+/gs) ?? []).map((part) => part.replace(/\\(.)/gs, '$1'))
function valueAt(event: JsonMap, key: string): Json | undefined {
  let value: Json | undefined = event
  for (const part of pathOf(key)) value = isMap(value) && Object.hasOwn(value, part) ? value[part] : undefined
  return value
}
const textAt = (event: JsonMap, key: string): string | null => {
  const value = valueAt(event, key)
  return typeof value === 'string' ? value : null
}

const literally = (text: string): string => text.replace(/[*?]/g, '?')
