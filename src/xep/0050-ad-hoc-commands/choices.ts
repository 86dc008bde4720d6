/** How the forms of the policy commands name a choice, and the server's default. */
import type { ChosenPolicy } from '../../im/presence-policy.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'

export const USUAL = 'default'

/** A field that is not in the form does not change. @throws StanzaError bad-request: not one of the options */
export function chosen<K extends keyof ChosenPolicy, T extends string>(
  key: K,
  value: string | undefined,
  options: readonly T[],
): Partial<Record<K, T | null>> {
  if (value === undefined) return {}
  if (value === USUAL) return { [key]: null } as Partial<Record<K, null>>
  const option = options.find((one) => one === value)
  if (option === undefined) throw new StanzaError('bad-request', { text: `"${value}" is not one of the options` })
  return { [key]: option } as Partial<Record<K, T>>
}
