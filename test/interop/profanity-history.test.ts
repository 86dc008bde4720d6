/** XEP-0313 with the profanity of Debian: what was said while it was away, and read at another client, is in its window. */
import { test } from 'node:test'
import { DOMAIN, startServer } from '../support/server-process.ts'
import { slixmpp } from './makes.ts'
import { profanityMissing } from './programs.ts'
import { ProfanityPerson } from './profanity/person.ts'

const PASSWORD = 'but soft'

test('profanity fetches what was said with another client', { skip: profanityMissing() || slixmpp.missing }, async (t) => {
  const server = await startServer(t)
  const accounts = ['romeo', 'juliet'].map((name) => ({ jid: `${name}@${DOMAIN}`, password: PASSWORD }))
  for (const { jid } of accounts) await server.addUser(jid, PASSWORD)
  const [romeo, juliet] = await Promise.all(accounts.map((account) => slixmpp.come(server, account)))
  t.after(() => Promise.all([romeo!.close(), juliet!.close()]))
  await Promise.all([romeo!.logIn(), juliet!.logIn()])
  const said = [
    'Wherefore art thou Romeo?',
    'Shall I hear more, or shall I speak at this?',
    'What man art thou, größer than <night>?',
  ]
  for (const [i, body] of said.entries()) {
    const [speaker, reader] = i % 2 === 0 ? [juliet!, romeo!] : [romeo!, juliet!]
    await speaker.say(reader.jid, body)
    await reader.reads(speaker.jid, body)
  }
  await romeo!.logOut()
  const other = await ProfanityPerson.come(server, accounts[0]!)
  t.after(() => other.close())
  await other.wantsHistory()
  await other.logIn()
  await other.seesHistory(juliet!.jid, ...said)
})
