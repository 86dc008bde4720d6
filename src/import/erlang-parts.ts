/** The parts of a term of ejabberd. A part of another kind counts as empty. */
import { Atom, Tuple, type Term } from './erlang.ts'

const NO_TERMS: readonly Term[] = []

/** @throws Error it is no tuple */
export function tuple(term: Term | undefined): readonly Term[] {
  if (term instanceof Tuple) return term.items
  throw new Error('it is not written as ejabberd writes it')
}
export const list = (term: Term | undefined): readonly Term[] => (Array.isArray(term) ? (term as readonly Term[]) : NO_TERMS)
export const text = (term: Term | undefined): string => (Buffer.isBuffer(term) ? term.toString('utf8') : '')
export const word = (term: Term | undefined): string => (term instanceof Atom ? term.name : '')
