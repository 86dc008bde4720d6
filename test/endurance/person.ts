/** Somebody who is logged in, over a real socket, while others attack the server. */
import { tcpLink } from '../support/link.ts'
import { DOMAIN } from '../support/server-process.ts'
import { WireClient } from '../support/wire-client.ts'
import type { Xml } from '../support/xml-reader.ts'

export const PATIENCE_MS = 30_000
export const PASSWORD = 'open sesame'
export const HOME = '127.0.0.1'

export const bare = (user: string): string => `${user}@${DOMAIN}`
export const message = (to: string, id: string, body = id): string =>
  `<message to='${bare(to)}' type='chat' id='${id}'><body>${body}</body></message>`

export class Person {
  readonly wire: WireClient
  readonly got: Xml[] = []
  #fences = 0

  constructor(wire: WireClient) {
    this.wire = wire
  }
  static async comes(port: number, user: string, address = HOME, resource = '1'): Promise<Person> {
    const wire = new WireClient(await tcpLink(port, address), DOMAIN, PATIENCE_MS)
    await wire.login(user, PASSWORD, resource)
    wire.write('<presence/>')
    return new Person(wire)
  }
  /** Everything that was said before is done. */
  async fence(): Promise<void> {
    const id = `fence${(this.#fences += 1)}`
    this.wire.write(`<iq type='get' id='${id}' to='${DOMAIN}'><ping xmlns='urn:xmpp:ping'/></iq>`)
    await this.hears(id)
  }
  async hears(id: string): Promise<void> {
    for (;;) {
      const xml = await this.wire.element(id)
      if (xml.attr('id') === id) return
      this.got.push(xml)
    }
  }
  leaves(): void {
    this.wire.write('</stream:stream>')
    this.wire.link.drop()
  }
}

export async function befriend(one: Person, other: Person, [a, b]: readonly [string, string]): Promise<void> {
  for (const [who, whom] of [
    [one, b],
    [other, a],
  ] as const)
    who.wire.write(`<presence type='subscribed' to='${bare(whom)}'/><presence type='subscribe' to='${bare(whom)}'/>`)
  for (const who of [one, other, one, other]) await who.fence()
}
