/**
 * The presence of one Matrix user, pure: out of the user's Matrix devices and XMPP sessions one state, when it was last active,
 * and one status text. `settle` says what is to be published now, and when to ask again if nothing happens before.
 *
 * An input changes the state and says nothing; `settle` compares the state with what was published last. All that is due at one
 * moment is one update, and settling again at the same moment gives none.
 */
import type { Millis } from '../../base/clock.ts'

export type Availability = 'offline' | 'unavailable' | 'online' | 'busy'

export interface PresenceRules {
  /** Online becomes unavailable this long after the last activity. */
  readonly idleMs: Millis
  /** How long after an activity the user counts as currently active. */
  readonly granularityMs: Millis
  /** How long a device that says it is unavailable is online after an activity. */
  readonly overlayMs: Millis
  /** A device without a request under way is offline this long after its last request or activity. */
  readonly offlineMs: Millis
  /** The same for a device that is busy. */
  readonly busyOfflineMs: Millis
  /** A session without a connection is unavailable after this time. */
  readonly pauseMs: Millis
  /** A resource behind a lost link is offline after this time. */
  readonly lostMs: Millis
  /** Whether there is the state `busy`. Without it, busy is unavailable. */
  readonly hasBusy: boolean
  /** Which requests for updates are activity if they change nothing: those that say `online` themselves, all, or none. */
  readonly syncIsActivity: 'explicit' | 'always' | 'never'
}

/** A Matrix device. */
export interface Device {
  /** What its client says. */
  declared: Availability
  /** Since when it says so. */
  declaredAt: Millis
  /** Null if never. */
  lastActivity: Millis | null
  /** Its requests for updates that are under way. */
  requests: number
  /** The end of its last request, or its last activity, if that was later. */
  aliveAt: Millis
  /** It was logged out: it is forgotten when that is told. */
  isRemoved: boolean
  /** What XMPP contacts were told. */
  told: { state: Availability; text: string }
}

/** Why nothing is known of a resource at present. */
export interface Away {
  readonly why: 'paused' | 'link lost'
  readonly since: Millis
}

/** A resource of an XMPP client. */
export interface Client {
  state: Availability
  text: string
  priority: number
  /** Null if never. */
  lastActivity: Millis | null
  /** Its client says that its user is idle (XEP-0319). */
  isIdle: boolean
  away: Away | null
  /** Puts the presences in order: the newest is the highest. */
  turn: number
}

/** What a client says in its presence. */
export interface Said {
  readonly state: Exclude<Availability, 'offline'>
  readonly text: string
  readonly priority: number
  /** XEP-0319; null if its user is not idle. */
  readonly idleSince: Millis | null
}

/** What other users are told. */
export interface Published {
  readonly presence: Availability
  /** '' for none. */
  readonly text: string
  readonly isCurrentlyActive: boolean
  /** Null if never. */
  readonly lastActive: Millis | null
}

/** What XMPP contacts are to be told of a device. */
export interface DeviceNews {
  readonly id: string
  /** If it is offline for good, the user does not have it any more. */
  readonly device: Device
  readonly state: Availability
  readonly text: string
  readonly lastActivity: Millis | null
}

export interface Settled {
  /** The new row; null if nothing is to be told. */
  readonly published: Published | null
  readonly devices: readonly DeviceNews[]
  /** When to settle again; null if only an input can change anything. */
  readonly wakeAt: Millis | null
}

export const NOTHING_PUBLISHED: Published = { presence: 'offline', text: '', isCurrentlyActive: false, lastActive: null }

export interface UserPresence {
  readonly devices: Map<string, Device>
  /** By resource. */
  readonly clients: Map<string, Client>
  /** The text that the user has set for all endpoints; '' for none. */
  userText: string
  /** The text with which the last endpoint left. */
  lastText: string
  /** Null if never. It never becomes earlier. */
  lastActive: Millis | null
  /** What was published before the server started, until its devices are back. */
  restored: { readonly state: Availability; readonly until: Millis } | null
  published: Published
  turns: number
}

export const newUser = (): UserPresence => ({
  devices: new Map(),
  clients: new Map(),
  userText: '',
  lastText: '',
  lastActive: null,
  restored: null,
  published: NOTHING_PUBLISHED,
  turns: 0,
})

// Inputs of Matrix devices

