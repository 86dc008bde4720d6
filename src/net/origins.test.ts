import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOrigin, Origins } from './origins.ts'

test('an origin is scheme, host and port, as browsers write it', () => {
  for (const good of ['https://chat.example.org', 'http://localhost:8080', 'http://[::1]:5280']) assert.ok(isOrigin(good), good)
  for (const bad of [
    '',
    '*',
    'chat.example.org',
    'https://chat.example.org/',
    'https://chat.example.org:443',
    'HTTPS://chat.example.org',
    'https://Chat.example.org',
    'ftp://example.org',
    'null',
  ])
    assert.ok(!isOrigin(bad), bad)
})

test('pages of the origins that are named, and whoever is no page', () => {
  const some = new Origins(['https://a.example', 'http://localhost:8080'])
  assert.ok(some.allow('https://a.example') && some.allow('http://localhost:8080') && some.allow(undefined))
  assert.ok(!some.allow('https://b.example') && !some.allow('http://a.example') && !some.allow('null') && !some.allow(''))
  const any = new Origins(['*'])
  assert.ok(any.allow('https://b.example') && any.allow('null'))
  assert.ok(new Origins([]).allow(undefined) && !new Origins([]).allow('https://a.example'))
})
