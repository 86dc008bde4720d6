/**
 * What dies with a process that is killed: its timers, and what it has not written yet. The disk outlives it, as it was
 * when the last transaction was done.
 */
import type { Clock, Millis, Timer } from '../../src/base/clock.ts'
import type { Database, Migrations, Query, Statement } from '../../src/server/database.ts'

export class Life {
  isOver = false
  /** How much the disk has done: while it changes, something is under way. */
  writes = 0

  /** A clock whose timers fire as long as the process lives. */
  clock(of: Clock): Clock {
    return {
      now: () => of.now(),
      elapsed: () => of.elapsed(),
      after: (delay: Millis, fire: () => void): Timer => of.after(delay, () => this.isOver || fire()),
    }
  }
  /** A database that takes a turn of the event loop for each statement, and does none of a process that is dead. */
  database(of: Database): Database {
    return {
      schema: <S>() => of.schema<S>(),
      read: <R>(query: Query<R>) => this.#done(() => of.read(query)),
      readMany: <R>(query: Query<R>) => this.#done(() => of.readMany(query)),
      write: (query: Query<unknown>) => this.#done(() => of.write(query)),
      atomically: (statements: readonly Statement[]) => this.#done(() => of.atomically(statements)),
      migrate: (owner: string, migrations: Migrations) => of.migrate(owner, migrations),
      close: async () => {},
      taken: of.taken,
      get trouble() {
        return of.trouble
      },
    }
  }

  #done<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      setImmediate(() => {
        if (this.isOver) return
        this.writes += 1
        work().then(
          (result) => this.isOver || resolve(result),
          (error: unknown) => this.isOver || reject(error as Error),
        )
      })
    })
  }
}