/** A request for updates begins that wants the device to be seen. `declareBySync` says how. */
export function requestBegins(rules: PresenceRules, user: UserPresence, id: string, now: Millis): Device {
  const device = deviceOf(rules, user, id, now)
  device.requests += 1
  device.aliveAt = now
  return device
}
export function requestEnds(user: UserPresence, id: string, now: Millis): void {
  const device = user.devices.get(id)
  if (device === undefined || device.requests === 0) return
  device.requests -= 1
  device.aliveAt = now
}
/** Would this change what the device says of itself? */
export function isNews(rules: PresenceRules, user: UserPresence, id: string, wanted: Availability, now: Millis): boolean {
  const device = user.devices.get(id)
  if (device === undefined || isOver(rules, device, now)) return true
  return device.declared !== wanted && !isHeldBusy(rules, device)
}
/** @param isExplicit the request itself says how the device is to be seen */
export function declareBySync(
  rules: PresenceRules,
  user: UserPresence,
  id: string,
  wanted: 'online' | 'unavailable',
  isExplicit: boolean,
  now: Millis,
): void {
  const device = deviceOf(rules, user, id, now)
  if (isHeldBusy(rules, device)) return
  const { syncIsActivity } = rules
  if (device.declared !== wanted) {
    declare(device, wanted, now)
    if (wanted === 'online') deviceActs(user, device, now)
  } else if (wanted === 'online' && (syncIsActivity === 'always' || (syncIsActivity === 'explicit' && isExplicit)))
    deviceActs(user, device, now)
}
/** The user sets the state of the device and the text of all. @param text '' to clear it */
export function put(rules: PresenceRules, user: UserPresence, id: string, wanted: Availability, text: string, now: Millis): void {
  const device = deviceOf(rules, user, id, now)
  declare(device, wanted, now)
  deviceActs(user, device, now)
  user.userText = text
}
/** The user has done something with the device. Of a device that is offline nothing is told. */
export function deviceActivity(rules: PresenceRules, user: UserPresence, id: string, now: Millis): void {
  const device = user.devices.get(id)
  if (device !== undefined && stateOfDevice(rules, device, now) !== 'offline') deviceActs(user, device, now)
}
export function removeDevice(user: UserPresence, id: string): void {
  const device = user.devices.get(id)
  if (device !== undefined) device.isRemoved = true
}

// Inputs of XMPP clients

/** A resource has broadcast its presence. */
export function clientSays(user: UserPresence, resource: string, said: Said, now: Millis): void {
  const { state, text, priority, idleSince } = said
  const before = user.clients.get(resource)
  const isIdle = idleSince !== null
  const comes = state === 'online' && !(before?.state === 'online' && !before.isIdle)
  const active = idleSince ?? (comes ? now : null)
  const lastActivity = later(before?.lastActivity ?? null, active)
  const turn = (user.turns += 1)
  user.clients.set(resource, { state, text, priority, isIdle, lastActivity, away: before?.away ?? null, turn })
  user.lastActive = later(user.lastActive, active)
  user.lastText = ''
}
/** A resource is no longer available. @param text its last status */
export function clientGoes(rules: PresenceRules, user: UserPresence, resource: string, text: string, now: Millis): void {
  if (!user.clients.delete(resource)) return
  if (stateOf(rules, user, now) === 'offline') user.lastText = text
}
export function clientActs(user: UserPresence, resource: string, now: Millis): void {
  const client = user.clients.get(resource)
  if (client === undefined) return
  client.lastActivity = now
  user.lastActive = later(user.lastActive, now)
}
export function clientAway(user: UserPresence, resource: string, away: Away | null): void {
  const client = user.clients.get(resource)
  if (client !== undefined) client.away = away
}

// What follows

/** The whole state at a moment. */
export function viewOf(rules: PresenceRules, user: UserPresence, now: Millis): Published {
  const presence = stateOf(rules, user, now)
  const { lastActive } = user
  const isCurrentlyActive = presence === 'online' && lastActive !== null && now - lastActive <= rules.granularityMs
  return { presence, text: textOf(rules, user, now, presence), isCurrentlyActive, lastActive }
}

export function settle(rules: PresenceRules, user: UserPresence, now: Millis): Settled {
  const next = viewOf(rules, user, now)
  const published = isWorthTelling(rules, user.published, next) ? next : null
  if (published !== null) user.published = published
  const devices = [...tellDevices(rules, user, now)]
  if (user.restored !== null && now > user.restored.until) user.restored = null
  return { published, devices, wakeAt: wakeAt(rules, user, next, now) }
}

/** The state of a device at a moment. */
export function stateOfDevice(rules: PresenceRules, device: Device, now: Millis): Availability {
  const { declared, declaredAt, lastActivity } = device
  if (device.isRemoved || isOver(rules, device, now)) return 'offline'
  if (declared === 'busy') return rules.hasBusy ? 'busy' : 'unavailable'
  if (declared === 'online') return isIdle(rules, lastActivity, now) ? 'unavailable' : 'online'
  const isOverlaid = lastActivity !== null && lastActivity > declaredAt && now - lastActivity <= rules.overlayMs
  return declared === 'unavailable' && isOverlaid ? 'online' : declared
}

function stateOfClient(rules: PresenceRules, { state, away, lastActivity }: Client, now: Millis): Availability {
  if (away?.why === 'link lost' && now - away.since > rules.lostMs) return 'offline'
  if (away?.why === 'paused' && now - away.since > rules.pauseMs) return 'unavailable'
  if (state === 'busy') return rules.hasBusy ? 'busy' : 'unavailable'
  return state === 'online' && isIdle(rules, lastActivity, now) ? 'unavailable' : state
}

