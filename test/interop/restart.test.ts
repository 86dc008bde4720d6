/**
 * RFC 6120 4.9.3.20, RFC 6121 2.1, 4.3: a server that is stopped, or dies, takes nothing with it: when it runs again
 * the clients log in, have their rosters, and see each other as they are, not as they were. After a crash, who may still
 * come back for his session (XEP-0198) may first be shown as he was: docs/decisions/018-sessions-over-a-restart.md.
 */
import { test } from 'node:test'
import { profanity, slixmpp, xmppJs } from './makes.ts'
import { becomeContacts, skipped, Theatre } from './stories.ts'

for (const [first, second] of [
  [slixmpp, xmppJs],
  [xmppJs, profanity],
] as const) {
  test(`${first.name} and ${second.name}`, { skip: skipped(first, second) }, async (t) => {
    const theatre = await Theatre.open(t)
    for (const end of ['stop', 'kill'] as const) {
      await t.test(end === 'stop' ? 'a server that is stopped' : 'a server that is killed', async (t) => {
        const [romeo, juliet] = [await theatre.person(t, first, 'romeo'), await theatre.person(t, second, 'juliet')]
        await becomeContacts(romeo, juliet)
        await juliet.show('dnd', 'before the end')
        await romeo.sees(juliet.jid, 'dnd', 'before the end')
        await theatre.server[end]()
        await Promise.all([romeo.isCutOff(), juliet.isCutOff()])

        await theatre.server.start()
        await romeo.logIn()
        if (end === 'stop') await romeo.seesOffline(juliet.jid)
        await juliet.logIn()
        await juliet.seesAtLast(romeo.jid, 'online', '')
        await romeo.seesAtLast(juliet.jid, 'online', '')
        await romeo.hasContact(juliet.jid, 'both')
        await juliet.hasContact(romeo.jid, 'both')
      })
    }
  })
}
