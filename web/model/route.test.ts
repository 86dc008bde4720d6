import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changedRoute, hashOf, isRoute, PAGES, routeFrom, type Route } from './route.ts'

test('an address says where one is, whatever is searched for', () => {
  for (const page of PAGES) {
    const route: Route = { page, options: { find: 'a&b=c?#/Ģ آدم', state: 'paused' } }
    assert.deepEqual(routeFrom(hashOf(route)), route)
  }
  assert.equal(hashOf({ page: 'sessions', options: { find: '' } }), '#/sessions')
})
test('what is not known leads to the overview; a ticket is no address', () => {
  for (const hash of ['', '#', '#/', '#/nowhere', '#sessions', '#/sessions/x'])
    assert.equal(routeFrom(hash).page, 'overview', hash)
  assert.ok(isRoute('#/links'))
  assert.ok(!isRoute('#c2Vzc2lvbnM'))
})
test('another search begins at the first page', () => {
  const third: Route = { page: 'sessions', options: { after: 'x', state: 'paused' } }
  assert.equal(hashOf(changedRoute(third, { find: 'rom' })), '#/sessions?state=paused&find=rom')
  assert.equal(hashOf(changedRoute(third, { after: 'y' })), '#/sessions?after=y&state=paused')
})
