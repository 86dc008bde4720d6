/** For tests: an account for section 4, and what its clients and other entities do, as lines of a recorder. */
import { el, type Element } from '../../src/xml/element.ts'
import { defaultLimits, type Account, type Resource } from '../../src/im/account.ts'
import { answerProbe, broadcastAvailable, broadcastUnavailable, directed, ended, receive } from '../../src/im/presence.ts'
import { accountOf, presence, Recorder, type Parts } from './im-recorder.ts'

export const ALICE = 'alice@a.example'
export const BOB = 'bob@b.example'
export const CAROL = 'carol@c.example'
export const ERIN = 'erin@e.example'
export const NOON = Date.UTC(2026, 0, 1, 12)
export const child = (name: string, text: string, attrs: Readonly<Record<string, string>> = {}): Element =>
  el(name, 'jabber:client', attrs, text)

/** Bob sees Alice; Carol and Alice see each other; Alice sees Erin. */
export function alice(...resources: readonly string[]): Account {
  return accountOf(ALICE, { [BOB]: 'From', [CAROL]: 'Both', [ERIN]: 'To', 'dave@d.example': 'None + Pending Out' }, resources)
}
export class Scene {
  readonly account: Account
  readonly out = new Recorder()

  constructor(account: Account) {
    this.account = account
  }
  resource(name: string): Resource {
    return this.account.resource(`${ALICE}/${name}`)!
  }
  available(name: string, more: Partial<Parts> = {}): string[] {
    broadcastAvailable(this.account, this.resource(name), presence({ from: `${ALICE}/${name}`, ...more }), this.out)
    return this.out.take()
  }
  unavailable(name: string, more: Partial<Parts> = {}, now = NOON): string[] {
    broadcastUnavailable(
      this.account,
      this.resource(name),
      presence({ type: 'unavailable', from: `${ALICE}/${name}`, ...more }),
      now,
      this.out,
    )
    return this.out.take()
  }
  ended(name: string, now = NOON): string[] {
    ended(this.account, this.resource(name), now, this.out)
    return this.out.take()
  }
  directed(name: string, to: string, type = ''): string[] {
    directed(this.account, this.resource(name), presence({ type, from: `${ALICE}/${name}`, to }), defaultLimits, this.out)
    return this.out.take()
  }
  receive(parts: Parts): string[] {
    receive(this.account, presence(parts), this.out)
    return this.out.take()
  }
  probe(from: string, to = ALICE): string[] {
    answerProbe(this.account, presence({ type: 'probe', from, to, id: 'q1' }), this.out)
    const texts = this.out.routed.map((p) => String(p.wire))
    this.out.take()
    return texts
  }
}
