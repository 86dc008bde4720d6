/** How a command of an administrator becomes an order, and what the form of it says. */
import { CommandError, type Refusal } from '../../admin/command.ts'
import type { Element } from '../../xml/element.ts'
import { dataForm, type FormField } from '../../xmpp/data-form.ts'
import { jid, JidError, type Jid } from '../../xmpp/jid.ts'
import { StanzaError, type StanzaCondition } from '../../xmpp/stanza-error.ts'
import type { Asker } from '../0050-ad-hoc-commands/index.ts'

/** Section 7: the namespace, the start of each node, and the kind of the forms. */
export const ADMIN = 'http://jabber.org/protocol/admin'

/** Where orders are carried out. */
export interface Orders {
  /** @param by bare JID @throws CommandError */
  order(by: string, name: string, args: object): Promise<unknown>
}

/** Gives an order in the name of the administrator. @throws StanzaError */
export type Give = <T>(name: string, args: object) => Promise<T>

/** What was submitted. */
export interface Submitted {
  readonly asker: Asker
  readonly values: ReadonlyMap<string, readonly string[]>
}

export interface AdminCommand {
  /** The end of its node. */
  readonly node: string
  readonly title: string
  /** The orders that it gives: only administrators who may give all of them have the command. */
  readonly orders: readonly string[]
  /** What is asked; null for nothing. */
  readonly fields: ((give: Give) => readonly FormField[] | Promise<readonly FormField[]>) | null
  /** The fields of the result, a text, or nothing to say. @throws StanzaError */
  readonly run: (submitted: Submitted, give: Give) => Promise<readonly FormField[] | Element | string>
}

const CONDITIONS: Readonly<Record<Refusal, StanzaCondition>> = {
  exists: 'conflict',
  missing: 'item-not-found',
  wrong: 'not-acceptable',
}

/** ADM-2: the condition that says why an order was refused, with its words. @throws StanzaError */
export async function given<T>(orders: Orders, by: string, name: string, args: object): Promise<T> {
  try {
    return (await orders.order(by, name, args)) as T
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    throw new StanzaError(CONDITIONS[error.refusal], { text: error.message })
  }
}

export const resultForm = (title: string, fields: readonly FormField[]): Element =>
  dataForm({ type: 'result', formType: ADMIN, title, fields })

const missing = (name: string): StanzaError => new StanzaError('bad-request', { text: `The field ${name} is missing` })

/** The value of a field that must be there. @throws StanzaError */
export function oneOf(values: Submitted['values'], name: string): string {
  const value = values.get(name)?.[0] ?? ''
  if (value === '') throw missing(name)
  return value
}
/** The text of a field of many lines, which must say something. @throws StanzaError */
export function textOf(values: Submitted['values'], name: string): string {
  const text = (values.get(name) ?? []).join('\n').trim()
  if (text === '') throw missing(name)
  return text
}
/** The lines of a field. */
export const linesOf = (values: Submitted['values'], name: string): readonly string[] =>
  (values.get(name) ?? []).map((line) => line.trim()).filter((line) => line !== '')

/** An address, prepared. @throws StanzaError */
export function addressFrom(text: string): Jid {
  try {
    return jid(text.trim())
  } catch (error) {
    if (error instanceof JidError) throw new StanzaError('not-acceptable', { text: `"${text}" is not an address` })
    throw error
  }
}
/** The address in the field `accountjid`. @throws StanzaError */
export const accountIn = (values: Submitted['values']): Jid => addressFrom(oneOf(values, 'accountjid'))
/** Those in the field `accountjids`, each once: one at least. @throws StanzaError */
export function accountsIn(values: Submitted['values']): readonly Jid[] {
  const all = linesOf(values, 'accountjids').map(addressFrom)
  if (all.length === 0) throw missing('accountjids')
  return [...new Map(all.map((one) => [one.full, one])).values()]
}
