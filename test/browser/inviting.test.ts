/** Users invite others from the board, by a link and a QR code (XEP-0401), in Debian's Chromium. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeQR } from 'qr/decode.js'
import type { Page } from 'playwright-core'
import { startServer } from '../support/server-process.ts'
import { assertAccessible, chromiumMissing, openBrowser, openTab } from './chromium.ts'
import { newBoard } from './room-boards.ts'

const skip = chromiumMissing()

/** What a phone reads from the screen. */
async function readCode(page: Page): Promise<string> {
  const png = (await page.locator('.qr').screenshot()).toString('base64')
  const { width, height, data } = (await page.evaluate(`(async () => {
    const blob = new Blob([Uint8Array.from(atob('${png}'), (c) => c.charCodeAt(0))], { type: 'image/png' })
    const bitmap = await createImageBitmap(blob)
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')
    context.drawImage(bitmap, 0, 0)
    const { width, height, data } = context.getImageData(0, 0, bitmap.width, bitmap.height)
    return { width, height, data: [...data] }
  })()`)) as { width: number; height: number; data: number[] }
  return decodeQR({ width, height, data: Uint8Array.from(data) })
}

test('INV-5: a user makes a link, a phone reads its code, and who opens it becomes a contact; in German', { skip }, async (t) => {
  const server = await startServer(t, { invitations: { accounts: 'users', url: 'https://chat.example.org' } })
  const browser = await openBrowser(t)
  const romeo = await newBoard(t, server, browser, 'romeo')
  await romeo.click('text=Invite somebody')
  await romeo.click('text=Make a link')
  const link = await romeo.inputValue('.sheet .link >> nth=0 >> input')
  assert.match(link, /^https:\/\/chat\.example\.org\/invite#[0-9a-f]{24}$/)
  assert.match(
    await romeo.inputValue('.sheet .link >> nth=1 >> input'),
    /^xmpp:romeo@localhost\?roster;preauth=[0-9a-f]{24};ibr=y$/,
  )
  assert.equal(await readCode(romeo), link)
  await assertAccessible(romeo)
  if (process.env['SHOTS'] !== undefined) await romeo.screenshot({ path: `${process.env['SHOTS']}/inviting.png` })
  await romeo.emulateMedia({ colorScheme: 'dark' })
  assert.equal(await readCode(romeo), link, 'in the dark too')
  await romeo.setViewportSize({ width: 360, height: 700 })
  assert.ok(await romeo.evaluate('document.documentElement.scrollWidth <= innerWidth'))
  await assertAccessible(romeo)

  const here = `http://localhost:${server.httpPort}/${new URL(link).pathname.slice(1)}${new URL(link).hash}`
  const { page } = await openTab(t, browser, here, { locale: 'de-DE' })
  await page.waitForSelector('text=romeo@localhost lädt Sie ein zu')
  assert.equal(await page.getAttribute('html', 'lang'), 'de')
  await assertAccessible(page)
  await page.fill('[name=name]', 'juliet')
  await page.fill('[name=password]', 'juliet-secret')
  await page.click('text=Konto anlegen')
  await page.waitForSelector('text=Ihre Adresse ist juliet@localhost')
  await romeo.click('.sheet .close')
  await romeo.waitForSelector('.card:has-text("juliet")')
})

test('a user whose server makes no accounts invites those who have one', { skip }, async (t) => {
  const server = await startServer(t)
  const romeo = await newBoard(t, server, await openBrowser(t), 'romeo')
  await romeo.click('text=Invite somebody')
  await romeo.click('text=Make a link')
  const uri = await romeo.inputValue('.sheet .link input')
  assert.match(uri, /^xmpp:romeo@localhost\?roster;preauth=[0-9a-f]{24}$/)
  await romeo.waitForSelector('.sheet [role=status]:has-text("[invitations] url")')
  assert.equal(await readCode(romeo), uri)
})
