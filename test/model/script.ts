/** What happens in a play of the model: the setting and the steps, both drawn from a seed alone. */
export const SPANS = [1000, 3000, 20_000, 45_000, 90_000] as const

/** `isHurried`: the next one is done while what follows from this one is under way. */
export type Step = Act & { readonly isHurried?: boolean }

type Act =
  /** The client gets a connection: for its old session if that is still there. */
  | { readonly what: 'connect' | 'drop' | 'close' | 'away' | 'show' | 'hide' | 'look' | 'look-away'; readonly who: string }
  /** Presence to an address, or that it is over. */
  | { readonly what: 'direct' | 'undirect'; readonly who: string; readonly to: string }
  | {
      readonly what: 'subscribe' | 'subscribed' | 'unsubscribe' | 'unsubscribed' | 'remove' | 'block' | 'unblock'
      readonly user: string
      readonly other: string
    }
  | { readonly what: 'cut' | 'heal'; readonly one: string; readonly other: string }
  | { readonly what: 'hold'; readonly from: string; readonly to: string }
  | { readonly what: 'kill' | 'restart' | 'start'; readonly site: string }
  | { readonly what: 'wait'; readonly span: number }

export interface DeviceSetting {
  /** Its full JID. */
  readonly jid: string
  readonly asks: boolean
  readonly isManaged: boolean
}
export interface Setting {
  readonly seed: number
  readonly sites: readonly string[]
  readonly users: readonly string[]
  readonly devices: readonly DeviceSetting[]
  /** Who sees each other from the beginning. */
  readonly friends: readonly (readonly [string, string])[]
}
export interface Script {
  readonly setting: Setting
  readonly steps: readonly Step[]
}

const USERS = 20
const STEPS = 45

