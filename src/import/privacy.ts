/**
 * Converts privacy lists (XEP-0016) to a block list (XEP-0191), as far as the latter can express them: addresses to and from
 * which the default list denies all stanzas. The rest is described in words.
 */
import type { Element } from '../xml/element.ts'

export interface Privacy {
  /** Addresses to block. */
  readonly blocked: readonly string[]
  /** What a block list cannot express. */
  readonly leftOut: readonly string[]
}

/** Kinds of stanzas to which a rule can be restricted (XEP-0016 2.2). */
const KINDS: ReadonlySet<string> = new Set(['message', 'iq', 'presence-in', 'presence-out'])

export function blockedBy(query: Element): Privacy {
  const name = query.child('default')?.attr('name')
  const lists = query.elements.filter((e) => e.name === 'list')
  const isDefault = (list: Element): boolean => list.attr('name') === name
  const others = lists.filter((list) => !isDefault(list))
  const found = lists.filter(isDefault).map(rulesOf)
  return {
    blocked: found.flatMap(({ blocked }) => blocked),
    leftOut: [
      ...found.flatMap(({ leftOut }) => leftOut),
      ...others.map((list) => `the privacy list "${list.attr('name') ?? ''}", which is not the default`),
    ],
  }
}

/** 2.2: the first rule that matches applies. What an earlier rule may allow is not blocked. */
function rulesOf(list: Element): Privacy {
  const blocked: string[] = []
  const leftOut: string[] = []
  /** Addresses that were allowed, at least for some stanzas; null for a group or subscription, which means some people. */
  const allowed: (string | null)[] = []
  for (const rule of inOrder(list)) {
    const [type, value, action] = [rule.attr('type'), rule.attr('value') ?? '', rule.attr('action')]
    if (action === 'allow') {
      if (type === undefined && !isRestricted(rule)) break // all others are allowed
      allowed.push(type === 'jid' ? value : null)
      if (type !== 'jid') leftOut.push(inWords(rule))
    } else if (type === 'jid' && !isRestricted(rule) && !allowed.some((one) => one === null || overlaps(one, value)))
      blocked.push(value)
    else leftOut.push(inWords(rule))
  }
  return { blocked, leftOut }
}

const orderOf = (rule: Element): number => Number(rule.attr('order') ?? 0)
const inOrder = (list: Element): readonly Element[] =>
  list.elements.filter((e) => e.name === 'item').toSorted((a, b) => orderOf(a) - orderOf(b))

const isRestricted = (rule: Element): boolean => {
  const kinds = new Set(rule.elements.map((e) => e.name).filter((kind) => KINDS.has(kind)))
  return kinds.size > 0 && kinds.size < KINDS.size
}

/** Whether both may mean the same entity: they are equal, or one is the other's domain or account. */
function overlaps(a: string, b: string): boolean {
  const [one, other] = [a.toLowerCase(), b.toLowerCase()]
  const within = (part: string, whole: string): boolean =>
    part === whole || part.startsWith(`${whole}/`) || part.replace(/\/.*/s, '').endsWith(`@${whole}`)
  return within(one, other) || within(other, one)
}

/** For example: the privacy rule "deny the jid "a@b"" (message) */
function inWords(rule: Element): string {
  const [type, value] = [rule.attr('type'), rule.attr('value') ?? '']
  const who = type === undefined ? 'everybody else' : `the ${type} "${value}"`
  const kinds = isRestricted(rule) ? ` (${rule.elements.map((e) => e.name).join(', ')})` : ''
  return `the privacy rule "${rule.attr('action') ?? ''} ${who}"${kinds}, which a block list cannot express`
}
