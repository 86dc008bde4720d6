/** A person at the profanity of Debian, who types commands on a terminal and reads what is on the screen. */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Terminal } from '../../support/terminal.ts'
import {
  LoginRefused,
  type Account,
  type Endpoints,
  type Person,
  type Security,
  type Show,
  type Subscription,
} from '../person.ts'

/** Without the list of contacts beside it, the screen shows what happened, in order. */
const SETTINGS = `[ui]
splash=false
roster=false
`
const CONSOLE = /Type \/help for help information/

export class ProfanityPerson implements Person {
  readonly jid: string
  security: Security = 'starttls'
  readonly #account: Account
  readonly #server: Endpoints
  readonly #terminal: Terminal
  readonly #logFile: string
  /** Lines about others that were looked at since the screen was cleared, by contact. */
  readonly #read = new Map<string, number>()

  private constructor(server: Endpoints, account: Account, terminal: Terminal, logFile: string) {
    this.jid = account.jid
    this.#server = server
    this.#account = account
    this.#terminal = terminal
    this.#logFile = logFile
  }

  static async come(server: Endpoints, account: Account): Promise<ProfanityPerson> {
    const home = await mkdtemp(join(server.directory, `profanity-${account.jid.split('@', 1)[0]}-`))
    const [settings, logFile] = [join(home, 'profrc'), join(home, 'log')]
    await writeFile(settings, SETTINGS)
    // OpenSSL's own way to name what is trusted: so the server's certificate is verified, not waved through.
    const environment = {
      HOME: home,
      XDG_CONFIG_HOME: home,
      XDG_DATA_HOME: home,
      LC_ALL: 'C.UTF-8',
      SSL_CERT_FILE: server.certificateFile,
    }
    const command = `profanity --config ${settings} --log DEBUG --logfile ${logFile}`
    const terminal = await Terminal.open({ socket: join(home, 'tmux'), command, environment, directory: home })
    await terminal.shows(CONSOLE)
    return new ProfanityPerson(server, account, terminal, logFile)
  }