/** A stream of numbers from 0 up to but not including 1 (mulberry32). */
export function lots(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function scriptOf(seed: number): Script {
  const draw = new Draw(lots(seed))
  const setting = settingOf(seed, draw)
  const steps: Step[] = setting.devices.filter(() => draw.chance(0.7)).map(({ jid }) => ({ what: 'connect', who: jid }))
  const most = steps.length + STEPS
  while (steps.length < most) steps.push(...someSteps(setting, draw))
  return { setting, steps: steps.map((step) => (draw.chance(0.2) ? { ...step, isHurried: true } : step)) }
}

class Draw {
  readonly #lot: () => number

  constructor(lot: () => number) {
    this.#lot = lot
  }
  below(n: number): number {
    return Math.floor(this.#lot() * n)
  }
  chance(p: number): boolean {
    return this.#lot() < p
  }
  of<T>(all: readonly T[]): T {
    return all[this.below(all.length)]!
  }
  /** Two that are not the same. */
  two<T>(all: readonly T[]): readonly [T, T] {
    const one = this.of(all)
    const others = all.filter((other) => other !== one)
    return [one, this.of(others)]
  }
}

function settingOf(seed: number, draw: Draw): Setting {
  const sites = ['a.example', 'b.example', 'c.example'].slice(0, draw.chance(0.5) ? 2 : 3)
  const users = Array.from({ length: USERS }, (_, i) => `u${i}@${sites[i % sites.length]!}`)
  const devices = users.flatMap((user) =>
    ['1', '2']
      .slice(0, draw.chance(0.4) ? 2 : 1)
      .map((resource) => ({ jid: `${user}/${resource}`, asks: draw.chance(0.6), isManaged: draw.chance(0.6) })),
  )
  const friends: (readonly [string, string])[] = []
  for (const [i, one] of users.entries())
    for (const other of users.slice(i + 1)) if (draw.chance(0.25)) friends.push([one, other])
  return { seed, sites, users, devices, friends }
}

type Kind = readonly [weight: number, make: (setting: Setting, draw: Draw) => readonly Step[]]

const ofDevice =
  (what: (Step & { who: string })['what']) =>
  ({ devices }: Setting, draw: Draw): readonly Step[] => [{ what, who: draw.of(devices).jid } as Step]

const ofUsers =
  (...what: readonly ('subscribe' | 'subscribed' | 'unsubscribe' | 'unsubscribed' | 'remove' | 'block' | 'unblock')[]) =>
  ({ users, friends }: Setting, draw: Draw): readonly Step[] => {
    const [user, other] = draw.chance(0.7) ? draw.of(friends) : draw.two(users)
    const [one, two] = draw.chance(0.5) ? [user, other] : [other, user]
    return what.map((what, i) => (i % 2 === 0 ? { what, user: one, other: two } : { what, user: two, other: one }))
  }

/** Somebody goes, or is refused, and thinks better of it. */
function secondThoughts({ users, friends }: Setting, draw: Draw): readonly Step[] {
  const [one, two] = draw.chance(0.8) ? draw.of(friends) : draw.two(users)
  const [user, other] = draw.chance(0.5) ? [one, two] : [two, one]
  const what = draw.of([
    ['unsubscribe', 'subscribe'],
    ['unsubscribed', 'subscribed'],
    ['remove', 'subscribe'],
  ] as const)
  return what.map((what) => ({ what, user, other }))
}

function directed({ devices, users }: Setting, draw: Draw): readonly Step[] {
  const who = draw.of(devices).jid
  const user = draw.of(users.filter((user) => !who.startsWith(`${user}/`)))
  const to = draw.chance(0.5) ? user : `${user}/1`
  return draw.chance(0.75) ? [{ what: 'direct', who, to }] : [{ what: 'undirect', who, to }]
}

/** A link breaks: at once, or after something was under way on it; and is there again, soon or late. */
function trouble(setting: Setting, draw: Draw): readonly Step[] {
  const [one, other] = draw.two(setting.sites)
  const steps: Step[] = []
  if (draw.chance(0.6)) {
    if (draw.chance(0.7)) steps.push({ what: 'hold', from: one, to: other })
    if (draw.chance(0.5)) steps.push({ what: 'hold', from: other, to: one })
    for (let i = draw.below(5); i > 0; i--) steps.push(...ordinary(setting, draw))
  }
  if (draw.chance(0.6)) {
    steps.push({ what: 'cut', one, other })
    for (let i = draw.below(5); i > 0; i--) steps.push(...ordinary(setting, draw))
  }
  if (draw.chance(0.8)) {
    if (draw.chance(0.7)) steps.push({ what: 'wait', span: draw.of(SPANS) })
    steps.push({ what: 'heal', one, other })
  }
  return steps
}
function outage(setting: Setting, draw: Draw): readonly Step[] {
  const site = draw.of(setting.sites)
  if (draw.chance(0.4)) return [{ what: 'restart', site }, ...comeBack(setting, draw, site)]
  const steps: Step[] = [{ what: 'kill', site }]
  for (let i = draw.below(4); i > 0; i--) steps.push(...ordinary(setting, draw))
  if (draw.chance(0.5)) steps.push({ what: 'wait', span: draw.of(SPANS) })
  if (draw.chance(0.85)) steps.push({ what: 'start', site }, ...comeBack(setting, draw, site))
  return steps
}
/** Some clients of a site that was away are back at once. */
const comeBack = ({ devices }: Setting, draw: Draw, site: string): readonly Step[] =>
  devices
    .filter(({ jid }) => jid.includes(`@${site}/`) && draw.chance(0.5))
    .map(({ jid }): Step => ({ what: 'connect', who: jid }))

const ORDINARY: readonly Kind[] = [
  [8, ofDevice('connect')],
  [5, ofDevice('drop')],
  [3, ofDevice('close')],
  [2, ofDevice('away')],
  [6, ofDevice('show')],
  [2, ofDevice('hide')],
  [1, ofDevice('look-away')],
  [1, ofDevice('look')],
  [4, directed],
  [1, ofUsers('subscribe')],
  [2, ofUsers('subscribe', 'subscribed')],
  [1, ofUsers('unsubscribe')],
  [1, ofUsers('unsubscribed')],
  [1, ofUsers('remove')],
  [1, secondThoughts],
  [2, ofUsers('block')],
  [2, ofUsers('unblock')],
  [4, (_, draw) => [{ what: 'wait', span: draw.of(SPANS) }]],
]
const ALL: readonly Kind[] = [...ORDINARY, [6, trouble], [2, outage]]

const ordinary = (setting: Setting, draw: Draw): readonly Step[] => oneOf(ORDINARY, setting, draw)
const someSteps = (setting: Setting, draw: Draw): readonly Step[] => oneOf(ALL, setting, draw)

function oneOf(kinds: readonly Kind[], setting: Setting, draw: Draw): readonly Step[] {
  let lot = draw.below(kinds.reduce((sum, [weight]) => sum + weight, 0))
  for (const [weight, make] of kinds) {
    if (lot < weight) return make(setting, draw)
    lot -= weight
  }
  throw new Error('no kind was drawn')
}
