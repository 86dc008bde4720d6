import assert from 'node:assert/strict'
import { test } from 'node:test'
import { browserWords, softwareWords } from './device-words.ts'

const MOZILLA = 'Mozilla/5.0'
const LIKE_CHROME = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'

test('a browser is called as its user knows it', () => {
  assert.equal(browserWords(`${MOZILLA} (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0`), 'Firefox on Linux')
  assert.equal(browserWords(`${MOZILLA} (Windows NT 10.0; Win64; x64) ${LIKE_CHROME} Edg/140.0`), 'Edge on Windows')
  assert.equal(browserWords(`${MOZILLA} (Linux; Android 15) ${LIKE_CHROME}`), 'Chrome on Android')
  const iphone =
    '(iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile Safari/604.1'
  assert.equal(browserWords(`${MOZILLA} ${iphone}`), 'Safari on iOS')
  assert.equal(browserWords(`${MOZILLA} (X11; Linux x86_64) ${LIKE_CHROME}`, ['Not=A?Brand', 'Chromium']), 'Chromium on Linux')
  const brands = ['Chromium', 'Not)A;Brand', 'Google Chrome']
  assert.equal(browserWords(`${MOZILLA} (Macintosh; Intel Mac OS X 10_15_7) ${LIKE_CHROME}`, brands), 'Chrome on macOS')
  assert.equal(browserWords('something else'), 'Browser')
})
test('XEP-0092: what a client says of itself is short, and on one line', () => {
  assert.equal(softwareWords({ name: 'Gajim', version: '1.7.3', os: 'Debian GNU/Linux 12' }), 'Gajim 1.7.3, Debian GNU/Linux 12')
  assert.equal(softwareWords({ name: 'Dino' }), 'Dino')
  assert.equal(softwareWords({ version: '' }), null)
  assert.equal(softwareWords({ name: `a\n\u202e${'b'.repeat(900)}` })!.length, 60)
})
