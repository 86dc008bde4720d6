/**
 * What every two clients must be able to do with each other through this server, whatever their make. A story is
 * played by two people who have accounts and whose clients run, but who are not logged in.
 */
import type { TestContext } from 'node:test'
import { DOMAIN, startServer, type ServerProcess, type ServerSettings } from '../support/server-process.ts'
import type { Account, Endpoints, Make, Person } from './person.ts'

type Story = (romeo: Person, juliet: Person) => Promise<void>

/** Both on each other's roster, both available, and everything seen that there is to see. */
export async function becomeContacts(romeo: Person, juliet: Person): Promise<void> {
  await romeo.logIn()
  await juliet.logIn()
  await romeo.add(juliet.jid)
  await juliet.seesRequest(romeo.jid)
  await juliet.approve(romeo.jid)
  await romeo.sees(juliet.jid, 'online', '')
  await juliet.add(romeo.jid)
  await romeo.seesRequest(juliet.jid)
  await romeo.approve(juliet.jid)
  await juliet.sees(romeo.jid, 'online', '')
}

export const stories: Readonly<Record<string, Story>> = {
  'RFC 6121 3.1, 4.4, 4.5: strangers become contacts and see each other come, change and go': async (romeo, juliet) => {
    await becomeContacts(romeo, juliet)
    await romeo.hasContact(juliet.jid, 'both')
    await juliet.hasContact(romeo.jid, 'both')
    await romeo.show('away', 'in the orchard')
    await juliet.sees(romeo.jid, 'away', 'in the orchard')
    await juliet.show('dnd', 'Nürnberg & <Verona>')
    await romeo.sees(juliet.jid, 'dnd', 'Nürnberg & <Verona>')
    await romeo.show('online', 'back again')
    await juliet.sees(romeo.jid, 'online', 'back again')
    await romeo.settle()
    await romeo.sawAllOf(juliet.jid)
    await romeo.logOut()
    await juliet.seesOffline(romeo.jid)
    await juliet.settle()
    await juliet.sawAllOf(romeo.jid)
  },

  'RFC 6121 2.1, 4.3: after a new login the roster is there, and so is what the contact shows': async (romeo, juliet) => {
    await becomeContacts(romeo, juliet)
    await juliet.show('xa', 'asleep')
    await romeo.sees(juliet.jid, 'xa', 'asleep')
    await romeo.logOut()
    await juliet.seesOffline(romeo.jid)
    await romeo.logIn()
    await romeo.sees(juliet.jid, 'xa', 'asleep')
    await juliet.sees(romeo.jid, 'online', '')
    await romeo.hasContact(juliet.jid, 'both')
    await Promise.all([romeo.settle(), juliet.settle()])
    await romeo.sawAllOf(juliet.jid)
    await juliet.sawAllOf(romeo.jid)
  },

  'RFC 6121 5.2, XEP-0160: messages arrive at once, and later when nobody was there': async (romeo, juliet) => {
    await becomeContacts(romeo, juliet)
    await romeo.say(juliet.jid, 'Art thou there? <3 & "quotes"')
    await juliet.reads(romeo.jid, 'Art thou there? <3 & "quotes"')
    await juliet.say(romeo.jid, 'Ich bin hier, größer als 你好 🌹')
    await romeo.reads(juliet.jid, 'Ich bin hier, größer als 你好 🌹')
    await juliet.logOut()
    await romeo.seesOffline(juliet.jid)
    await romeo.say(juliet.jid, 'Good night, good night')
    await romeo.settle()
    await juliet.logIn()
    await juliet.reads(romeo.jid, 'Good night, good night')
    await romeo.sees(juliet.jid, 'online', '')
  },

  'RFC 6120 4.6: a client whose process is killed is seen offline': async (romeo, juliet) => {
    await becomeContacts(romeo, juliet)
    await romeo.kill()
    await juliet.seesOffline(romeo.jid)
  },
}

/** A server and accounts for tests of one file. */
export class Theatre {
  readonly server: ServerProcess
  #accounts = 0

  private constructor(server: ServerProcess) {
    this.server = server
  }
  static async open(t: TestContext, settings: ServerSettings = {}): Promise<Theatre> {
    return new Theatre(await startServer(t, settings))
  }
  /** Of somebody new. */
  async account(name: string): Promise<Account> {
    const account = { jid: `${name}${(this.#accounts += 1)}@${DOMAIN}`, password: `pass word of ${name}` }
    await this.server.addUser(account.jid, account.password)
    return account
  }
  /** Somebody at a client, for the time of `t`: with an account, or with a name and a new one. */
  async person<P extends Person>(
    t: TestContext,
    make: { come(server: Endpoints, account: Account): Promise<P> },
    who: string | Account,
    server: Endpoints = this.server,
  ): Promise<P> {
    const person = await make.come(server, typeof who === 'string' ? await this.account(who) : who)
    t.after(() => person.close())
    return person
  }
  /** Every story, with the two makes. */
  async playAll(t: TestContext, first: Make, second: Make): Promise<void> {
    for (const [name, story] of Object.entries(stories)) {
      await t.test(name, async (t) => {
        const [romeo, juliet] = await Promise.all([this.person(t, first, 'romeo'), this.person(t, second, 'juliet')])
        await story(romeo, juliet)
      })
    }
  }
}

/** Why a story with these makes is skipped; false: it is not. */
export const skipped = (...makes: readonly Make[]): string | false =>
  makes.map((m) => m.missing).find((m) => m !== false) ?? false
