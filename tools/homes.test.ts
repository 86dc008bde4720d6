import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lookingForAccounts, unneededHomes } from './homes.ts'

const found = (file: string, text: string): readonly number[] => Array.from(lookingForAccounts(file, text), ({ line }) => line)

test('who looks for an account by name is found, unless it is at its home', () => {
  const text = `const a = host.accounts.get(jid.bare)
void this.#parts.accounts.load(bare).then(use)
accounts.with(to.bare, use)`
  assert.deepEqual(found('src/xep/0163-pep/index.ts', text), [1, 2, 3])
  assert.deepEqual(found('src/server/delivery/local-domain.ts', text), [])
})

test('other uses of accounts, and maps of that name, are not meant', () => {
  const text = `accounts.release(account)
this.#accounts.get(bare)
stores.accounts.find(bare)
router.homeOf(jid)?.presence(jid, me)`
  assert.deepEqual(found('src/xep/0163-pep/index.ts', text), [])
})

test('a file that looks for no account needs no entry', () => {
  const all = unneededHomes([])
  assert(all.length > 5)
  assert.equal(unneededHomes([['src/porchlight.ts', 'accounts.load(bare)']]).length, all.length - 1)
})
