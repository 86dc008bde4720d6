/**
 * RFC 6121 Appendix A as a test sees it: each of the four stanzas in each of the nine states, and what both users see of
 * it. What is expected comes from the two tables below alone, the sender's side from the first and the addressee's from
 * the second, automatic answers included.
 */
import assert from 'node:assert/strict'
import { arrives, gone, here, item, push, rosterGet, rosterResult } from './stanzas.ts'
import type { StoryClient } from './story-client.ts'

/** N none, T to, F from; PO waits for the contact, PI for the user. */
export const STATES = ['None', 'NPO', 'NPI', 'NPOI', 'To', 'TPI', 'From', 'FPO', 'Both'] as const
export type State = (typeof STATES)[number]
export const TYPES = ['subscribe', 'unsubscribe', 'subscribed', 'unsubscribed'] as const
export type Type = (typeof TYPES)[number]
/** The state afterwards, and what happens, by letters. */
type Cell = readonly [next: State, happens: string]
type Table = Readonly<Record<Type, Readonly<Record<State, Cell>>>>

/** A.2: r routed, p push, u unavailable presence before the stanza, a available presence after it, g granted beforehand (3.4). */
// prettier-ignore
const OUTBOUND: Table = {
  subscribe:    { None: ['NPO', 'rp'], NPO: ['NPO', 'r'],   NPI: ['NPOI', 'rp'], NPOI: ['NPOI', 'r'],  To: ['To', 'r'],    TPI: ['TPI', 'r'],    From: ['FPO', 'rp'],   FPO: ['FPO', 'r'],    Both: ['Both', 'r'] },
  unsubscribe:  { None: ['None', 'r'], NPO: ['None', 'rp'], NPI: ['NPI', 'r'],   NPOI: ['NPI', 'rp'],  To: ['None', 'rp'], TPI: ['NPI', 'rp'],   From: ['From', 'r'],   FPO: ['From', 'rp'],  Both: ['From', 'rp'] },
  subscribed:   { None: ['None', 'g'], NPO: ['NPO', 'g'],   NPI: ['From', 'rpa'], NPOI: ['FPO', 'rpa'], To: ['To', 'g'],    TPI: ['Both', 'rpa'], From: ['From', ''],    FPO: ['FPO', ''],     Both: ['Both', ''] },
  unsubscribed: { None: ['None', ''],  NPO: ['NPO', ''],    NPI: ['None', 'r'],  NPOI: ['NPO', 'r'],   To: ['To', ''],     TPI: ['To', 'r'],     From: ['None', 'urp'], FPO: ['NPO', 'urp'],  Both: ['To', 'urp'] },
}
/** A.3: d delivered, p push, s answered with 'subscribed' and presence, u unavailable presence to the sender, x answered with 'unsubscribed'. */
// prettier-ignore
const INBOUND: Table = {
  subscribe:    { None: ['NPI', 'd'],  NPO: ['NPOI', 'd'],  NPI: ['NPI', ''],    NPOI: ['NPOI', ''],   To: ['TPI', 'd'],   TPI: ['TPI', ''],     From: ['From', 's'],   FPO: ['FPO', 's'],    Both: ['Both', 's'] },
  unsubscribe:  { None: ['None', ''],  NPO: ['NPO', ''],    NPI: ['None', 'dx'], NPOI: ['NPO', 'dx'],  To: ['To', ''],     TPI: ['To', 'dx'],    From: ['None', 'dpux'], FPO: ['NPO', 'dpux'], Both: ['To', 'dpux'] },
  subscribed:   { None: ['None', ''],  NPO: ['To', 'dp'],   NPI: ['NPI', ''],    NPOI: ['TPI', 'dp'],  To: ['To', ''],     TPI: ['TPI', ''],     From: ['From', ''],    FPO: ['Both', 'dp'],  Both: ['Both', ''] },
  unsubscribed: { None: ['None', ''],  NPO: ['None', 'dp'], NPI: ['NPI', ''],    NPOI: ['NPI', 'dp'],  To: ['None', 'dp'], TPI: ['NPI', 'dp'],   From: ['From', ''],    FPO: ['From', 'dp'],  Both: ['From', 'dp'] },
}

/** What alice and then the other sends, until alice is in the state: 'a' her, 'b' him. */
const WAYS: Readonly<Record<State, readonly (readonly ['a' | 'b', Type])[]>> = {
  None: [],
  NPO: [['a', 'subscribe']],
  NPI: [['b', 'subscribe']],
  NPOI: [
    ['a', 'subscribe'],
    ['b', 'subscribe'],
  ],
  To: [
    ['a', 'subscribe'],
    ['b', 'subscribed'],
  ],
  TPI: [
    ['a', 'subscribe'],
    ['b', 'subscribed'],
    ['b', 'subscribe'],
  ],
  From: [
    ['b', 'subscribe'],
    ['a', 'subscribed'],
  ],
  FPO: [
    ['b', 'subscribe'],
    ['a', 'subscribed'],
    ['a', 'subscribe'],
  ],
  Both: [
    ['a', 'subscribe'],
    ['b', 'subscribed'],
    ['b', 'subscribe'],
    ['a', 'subscribed'],
  ],
}

