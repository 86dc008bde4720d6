/** The thread that owns the database file: opens it, runs one batch after the other, closes it. */
import { parentPort, workerData } from 'node:worker_threads'
import { failureOf, SqliteEngine } from './sqlite-engine.ts'
import type { Batch } from './batch.ts'
import type { Failure } from './storage-error.ts'

/** The first message of the worker: null if the file is open. */
export interface Opened {
  readonly failure: Failure | null
}

const port = parentPort!
const say = (opened: Opened): void => port.postMessage(opened)

try {
  const engine = new SqliteEngine(workerData as string)
  port.on('message', (batch: Batch | null) => {
    if (batch !== null) {
      port.postMessage(engine.run(batch))
      return
    }
    engine.close()
    port.close()
  })
  say({ failure: null })
} catch (error) {
  say({ failure: failureOf(error) })
}
