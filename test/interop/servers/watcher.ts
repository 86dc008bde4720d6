/** A client of our own server that asks for state annotations (XEP-0310), which no real one does yet. */
import { answer, ASKING, isQuestion } from '../../support/annotations.ts'
import { tcpLink } from '../../support/link.ts'
import type { ServerProcess } from '../../support/server-process.ts'
import { StoryClient } from '../../support/story-client.ts'
import { WireClient } from '../../support/wire-client.ts'
import { matches, type Pattern } from '../../support/xml-pattern.ts'
import type { Xml } from '../../support/xml-reader.ts'
import { PATIENCE_MS, type Account } from '../person.ts'

export class Watcher {
  readonly #client: StoryClient

  private constructor(client: StoryClient) {
    this.#client = client
  }
  /** Another resource of that account, which gets no messages. */
  static async come(server: ServerProcess, { jid, password }: Account): Promise<Watcher> {
    const [name, domain] = jid.split('@') as [string, string]
    const wire = new WireClient(await tcpLink(server.port), domain, PATIENCE_MS)
    const client = new StoryClient(wire, await wire.login(name, password, 'watcher', { startTls: true }))
    client.send(`<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>`)
    client.send(`<presence><priority>-1</priority>${ASKING.c}</presence>`)
    const watcher = new Watcher(client)
    answer(client, await watcher.#until(isQuestion, 'the question what it can do'), ASKING.query)
    return watcher
  }
  /** Until presence like each of these, in this order, has come from that contact. */
  async sees(jid: string, ...patterns: readonly Pattern[]): Promise<void> {
    for (const pattern of patterns)
      await this.#until((xml) => (xml.attr('from') ?? '').startsWith(jid) && matches(pattern, xml), pattern)
  }
  close(): void {
    this.#client.drop()
  }

  async #until(fits: (xml: Xml) => boolean, what: string): Promise<Xml> {
    for (;;) {
      const xml = await this.#client.wire.element(what)
      if (fits(xml)) return xml
    }
  }
}