/** One of the two, as the tables say that things stand with him. */
export class Side {
  readonly client: StoryClient
  state: State = 'None'
  hasItem = false
  isApproved = false
  other!: Side
  /** The other is shown as available. */
  #isShown = false
  readonly #showsAgain: boolean
  readonly expected: string[] = []

  constructor(client: StoryClient, showsAgain: boolean) {
    this.client = client
    this.#showsAgain = showsAgain
  }
  get itemAttrs(): string {
    const { state } = this
    const subscription = state === 'Both' ? 'both' : state.startsWith('T') ? 'to' : state.startsWith('F') ? 'from' : 'none'
    return `subscription='${subscription}'${state.includes('PO') ? ` ask='subscribe'` : ''}${this.isApproved ? ` approved='true'` : ''}`
  }
  get isAsked(): boolean {
    return this.state.endsWith('I')
  }
  send(type: Type): void {
    const [next, happens] = OUTBOUND[type][this.state]
    this.state = next
    if (happens.includes('g')) this.isApproved = true
    if (happens.includes('u')) this.other.isShown(false)
    if (/[pg]/.test(happens)) this.push() // before whatever the other side answers
    if (happens.includes('r')) this.other.receive(type)
    if (happens.includes('a')) this.other.isShown(true)
  }
  receive(type: Type): void {
    const [next, happens] = INBOUND[type][this.state]
    const { other } = this
    this.state = next
    if (happens.includes('d')) this.expected.push(arrives(type, other.client.bare, this.client.bare))
    if (happens.includes('p')) this.push()
    if (happens.includes('u')) other.isShown(false)
    if (happens.includes('x') && this.hasItem) other.receive('unsubscribed') // strangers get no answer
    if (!happens.includes('s')) return
    other.receive('subscribed')
    other.isShown(true)
  }
  /** That the other is available, or has gone. */
  isShown(available: boolean): void {
    const { client, other } = this
    if (!this.#showsAgain && available && this.#isShown) return
    this.#isShown = available
    this.expected.push((available ? here : gone)(other.client.jid, '', client.bare))
  }
  push(): void {
    this.hasItem = true
    this.expected.push(push(this.other.client.bare, this.itemAttrs))
  }
  /** What he has received is what the tables say, and so is what is kept of it. */
  async check(): Promise<void> {
    await this.client.expect(...this.expected.splice(0))
    const items = this.hasItem ? [item(this.other.client.bare, this.itemAttrs)] : []
    await this.client.ask(rosterGet('check'), rosterResult('check', ...items))
  }
}

/** Where the two users are: on one server, or each on one of his own. */
export interface Places {
  /** Is presence shown that is what was shown before? Not if it has come over a link (XEP-0310). */
  readonly showsAgain: boolean
  /** A client of that full JID, with its defaults or not available yet. */
  client(full: string, presence: string | null): Promise<StoryClient>
  settle(): Promise<void>
  expectNothing(): Promise<void>
}

/** One cell of the tables, from two users who have never met. */
export async function playCell(
  places: Places,
  users: readonly [alice: string, other: string],
  state: State,
  type: Type,
): Promise<void> {
  const come = async (user: string): Promise<Side> => new Side(await places.client(user, '<presence/>'), places.showsAgain)
  const [alice, other] = [await come(users[0]), await come(users[1])]
  alice.other = other
  other.other = alice
  const says = async (side: Side, what: Type): Promise<void> => {
    side.client.send(`<presence type='${what}' to='${side.other.client.bare}'/>`)
    side.send(what)
    await places.settle()
  }
  for (const [who, step] of WAYS[state]) await says(who === 'a' ? alice : other, step)
  assert.equal(alice.state, state)
  for (const side of [alice, other]) await side.check()
  await says(alice, type)
  for (const side of [alice, other]) await side.check()
  await places.expectNothing()
  for (const side of [alice, other]) await checkPending(places, side)
}

/** What the user has not answered yet is shown to every resource that comes (3.1.3 rule 4), and nothing else is. */
async function checkPending(places: Places, side: Side): Promise<void> {
  const late = await places.client(`${side.client.bare}/late`, null)
  late.send('<presence/>')
  await places.settle()
  const requests = late.take().filter((xml) => xml.attr('type') === 'subscribe')
  assert.deepEqual(
    requests.map((xml) => xml.attr('from')),
    side.isAsked ? [side.other.client.bare] : [],
  )
  for (const known of [side.client, side.other.client]) known.take()
  await late.close()
  await places.settle()
  for (const known of [side.client, side.other.client]) known.take()
}
