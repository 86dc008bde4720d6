/** The user's rules for what clients announce. Here they are data: clients apply them. */
import * as v from 'valibot'
import type { Jid } from '../../xmpp/jid.ts'
import { invalidParam, missingParam, notFound, tooLarge } from '../http/errors.ts'
import type { Json } from '../http/json.ts'
import { route, type Route } from '../http/routes.ts'
import type { Matrix } from '../matrix.ts'
import type { AccountData } from './account-data.ts'
import { defaultRules, KINDS, PUSH_RULES, type PushRule, type RuleKind, type Rules } from './default-rules.ts'

const RULES_MAX = 500
const NAME_MAX = 255

const json = v.custom<Json>(() => true)
const actions = v.array(json)
const ruleSchema = v.object({ actions, conditions: v.optional(v.array(json)), pattern: v.optional(v.string()) })

/** The rules of a user: the stored ones, or the default. */
export async function rulesOf(data: AccountData, user: Jid): Promise<Rules> {
  const stored = (await data.get(user, null, PUSH_RULES)) as { readonly global: Rules } | null
  return stored?.global ?? defaultRules(user.bare)
}

export function pushRuleRoutes({ accountData: data }: Matrix): readonly Route[] {
  const global = '/pushrules/global'
  const path = `${global}/:kind/:rule`
  const change = async (
    user: Jid,
    kind: RuleKind,
    changed: (rules: readonly PushRule[]) => readonly PushRule[],
  ): Promise<object> => {
    const rules = await rulesOf(data, user)
    await data.put(user, null, PUSH_RULES, { global: { ...rules, [kind]: changed(rules[kind]) } })
    return {}
  }
  const set = (user: Jid, kind: string, id: string, part: Partial<PushRule>): Promise<object> =>
    change(user, kindIn(kind), (rules) => {
      found(rules, id)
      return rules.map((rule) => (rule.rule_id === id ? { ...rule, ...part } : rule))
    })
  const look = async (user: Jid, kind: string, id: string): Promise<PushRule> =>
    found((await rulesOf(data, user))[kindIn(kind)], id)
  return [
    route({ method: 'GET', path: '/pushrules', handle: async ({ user }) => ({ global: await rulesOf(data, user) }) }),
    route({ method: 'GET', path: global, handle: ({ user }) => rulesOf(data, user) }),
    route({ method: 'GET', path, handle: ({ user, params: { kind, rule } }) => look(user, kind, rule) }),
    route({
      method: 'PUT',
      path,
      body: ruleSchema,
      handle: ({ user, params, body, query }) =>
        change(user, kindIn(params.kind), (rules) =>
          placed(rules, madeOf(kindIn(params.kind), params.rule, body), query.get('before'), query.get('after')),
        ),
    }),
    route({
      method: 'DELETE',
      path,
      handle: ({ user, params: { kind, rule } }) =>
        change(user, kindIn(kind), (rules) => {
          if (found(rules, rule).default) throw invalidParam('A rule of the server can be disabled, not removed')
          return rules.filter(({ rule_id }) => rule_id !== rule)
        }),
    }),
    route({
      method: 'GET',
      path: `${path}/enabled`,
      handle: async ({ user, params: { kind, rule } }) => ({ enabled: (await look(user, kind, rule)).enabled }),
    }),
    route({
      method: 'PUT',
      path: `${path}/enabled`,
      body: v.object({ enabled: v.boolean() }),
      handle: ({ user, params: { kind, rule }, body: { enabled } }) => set(user, kind, rule, { enabled }),
    }),
    route({
      method: 'GET',
      path: `${path}/actions`,
      handle: async ({ user, params: { kind, rule } }) => ({ actions: (await look(user, kind, rule)).actions }),
    }),
    route({
      method: 'PUT',
      path: `${path}/actions`,
      body: v.object({ actions }),
      handle: ({ user, params: { kind, rule }, body }) => set(user, kind, rule, { actions: body.actions }),
    }),
  ]
}

/** @throws MatrixError M_INVALID_PARAM */
function kindIn(text: string): RuleKind {
  const kind = KINDS.find((one) => one === text)
  if (kind === undefined) throw invalidParam(`A rule is of one of the kinds ${KINDS.join(', ')}`)
  return kind
}
function found(rules: readonly PushRule[], id: string): PushRule {
  const rule = rules.find(({ rule_id }) => rule_id === id)
  if (rule === undefined) throw notFound('There is no such rule')
  return rule
}

/** @throws MatrixError M_INVALID_PARAM, M_MISSING_PARAM */
function madeOf(kind: RuleKind, id: string, { actions: does, conditions, pattern }: v.InferOutput<typeof ruleSchema>): PushRule {
  if (id === '' || id.startsWith('.') || /[/\\]/.test(id) || Buffer.byteLength(id) > NAME_MAX)
    throw invalidParam('A rule of a user has a name without slashes that does not begin with a dot')
  const about = { rule_id: id, default: false, enabled: true, actions: does }
  if (kind === 'content') {
    if (pattern === undefined) throw missingParam('The pattern is missing')
    return { ...about, pattern }
  }
  if (kind !== 'override' && kind !== 'underride') return about
  if (conditions === undefined) throw missingParam('The conditions are missing')
  return { ...about, conditions }
}

/**
 * Puts the rule in front of another one or behind it, or in front of all; in any case in front of those of the server. A rule of
 * that name is replaced, and stays enabled or not.
 * @throws MatrixError M_NOT_FOUND, M_INVALID_PARAM, M_TOO_LARGE
 */
function placed(rules: readonly PushRule[], rule: PushRule, before: string | null, after: string | null): readonly PushRule[] {
  const old = rules.findIndex(({ rule_id }) => rule_id === rule.rule_id)
  const kept = { ...rule, enabled: rules[old]?.enabled ?? true }
  const next = before ?? after
  if (next === null && old >= 0) return rules.with(old, kept)
  const others = rules.filter((_, i) => i !== old)
  if (others.length >= RULES_MAX) throw tooLarge('There are too many rules')
  if (next === null) return [kept, ...others]
  if (found(others, next).default) throw invalidParam('A rule of the user stands in front of those of the server')
  return others.toSpliced(others.findIndex(({ rule_id }) => rule_id === next) + (before === null ? 1 : 0), 0, kept)
}