  async logIn(): Promise<void> {
    const { port, directTlsPort } = this.#server
    const how = this.security === 'starttls' ? `port ${port} tls force` : `port ${directTlsPort} tls legacy`
    await this.#terminal.type(`/connect ${this.jid} server 127.0.0.1 ${how}`)
    await this.#terminal.shows(/Enter password/)
    await this.#terminal.type(this.#account.password)
    const [outcome] = await this.#terminal.shows(/logged in successfully|Login failed/)
    if (outcome === 'Login failed') throw new LoginRefused('not-authorized') // the only reason that it knows
    // It says so before it has its roster, and its presence twice more when it has.
    await this.settle()
  }
  async logOut(): Promise<void> {
    await this.#terminal.type('/disconnect')
    await this.#clearAfter(/logged out successfully/)
  }
  async isCutOff(): Promise<void> {
    await this.#clearAfter(/Lost connection/)
  }
  async #clearAfter(line: RegExp): Promise<void> {
    await this.#terminal.shows(line)
    await this.#terminal.type('/clear')
    await this.#terminal.until('a clear screen', (screen) => (line.test(screen) ? null : true))
    this.#read.clear()
  }
  async show(show: Show, status: string): Promise<void> {
    await this.#terminal.type(`/status set ${show}${status === '' ? '' : ` "${status}"`}`)
  }
  async add(jid: string): Promise<void> {
    await this.#terminal.type(`/roster add ${jid}`)
    await this.#terminal.type(`/sub request ${jid}`)
  }
  async approve(jid: string): Promise<void> {
    await this.#terminal.type(`/sub allow ${jid}`)
  }
  async say(jid: string, body: string): Promise<void> {
    await this.#inWindowOf(jid, () => this.#terminal.type(body))
  }

  async seesRequest(from: string): Promise<void> {
    await this.#terminal.shows(new RegExp(`Received authorization request from ${from}`))
  }
  async sees(jid: string, show: Show, status: string): Promise<void> {
    await this.#sees(jid, shown(show, status))
  }
  async seesAtLast(jid: string, show: Show, status: string): Promise<void> {
    const wanted = shown(show, status)
    while ((await this.#nextLine(jid)) !== wanted);
  }
  async seesOffline(jid: string): Promise<void> {
    await this.#sees(jid, 'is offline')
  }
  /** The next line about that contact must be this one. */
  async #sees(jid: string, text: string): Promise<void> {
    const line = await this.#nextLine(jid)
    if (line !== text) throw new Error(`${this.jid} should see that ${jid} ${text} and sees that it ${line}`)
  }
  async #nextLine(jid: string): Promise<string> {
    const read = this.#read.get(jid) ?? 0
    const line = await this.#terminal.until(`another line about ${jid}`, (screen) => linesAbout(jid, screen)[read] ?? null)
    this.#read.set(jid, read + 1)
    return line
  }
  async reads(from: string, body: string): Promise<void> {
    await this.#inWindowOf(from, async () => {
      await this.#terminal.until(`"${body}"`, (screen) => (screen.includes(body) ? true : null))
    })
  }
  /** Before the login: it fetches what was said with somebody from the archive (XEP-0313) when the window is opened. */
  async wantsHistory(): Promise<void> {
    await this.#terminal.type('/mam on')
    await this.#terminal.shows(/Message Archive Management enabled/i)
  }
  /** The window of that contact shows these, in this order and once each. */
  async seesHistory(jid: string, ...bodies: readonly string[]): Promise<void> {
    await this.#inWindowOf(jid, async () => {
      const wanted = bodies.join()
      const any = new RegExp(bodies.map((body) => RegExp.escape(body)).join('|'), 'g')
      await this.#terminal.until(wanted, (screen) => ((screen.match(any) ?? []).join() === wanted ? true : null))
    })
  }
  async hasContact(jid: string, subscription: Subscription): Promise<void> {
    const listed = new RegExp(` ${jid} - (\\w+)`, 'g')
    const count = (screen: string): number => [...screen.matchAll(listed)].length
    for (let state = ''; state !== subscription;) {
      const before = count(await this.#terminal.screen())
      await this.#terminal.type('/roster')
      state = await this.#terminal.until(`${jid} in the roster`, (screen) => [...screen.matchAll(listed)][before]?.[1] ?? null)
    }
  }
  /** Lines about contacts are read in the console only: there they stand in order. */
  async #inWindowOf(jid: string, work: () => Promise<void>): Promise<void> {
    await this.#terminal.type(`/msg ${jid}`)
    await this.#terminal.until(`the window of ${jid}`, (screen) => (CONSOLE.test(screen) ? null : true))
    await work()
    await this.#terminal.type('/win 1')
    await this.#terminal.shows(CONSOLE)
  }

  async settle(): Promise<void> {
    const outcome = /Ping response from|Server does not support ping/g
    const outcomes = (screen: string): readonly string[] => screen.match(outcome) ?? []
    for (let answered = false; !answered;) {
      const before = outcomes(await this.#terminal.screen()).length
      await this.#terminal.type('/ping')
      const latest = await this.#terminal.until('the outcome of a ping', (screen) => outcomes(screen)[before] ?? null)
      // Just after the login it does not know yet what the server supports.
      answered = latest.startsWith('Ping response')
    }
  }
  async sawAllOf(jid: string): Promise<void> {
    const unseen = linesAbout(jid, await this.#terminal.screen()).slice(this.#read.get(jid) ?? 0)
    if (unseen.length > 0) throw new Error(`${this.jid} was also shown that ${jid} ${unseen.join(', ')}`)
  }
  /** As its log has it. */
  async mechanism(): Promise<string> {
    return [...(await readFile(this.#logFile, 'utf8')).matchAll(/<auth[^>]* mechanism="([^"]+)"/g)].at(-1)?.[1] ?? ''
  }

  async freeze(): Promise<void> {
    this.#terminal.freeze()
  }
  kill(): Promise<void> {
    return this.#terminal.close()
  }
  close(): Promise<void> {
    return this.#terminal.close()
  }
}

/** What the console says of that contact's presence: "is away". */
function linesAbout(jid: string, screen: string): readonly string[] {
  const line = new RegExp(`(?:\\+\\+|--) ${jid}(?: \\(\\S+\\))? (is .*?) *$`, 'gm')
  return [...screen.matchAll(line)].map((match) => match[1]!)
}

const shown = (show: Show, status: string): string => `is ${show}${status === '' ? '' : `, "${status}"`}`
