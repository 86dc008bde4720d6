/** Files on the board (XEP-0363), in Debian's Chromium: sent, shown, refused; and names that want to be something else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { tcpLink } from '../support/link.ts'
import { WireClient } from '../support/wire-client.ts'
import { assertAccessible, chromiumMissing } from './chromium.ts'
import { befriend } from './friends.ts'
import { join, openBoards, PASSWORD } from './room-boards.ts'

const skip = chromiumMissing()
const OCTETS_MAX = 20 * 1024
const TROUBLE = '.attach [role=alert]'

async function picture(page: Page, name: string): Promise<{ name: string; mimeType: string; buffer: Buffer }> {
  const url = (await page.evaluate(`(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 400, height: 300 })
    const context = canvas.getContext('2d')
    context.fillStyle = '#24518f'
    context.fillRect(0, 0, 400, 300)
    context.fillStyle = '#ffd27d'
    context.arc(280, 90, 50, 0, 7)
    context.fill()
    return canvas.toDataURL('image/png')
  })()`)) as string
  return { name, mimeType: 'image/png', buffer: Buffer.from(url.split(',')[1]!, 'base64') }
}
/** The last picture is on the screen. */
async function isDrawn(page: Page): Promise<void> {
  await page.waitForSelector('.picture img')
  const width = await page.evaluate(`(async () => {
    const image = [...document.querySelectorAll('.picture img')].at(-1)
    image.scrollIntoView()
    await image.decode()
    return image.naturalWidth
  })()`)
  assert.equal(width, 400)
}

test('XEP-0363: a picture is sent and shown to both, in a room too; other files are links', { skip }, async (t) => {
  const settings = { 'http-upload': { 'file-size': `${OCTETS_MAX / 1024} KiB` }, 'streams': { 'require-tls': false } }
  const { romeo, juliet, server } = await openBoards(t, settings)
  await befriend(romeo, juliet)
  for (const page of [romeo, juliet]) await page.click('.card')
  await romeo.setInputFiles('[name=file]', await picture(romeo, 'moon <b>.png'))
  for (const page of [romeo, juliet]) await isDrawn(page)
  await assertAccessible(romeo)
  if (process.env['SHOTS'] !== undefined) await romeo.screenshot({ path: `${process.env['SHOTS']}/file.png` })
  await romeo.setInputFiles('[name=file]', {
    name: 'page.html',
    mimeType: 'text/html',
    buffer: Buffer.from('<script>1</script>'),
  })
  await juliet.waitForSelector('.chat .file a:has-text("page.html")')

  await romeo.setInputFiles('[name=file]', { name: 'big.bin', mimeType: '', buffer: Buffer.alloc(OCTETS_MAX + 1) })
  await romeo.waitForSelector(`${TROUBLE}:has-text("The file is too large. The server takes up to 20.5 kB.")`)
  await romeo.setInputFiles('[name=file]', { name: 'nothing', mimeType: '', buffer: Buffer.alloc(0) })
  await romeo.waitForSelector(`${TROUBLE}:has-text("The file is empty.")`)
  await romeo.route('**/upload/**', (route) => (route.request().method() === 'PUT' ? undefined : route.continue()))
  await romeo.setInputFiles('[name=file]', { name: 'slow.txt', mimeType: 'text/plain', buffer: Buffer.from('slow') })
  await romeo.waitForSelector('.attach progress')
  await romeo.click('.attach button:text-is("Stop")')
  await romeo.waitForSelector('.attach progress', { state: 'detached' })
  await romeo.unroute('**/upload/**')
  await romeo.route('**/upload/**', (route) => route.fulfill({ status: 403, body: 'There is no room for the file at present' }))
  await romeo.setInputFiles('[name=file]', { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('a') })
  await romeo.waitForSelector(`${TROUBLE}:has-text("The file was not sent: There is no room for the file at present.")`)
  await romeo.unroute('**/upload/**')
  assert.equal(await romeo.locator('.chat li.mine').count(), 2)

  const phone = new WireClient(await tcpLink(server.port), 'localhost', 20_000)
  t.after(() => phone.link.drop())
  await phone.login('juliet', PASSWORD, 'phone')
  const hostile = [
    'javascript:alert(1)',
    'https://evil.example/upload/x/%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E.png',
    `https://localhost/upload/${'x'.repeat(22)}/photo%E2%80%AEgnp.exe.png`,
  ]
  for (const url of hostile)
    phone.write(
      `<message to='romeo@localhost' type='chat'><body>${url}</body><x xmlns='jabber:x:oob'><url>${url}</url></x></message>`,
    )
  await romeo.waitForSelector('.chat li.theirs bdi:text-is("javascript:alert(1)")')
  await romeo.waitForSelector('.chat .file a bdi:text-is("<img src=x onerror=alert(1)>.png")')
  await romeo.waitForSelector('.chat .file:has-text("photognp.exe.png"):has-text("The server does not have it any more.")')
  assert.equal(await romeo.locator('.chat a[href^="javascript"]').count(), 0)
  await romeo.reload()
  await romeo.click('.card')
  await isDrawn(romeo)
  await assertAccessible(romeo)

  for (const page of [romeo, juliet]) await join(page, 'tea')
  await romeo.waitForSelector('.details.room [name=file]', { state: 'attached' })
  await romeo.setInputFiles('[name=file]', await picture(romeo, 'again.png'))
  for (const page of [romeo, juliet]) await isDrawn(page)
  await romeo.setViewportSize({ width: 360, height: 700 })
  assert.ok(await romeo.evaluate('document.documentElement.scrollWidth <= innerWidth'))
  await assertAccessible(romeo)
})
