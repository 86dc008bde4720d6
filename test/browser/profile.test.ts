/** Nicknames, moods, pictures, the password and the devices of an account, in Debian's Chromium. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { tcpLink } from '../support/link.ts'
import { WireClient } from '../support/wire-client.ts'
import type { Xml } from '../support/xml-reader.ts'
import { assertAccessible, chromiumMissing, openTab } from './chromium.ts'
import { befriend } from './friends.ts'
import { openMore, OWN } from './own.ts'
import { openBoards, PASSWORD } from './room-boards.ts'

const skip = chromiumMissing()
const card = (page: Page, words: string): Promise<unknown> => page.waitForSelector(`.card:has-text(${JSON.stringify(words)})`)
/** The colour in the middle of a picture. */
const colourOf = (page: Page, where: string): Promise<unknown> =>
  page.evaluate(`[...document.querySelector('${where} canvas').getContext('2d').getImageData(64, 64, 1, 1).data].join()`)

/** A red picture that is wider than it is high. */
async function redPicture(page: Page): Promise<Buffer> {
  const url = (await page.evaluate(`(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 400, height: 200 })
    const context = canvas.getContext('2d')
    context.fillStyle = '#ff0000'
    context.fillRect(0, 0, 400, 200)
    return canvas.toDataURL('image/png')
  })()`)) as string
  return Buffer.from(url.split(',')[1]!, 'base64')
}

test('XEP-0172, 0084, 0107: a nickname, a picture and a mood are set, seen, and shown as text', { skip }, async (t) => {
  const { romeo, juliet, server } = await openBoards(t, { streams: { 'require-tls': false } })
  await befriend(romeo, juliet)
  await openMore(juliet)
  await juliet.fill('[name=nick]', 'Jule <b>C</b>')
  await juliet.click('text=Use this nickname')
  await juliet.waitForSelector('[role=status]:text-is("Your contacts see the nickname.")')
  await card(romeo, 'calls themselves “Jule <b>C</b>”')
  await juliet.setInputFiles('[name=picture]', { name: 'me.png', mimeType: 'image/png', buffer: await redPicture(juliet) })
  await romeo.waitForSelector('.card canvas')
  assert.equal(await colourOf(romeo, '.card'), '255,0,0,255')
  await juliet.waitForSelector('.own-picture canvas')
  await assertAccessible(juliet)
  if (process.env['SHOTS'] !== undefined) {
    await juliet.screenshot({ path: `${process.env['SHOTS']}/profile.png` })
    await romeo.screenshot({ path: `${process.env['SHOTS']}/face.png` })
  }
  const text = { name: 'me.png', mimeType: 'image/png', buffer: Buffer.from('no picture') }
  await juliet.setInputFiles('[name=picture]', text)
  await juliet.waitForSelector('[role=status]:has-text("cannot show this file")')
  await juliet.click('text=Remove it')
  await romeo.waitForSelector('.card canvas', { state: 'detached' })

  const phone = new WireClient(await tcpLink(server.port), 'localhost', 20_000)
  t.after(() => phone.link.drop())
  await phone.login('juliet', PASSWORD, 'phone')
  phone.write(
    `<iq type='set' id='1'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='http://jabber.org/protocol/mood'>` +
      `<item><mood xmlns='http://jabber.org/protocol/mood'><in_love/><text>with &lt;i&gt;him&lt;/i&gt;</text></mood></item>` +
      `</publish></pubsub></iq>`,
  )
  await card(romeo, 'feels in love: with <i>him</i>')
  await assertAccessible(romeo)
})

test('XEP-0077, 0494: another password, and the access of a device is taken away', { skip }, async (t) => {
  const { juliet, server, browser } = await openBoards(t)
  const address = `http://localhost:${server.httpPort}/`
  const signIn = async (page: Page, password: string): Promise<void> => {
    await page.fill('[name=address]', 'juliet')
    await page.fill('[name=password]', password)
    await page.click('text=Sign in')
  }
  const { page: other } = await openTab(t, browser, address)
  await signIn(other, PASSWORD)
  await other.waitForSelector('.own')
  await openMore(juliet)
  const name = 'strong:text-matches("^Porchlight board, Chrom\\\\w+ on Linux$")'
  await juliet.waitForSelector(`.devices li:has-text("this page"):has-text("has access since") ${name}`)
  assert.equal(await juliet.locator(`.devices ${name}`).count(), 2)
  assert.equal(await juliet.locator('.devices li').count(), 2)
  await juliet.click('.devices li:not(:has-text("this page")) button')
  await other.waitForSelector('.sign-in')
  await juliet.locator('.devices li').nth(1).waitFor({ state: 'detached' })
  await juliet.fill('[name=new-password]', 'another secret')
  await juliet.click('text=Change the password')
  await juliet.waitForSelector('[role=status]:text-is("You have a new password.")')
  await signIn(other, PASSWORD)
  await other.waitForSelector('text=The address or the password is wrong.')
  await signIn(other, 'another secret')
  await other.waitForSelector('.own')
})

test(
  'XEP-0092, 0494: a client that has told the server no name is asked for it; without an answer it is its resource',
  { skip },
  async (t) => {
    const { juliet, server } = await openBoards(t, { streams: { 'require-tls': false } })
    const phone = new WireClient(await tcpLink(server.port), 'localhost', 20_000)
    t.after(() => phone.link.drop())
    await phone.login('juliet', PASSWORD, 'phone')
    await openMore(juliet)
    const asked = await askedVersion(phone)
    const { id, from } = asked.attrs
    const about = '<name>Gajim &lt;b&gt;</name><version>1.7.3</version><os>Debian</os>'
    phone.write(`<iq type='result' id='${id}' to='${from}'><query xmlns='jabber:iq:version'>${about}</query></iq>`)
    await juliet.waitForSelector('.devices strong:text-is("Gajim <b> 1.7.3, Debian")')
    await juliet.click(`${OWN} .close`)
    await openMore(juliet)
    const again = await askedVersion(phone)
    const refusal = `<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`
    phone.write(`<iq type='error' id='${again.attrs['id']}' to='${again.attrs['from']}'>${refusal}</iq>`)
    await juliet.waitForSelector('.devices strong:text-is("phone")')
    await assertAccessible(juliet)
  },
)

/** The next question what the client is. */
async function askedVersion(client: WireClient): Promise<Xml> {
  const xml = await client.element('a question for the version')
  return xml.show().includes('jabber:iq:version') ? xml : askedVersion(client)
}
