/**
 * The steps by which tables come into being and change. Every owner (the core, each extension) numbers its own
 * from 1; `porchlight_migration` says which have been taken. A step and its entry are one transaction, so a
 * server that dies on the way finds either both or neither. There is no way back: a database that is ahead of
 * the server is refused, because the server would not know what it overlooks.
 */
import type { Compilable, Kysely } from 'kysely'

/** The statements of one step, from a builder: `schema.createTable(...)`, or queries over `tables`. */
export type Migration = (schema: Kysely<unknown>['schema'], tables: Kysely<unknown>) => readonly Compilable[]
/** The first is number 1. Append only: a step that was released never changes. */
export type Migrations = readonly Migration[]
