import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer } from '../../../test/support/memory-server.ts'
import { Mailbox } from './mailbox.ts'

test('OFF-2: what a reading has passed over is read again if it comes to be unsent before the reading ends', async () => {
  const { session } = await (await memoryServer()).bind('juliet@example.net', 'balcony')
  const ways: readonly ((mailbox: Mailbox) => unknown)[] = [
    (mailbox) => mailbox.readAgain(),
    (mailbox) => mailbox.givenUp(session),
  ]
  for (const change of ways) {
    const mailbox = new Mailbox()
    mailbox.arriving(true)
    mailbox.handed(1, session)
    const { mark } = mailbox
    change(mailbox)
    mailbox.readToEnd(mark)
    assert.equal(mailbox.isPending, true)
    assert.equal(mailbox.readFrom, 0)
    mailbox.readToEnd(mailbox.mark)
    assert.equal(mailbox.isPending, false)
  }
})
