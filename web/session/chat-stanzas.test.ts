import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTalk } from './chat-stanzas.ts'

const OWN = 'romeo@localhost/board'
const message = { from: 'nurse@localhost/phone', body: 'Hello' }

test('RFC 6121 5.2.2: a text without a type is shown as one of type normal and chat is; headlines only of our own server', () => {
  assert.ok(isTalk(message, OWN))
  assert.ok(isTalk({ ...message, type: 'normal' }, OWN))
  assert.ok(isTalk({ ...message, type: 'chat' }, OWN))
  assert.ok(!isTalk({ ...message, type: 'headline' }, OWN))
  assert.ok(isTalk({ ...message, type: 'headline', from: 'localhost' }, OWN))
  assert.ok(!isTalk({ ...message, type: 'headline', from: 'host' }, OWN))
  assert.ok(!isTalk({ ...message, type: 'groupchat' }, OWN))
  assert.ok(!isTalk({ ...message, type: 'error' }, OWN))
  assert.ok(!isTalk({ from: message.from, type: 'chat' }, OWN))
})
