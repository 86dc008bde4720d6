import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silent } from '../../base/log.ts'
import type { Host } from '../../server/feature.ts'
import { AccountsOf } from './accounts-of.ts'

test('work for an account that nobody waits for is a failure for the log, and nothing ends', async () => {
  const errors: unknown[] = []
  const log = { ...silent, error: ({ err }: { readonly err?: unknown }) => void errors.push(err) }
  const gone = new Error('the database is gone')
  new AccountsOf({ log } as unknown as Host).later(Promise.reject(gone))
  await new Promise((next) => void setImmediate(next))
  assert.deepEqual(errors, [gone])
})
