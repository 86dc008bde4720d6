import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StreamFeatures, type InlineFeature } from './stream-features.ts'

const feature = (at: InlineFeature['at']): InlineFeature => ({
  at,
  ns: 'urn:example:x',
  offer: () => null,
  ask: () => () => ENTRANCE,
})
const ENTRANCE = { reply: null, session: null, entered: null }

test('inline features are done in the order of the list, those of the stream before those of the home', () => {
  const features = new StreamFeatures()
  features.inline('bind', feature('home'))
  features.inline('token', feature('stream'))
  features.inline('resume', feature('home'))
  assert.deepEqual(
    features.inlineFeatures.map(([place, { at }]) => [place, at]),
    [
      ['token', 'stream'],
      ['resume', 'home'],
      ['bind', 'home'],
    ],
  )
})

test('what works at the stream cannot be done when the client is at the home of its account', () => {
  const features = new StreamFeatures()
  features.inline('resume', feature('home'))
  assert.throws(() => features.inline('bind', feature('stream')), /"bind" has its place on the wrong side/)
  const others = new StreamFeatures()
  others.inline('resume', feature('stream'))
  assert.throws(() => others.inline('token', feature('home')), /"token" has its place on the wrong side/)
})
