/** RFC 6120 5, 6, 7 and XEP-0368: how the clients log in, by STARTTLS and by direct TLS, and how they are refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { profanity, slixmpp, xmppJs } from './makes.ts'
import { LoginRefused, type Make } from './person.ts'
import { skipped, Theatre } from './stories.ts'

/** The best that each knows and the server offers. */
const mechanisms: readonly (readonly [Make, string])[] = [
  [slixmpp, 'SCRAM-SHA-512-PLUS'],
  [xmppJs, 'SCRAM-SHA-1'],
  [profanity, 'SCRAM-SHA-512'],
]

for (const [make, mechanism] of mechanisms) {
  test(make.name, { skip: skipped(make) }, async (t) => {
    const theatre = await Theatre.open(t)
    for (const security of ['starttls', 'direct-tls'] as const) {
      await t.test(`logs in by ${security} and ${mechanism}, more than once`, async (t) => {
        const romeo = await theatre.person(t, make, 'romeo')
        romeo.security = security
        await romeo.logIn()
        assert.equal(await romeo.mechanism(), mechanism)
        await romeo.logOut()
        await romeo.logIn()
        await romeo.settle()
      })
    }
    await t.test('RFC 6120 6.5.10: is refused with a wrong password', async (t) => {
      const account = await theatre.account('romeo')
      const romeo = await make.come(theatre.server, { ...account, password: 'not the one' })
      t.after(() => romeo.close())
      await assert.rejects(romeo.logIn(), (error) => error instanceof LoginRefused && error.condition === 'not-authorized')
    })
    await t.test('RFC 6120 6.5.10: is refused alike without an account', async (t) => {
      const nobody = await make.come(theatre.server, { jid: 'nobody@localhost', password: 'secret' })
      t.after(() => nobody.close())
      await assert.rejects(nobody.logIn(), (error) => error instanceof LoginRefused && error.condition === 'not-authorized')
    })
  })
}
