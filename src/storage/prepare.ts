/**
 * Queries that are compiled once. Kysely takes about 10 us to build and compile a query, which is most of the cost of a
 * small one. Here that happens when a store is created, and each use only fills in the values.
 */
import type { Compilable } from 'kysely'
import type { Query } from '../server/database.ts'

/** A placeholder for a value in the compiled query. */
class Parameter {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

type Values = Readonly<Record<string, unknown>>

/**
 * Compiles the result of `build`. `build` runs once, with placeholders for its values: it may pass them to Kysely and must not
 * look at them. Names of tables and columns cannot be parameters, nor can `null` be the right side of a
 * comparison.
 */
export function prepare<P extends object, R>(build: (parameters: P) => Compilable<R>): (values: P) => Query<R> {
  const placeholders = new Proxy({}, { get: (_, name) => new Parameter(String(name)) }) as P
  const { sql, parameters } = build(placeholders).compile()
  return (values) => ({ sql, parameters: parameters.map((p) => (p instanceof Parameter ? (values as Values)[p.name] : p)) })
}
