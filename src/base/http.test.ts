import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpRoutes, type HandleRequest } from './http.ts'

const handler = (): HandleRequest => () => {}

test('a path leads to its owner, else to that of the longest tree that it is in', () => {
  const routes = new HttpRoutes()
  const [board, admin, matrix, health] = [handler(), handler(), handler(), handler()]
  routes.under('/', board)
  routes.under('/_matrix/', matrix)
  routes.under('/_matrix/admin/', admin)
  routes.at('/health', health)
  assert.equal(routes.request('/health'), health)
  assert.equal(routes.request('/health/more'), board)
  assert.equal(routes.request('/_matrix/client/versions'), matrix)
  assert.equal(routes.request('/_matrix'), board)
  assert.equal(routes.request('/_matrix/admin/x'), admin)
  assert.equal(routes.request('/'), board)
})

test('what nobody has claimed leads nowhere', () => {
  const routes = new HttpRoutes()
  routes.at('/a', handler())
  routes.upgradeAt('/b', () => {})
  for (const path of ['/', '/a/', '/A', '/b', '', '*']) assert.equal(routes.request(path), undefined, path)
  assert.equal(routes.upgrade('/a'), undefined)
})

test('nothing has two owners', () => {
  const routes = new HttpRoutes()
  routes.at('/a', handler())
  routes.under('/a/', handler())
  routes.upgradeAt('/a', () => {})
  assert.throws(() => routes.at('/a', handler()))
  assert.throws(() => routes.under('/a/', handler()))
  assert.throws(() => routes.upgradeAt('/a', () => {}))
  for (const prefix of ['', 'a/', '/b']) assert.throws(() => routes.under(prefix, handler()), prefix)
})