const RANK: Readonly<Record<Availability, number>> = { offline: 1, unavailable: 2, online: 3, busy: 4 }
const higher = (a: Availability, b: Availability): Availability => (RANK[b] > RANK[a] ? b : a)

function stateOf(rules: PresenceRules, user: UserPresence, now: Millis): Availability {
  const { restored } = user
  let state: Availability = restored !== null && now <= restored.until ? restored.state : 'offline'
  for (const device of user.devices.values()) state = higher(state, stateOfDevice(rules, device, now))
  for (const client of user.clients.values()) state = higher(state, stateOfClient(rules, client, now))
  return state
}

/** The text of the user; otherwise that of the client with the highest state, priority and turn; of nobody: the last one. */
function textOf(rules: PresenceRules, user: UserPresence, now: Millis, presence: Availability): string {
  if (user.userText !== '') return user.userText
  if (presence === 'offline') return user.lastText
  let best: Client | null = null
  let rank = 0
  for (const client of user.clients.values()) {
    const its = RANK[stateOfClient(rules, client, now)]
    const order = best === null ? 1 : its - rank || client.priority - best.priority || client.turn - best.turn
    if (order > 0) [best, rank] = [client, its]
  }
  return best === null ? '' : best.text
}

function isWorthTelling({ granularityMs }: PresenceRules, before: Published, next: Published): boolean {
  if (next.text !== before.text || next.presence !== before.presence) return true
  if (next.isCurrentlyActive !== before.isCurrentlyActive) return true
  if (next.isCurrentlyActive || next.lastActive === null) return false
  return before.lastActive === null || next.lastActive - before.lastActive > granularityMs
}

function* tellDevices(rules: PresenceRules, user: UserPresence, now: Millis): Generator<DeviceNews> {
  const text = user.userText
  for (const [id, device] of user.devices) {
    const state = stateOfDevice(rules, device, now)
    const { told, lastActivity } = device
    if (state !== told.state || (state !== 'offline' && text !== told.text)) {
      device.told = { state, text }
      yield { id, device, state, text, lastActivity }
    }
    if (device.isRemoved || (isOver(rules, device, now) && device.requests === 0)) user.devices.delete(id)
  }
}

/** The next moment at which time alone may change something: one millisecond after the last moment of what holds now. */
function wakeAt(rules: PresenceRules, user: UserPresence, view: Published, now: Millis): Millis | null {
  let first = Infinity
  const lasts = (until: Millis): void => {
    if (until >= now) first = Math.min(first, until)
  }
  if (view.isCurrentlyActive) lasts(view.lastActive! + rules.granularityMs)
  if (user.restored !== null) lasts(user.restored.until)
  for (const device of user.devices.values()) {
    const { declared, declaredAt, lastActivity, requests, aliveAt } = device
    if (requests === 0) lasts(aliveAt + silenceOf(rules, device))
    if (lastActivity === null) continue
    if (declared === 'online') lasts(lastActivity + rules.idleMs)
    if (declared === 'unavailable' && lastActivity > declaredAt) lasts(lastActivity + rules.overlayMs)
  }
  for (const { state, away, lastActivity } of user.clients.values()) {
    if (away !== null) lasts(away.since + (away.why === 'paused' ? rules.pauseMs : rules.lostMs))
    if (state === 'online' && lastActivity !== null) lasts(lastActivity + rules.idleMs)
  }
  return first === Infinity ? null : first + 1
}

/** A device that was offline has a new life: nothing of its old one counts. */
function deviceOf(rules: PresenceRules, user: UserPresence, id: string, now: Millis): Device {
  const known = user.devices.get(id)
  if (known !== undefined && !known.isRemoved && !isOver(rules, known, now)) return known
  const anew = { declared: 'offline', declaredAt: now, lastActivity: null, requests: 0, aliveAt: now, isRemoved: false } as const
  const device: Device = Object.assign(known ?? { told: { state: 'offline', text: '' } as const }, anew)
  user.devices.set(id, device)
  user.lastText = ''
  return device
}

function declare(device: Device, wanted: Availability, now: Millis): void {
  device.declared = wanted
  device.declaredAt = now
}
function deviceActs(user: UserPresence, device: Device, now: Millis): void {
  device.lastActivity = now
  device.aliveAt = now
  user.lastActive = later(user.lastActive, now)
}

const silenceOf = (rules: PresenceRules, { declared }: Device): Millis =>
  declared === 'busy' && rules.hasBusy ? rules.busyOfflineMs : rules.offlineMs
const isOver = (rules: PresenceRules, device: Device, now: Millis): boolean =>
  device.requests === 0 && now - device.aliveAt > silenceOf(rules, device)
/** Only the user ends being busy, not a request for updates. */
const isHeldBusy = (rules: PresenceRules, { declared }: Device): boolean => rules.hasBusy && declared === 'busy'
const isIdle = ({ idleMs }: PresenceRules, lastActivity: Millis | null, now: Millis): boolean =>
  lastActivity !== null && now - lastActivity > idleMs

function later(a: Millis | null, b: Millis | null): Millis | null {
  if (a === null || b === null) return a ?? b
  return Math.max(a, b)
}
