#!/usr/bin/env node
// XMPP presence-server load rig. See README.md. One invocation runs a list of scenarios in
// order against one server and prints one JSON object a line on stdout (notes on stderr).
import { fork } from 'node:child_process'
import { appendFileSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Hist } from './lib/hist.mjs'
import * as proc from './lib/proc.mjs'

// ---- options ---------------------------------------------------------------------------
const A = {
  host: '127.0.0.1',
  port: 5222,
  domain: 'example.test',
  muc: '',
  pid: '',
  pidfile: '',
  name: '',
  n: 1000,
  r: 20,
  hubs: 0,
  prefix: '',
  password: 'secret',
  tls: 'none',
  mech: 'PLAIN',
  workers: 1,
  caps: 1,
  reps: 3,
  extra: 2,
  noise: 0.25, // up to `extra` more runs when other programs took more than `noise` cores; the quietest `reps` count
  c: 50,
  settle: 15,
  out: '',
  timeout: 180,
  deliveries: 40000,
  paced: 40000,
  rate: 4000,
  window: 50,
  pad: 20, // fan-out: deliveries a run as fast as possible, and when paced; deliveries/s when paced; changes under way when not
  nowait: 0, // do not expect contacts' presence after login (the floor programs send none)
  msgs: 20000,
  msgrate: 2000,
  msgwindow: 200,
  tobare: 0,
  occupants: 200,
  mucc: 10,
  mucrate: 8000, // groupchat: deliveries a second
  loudfield: '', // the field by which an owner has a large room show everybody, where the server does not do so by itself
  quietabove: 0, // ...and how many it shows before it does not
  rooms: 200,
  hubchanges: 10,
}
const scenarios = []
for (const a of process.argv.slice(2)) {
  const m = /^--([\w-]+)(?:=(.*))?$/s.exec(a)
  if (!m) {
    scenarios.push(...a.split(','))
    continue
  }
  const k = m[1].replace(/-/g, '')
  if (!(k in A)) {
    console.error(`unknown option --${m[1]}; options: ${Object.keys(A).join(' ')}`)
    process.exit(2)
  }
  A[k] = typeof A[k] === 'number' ? Number(m[2] ?? 1) : (m[2] ?? '')
}
A.muc ||= `conference.${A.domain}`
A.prefix ||= `n${A.n}r${A.r}u`
A.name ||= `${A.host}:${A.port}`
const roots = A.pid ? A.pid.split(',').map(Number) : A.pidfile ? [Number(readFileSync(A.pidfile, 'utf8').trim())] : []
const note = (...x) => console.error(new Date().toISOString().slice(11, 19), ...x)

// ---- workers ---------------------------------------------------------------------------
let nextId = 1
const waiting = new Map()
const workers = Array.from({ length: A.workers }, () => {
  const w = fork(new URL('./worker.mjs', import.meta.url), {
    execArgv: ['--max-old-space-size=4096', '--max-semi-space-size=64'],
  })
  w.on('message', (m) => {
    const f = waiting.get(m.id)
    waiting.delete(m.id)
    if (!f) return
    m.err ? f.no(new Error(m.err)) : f.ok(m)
  })
  w.on('exit', (c) => {
    if (c) {
      console.error('worker died', c)
      process.exit(1)
    }
  })
  return w
})
const one = (w, cmd, q = {}) =>
  new Promise((ok, no) => {
    const id = nextId++
    waiting.set(id, { ok, no })
    w.send({ id, cmd, ...q })
  })
const all = (cmd, q) => Promise.all(workers.map((w) => one(w, cmd, q)))
const share = (x) => Math.max(1, Math.ceil(x / A.workers)) // concurrency and windows are split over workers
async function stat() {
  const t = {}
  let lastFail = ''
  for (const r of await all('stat')) {
    for (const [k, v] of Object.entries(r.c)) t[k] = k === 'lastUs' || k === 'maxLagUs' ? Math.max(t[k] ?? 0, v) : (t[k] ?? 0) + v
    lastFail ||= r.lastFail
  }
  t.lastFail = lastFail
  return t
}
async function hists() {
  const out = { lat: new Hist(), loginLat: new Hist() }
  for (const r of await all('hists')) {
    out.lat.merge(r.lat)
    out.loginLat.merge(r.loginLat)
  }
  return out
}
/** poll counters until ok(counters) or nothing moves for `stall` s */
async function until(ok, stall = 15) {
  let prev = -1,
    since = Date.now()
  for (;;) {
    const s = await stat()
    if (ok(s)) return s
    if (s.stanzas !== prev) {
      prev = s.stanzas
      since = Date.now()
    }
    if (Date.now() - since > stall * 1000) return { ...s, stalled: true }
    await sleep(40)
  }
}
/** wait until no stanza has arrived and the server has been idle for `quiet` ms */
async function quiesce(quiet = 600, max = 120) {
  let prev = -1,
    cpu = proc.cpu(roots).total,
    since = Date.now()
  const end = Date.now() + max * 1000
  while (Date.now() < end) {
    await sleep(100)
    const s = await stat(),
      c = proc.cpu(roots).total
    if (s.stanzas !== prev || c - cpu > 10) {
      prev = s.stanzas
      since = Date.now()
    }
    cpu = c
    if (Date.now() - since >= quiet) return
  }
}

// ---- measuring -------------------------------------------------------------------------
const median = (a) => {
  const s = a.filter((x) => x !== null && Number.isFinite(x)).sort((x, y) => x - y)
  const m = s.length >> 1
  return s.length ? (s.length % 2 ? s[m] : (s[m - 1] + s[m]) / 2) : null
}
const rnd = (x, d = 2) => (x === null || !Number.isFinite(x) ? null : Number(x.toFixed(d)))
async function begin() {
  await all('reset')
  return {
    cal: proc.calibrate(),
    cpu: proc.cpu(roots),
    m: proc.machine(),
    lg: (await stat()).cpuMs,
    t: performance.now(),
    us: Number(process.hrtime.bigint() / 1000n),
  }
}
function end(b, s) {
  const cpu = proc.cpu(roots),
    m = proc.machine(),
    wall = performance.now() - b.t
  const server = cpu.total - b.cpu.total,
    lg = s.cpuMs - b.lg,
    busy = m.busy - b.m.busy
  return {
    wallMs: rnd(wall, 0),
    doneMs: s.lastUs ? rnd((s.lastUs - b.us) / 1000, 0) : null,
    serverMs: server,
    userMs: cpu.user - b.cpu.user,
    sysMs: cpu.sys - b.cpu.sys,
    loadgenMs: rnd(lg, 0),
    othersMs: rnd(Math.max(0, busy - server - lg), 0),
    stealMs: m.steal - b.m.steal,
    calMs: rnd(b.cal, 1),
  }
}
/** run f A.reps times, and again for runs that other programs disturbed; keep the quietest */
async function repeat(f) {
  const runs = []
  let calm = 0
  for (let k = 0; k < A.reps + A.extra && calm < A.reps; k++) {
    const r = await f(k)
    runs.push(r)
    if (!(r.othersMs > A.noise * r.wallMs)) calm++
  }
  const noise = (r) => r.othersMs / r.wallMs
  return [...runs].sort((a, b) => noise(a) - noise(b)).slice(0, A.reps)
}
function emit(scenario, params, runs, extra = {}) {
  const keys = new Set(runs.flatMap((r) => Object.keys(r).filter((k) => typeof r[k] === 'number')))
  const med = {},
    min = {},
    max = {}
  for (const k of keys) {
    const v = runs.map((r) => r[k]).filter((x) => typeof x === 'number')
    med[k] = rnd(median(v), 3)
    min[k] = rnd(Math.min(...v), 3)
    max[k] = rnd(Math.max(...v), 3)
  }
  const line = JSON.stringify({
    server: A.name,
    scenario,
    at: new Date().toISOString(),
    tls: A.tls,
    mech: A.mech,
    workers: A.workers,
    ...params,
    ...extra,
    med,
    min,
    max,
    runs,
  })
  console.log(line)
  if (A.out) appendFileSync(A.out, line + '\n')
}
const base = () => ({ n: A.n, r: A.r })

// ---- steps -----------------------------------------------------------------------------
let online = false,
  hubsOnline = false
async function login(presence = true) {
  await all('login', { c: share(A.c), presence })
  online = true
  if (presence && A.r && !A.nowait) {
    const s = await until((x) => x.known >= A.n * A.r)
    if (s.stalled)
      note(`STALLED after login: known ${s.known} of ${A.n * A.r}, logins ${s.logins}, fails ${s.fails} ${s.lastFail}`)
    return s
  }
  return stat()
}
async function logout() {
  await all('logout', { c: share(A.c) })
  online = false
  await quiesce()
}
async function ensureOnline() {
  if (!online) {
    await login()
    await quiesce()
  }
}
async function ensureOffline() {
  if (online) await logout()
}

const S = {
  /** accounts by XEP-0077, then every contact pair by RFC 6121 handshakes; also a measurement */
  async provision() {
    await S.register()
    if (A.r) await S.subscribe()
  },
  async register() {
    const b = await begin()
    await all('register', { c: share(A.c) })
    const s = await stat()
    const e = end(b, s)
    if (s.fails) note('register fails', s.fails, s.lastFail)
    emit('register', base(), [{ ...e, fails: s.fails, cpuMsPerAccount: rnd(e.serverMs / A.n, 3) }])
  },
  async subscribe() {
    await all('login', { c: share(A.c), presence: true })
    online = true
    await quiesce()
    const b = await begin()
    const r = await all('subscribe', { window: share(100) })
    const edges = r.reduce((t, x) => t + x.edges, 0)
    const s = await until((x) => x.subscribed >= 2 * edges, 60)
    await quiesce()
    const e = end(b, await stat())
    if (s.subscribed !== 2 * edges) note(`subscribe: ${s.subscribed} of ${2 * edges}`)
    emit('subscribe', base(), [
      { ...e, edges, subscribed: s.subscribed, stanzas: s.stanzas, cpuMsPerMutual: rnd(e.serverMs / edges, 3) },
    ])
    await logout()
  },

  /** 1 and, with r > 0, the presence storm of a cold start */
  async login() {
    const runs = await repeat(async () => {
      await ensureOffline()
      const b = await begin()
      let s = await login()
      const logins = s.logins
      await quiesce(300)
      s = await stat()
      const e = end(b, s),
        h = await hists()
      const L = h.loginLat.summary()
      await quiesce()
      return {
        ...e,
        logins,
        fails: s.fails,
        presences: s.avail,
        stanzas: s.stanzas,
        cpuMsPerLogin: rnd(e.serverMs / logins, 4),
        loginP50Ms: L.p50 / 1000,
        loginP99Ms: L.p99 / 1000,
        known: s.known,
        expectKnown: A.n * A.r,
      }
    })
    emit('login', base(), runs)
  },

  /** 2: memory of N available sessions over the same process without them */
  async idle() {
    await ensureOffline()
    await sleep(A.settle * 1000)
    const m0 = proc.mem(roots)
    await login()
    await sleep(A.settle * 1000)
    const m1 = proc.mem(roots)
    const c0 = proc.cpu(roots).total
    await sleep(Math.max(5, A.settle) * 1000)
    const c1 = proc.cpu(roots).total
    const m2 = proc.mem(roots)
    emit('idle', { ...base(), settle: A.settle }, [
      {
        pssBeforeKb: m0.pss,
        pssKb: m1.pss,
        pssLaterKb: m2.pss,
        rssKb: m2.rss,
        procs: m2.procs,
        kbPerSession: rnd((m2.pss - m0.pss) / A.n),
        kbPerSessionTotal: rnd(m2.pss / A.n),
        idleCpuMsPerSec: rnd((c1 - c0) / Math.max(5, A.settle)),
      },
    ])
  },

  /** 3: presence changes at a fixed delivery rate (fan) and as fast as the window allows (fanmax) */
  async fan() {
    await fanout('fan', { rate: A.rate / A.r / A.workers })
  },
  async fanmax() {
    await fanout('fanmax', { window: share(A.window) })
  },
  /** 4 */
  async msg() {
    await chat('msg', { rate: A.msgrate / A.workers })
  },
  async msgmax() {
    await chat('msgmax', { window: share(A.msgwindow) })
  },

  /** 5: a room filled and emptied by the first --occupants sessions, --mucc at a time */
  async muc() {
    await ensureOnline()
    const N = A.occupants
    const runs = await repeat(async (k) => {
      const room = `flood${Date.now() % 1e7}${k}@${A.muc}`,
        q = { count: N, room, timeout: 60000 }
      let b = await begin()
      const wall0 = performance.now()
      await one(workers[0], 'muc', { ...q, count: 1, c: 1 }) // the owner, who unlocks the room
      await one(workers[0], 'mucUnlock', { room })
      await sleep(100)
      await all('muc', { ...q, from: 1, c: share(A.mucc) })
      let s = await until((x) => x.mucAvail >= N * N, 10)
      const j = end(b, s),
        joined = s.mucAvail,
        joinWall = s.lastUs ? j.doneMs : performance.now() - wall0
      await quiesce(300)
      b = await begin()
      await all('muc', { ...q, leave: true, c: share(A.mucc) })
      const want = (N * (N + 1)) / 2
      // A server may spare those who are leaving themselves
      s = await until((x) => x.mucUnavail >= want, 2)
      const l = end(b, s)
      await quiesce(300)
      return {
        joinMs: j.doneMs,
        joinServerMs: j.serverMs,
        joinUserMs: j.userMs,
        joinSysMs: j.sysMs,
        joinPresences: joined,
        joinExpect: N * N,
        joinCpuUs: rnd((j.serverMs * 1000) / joined),
        leaveMs: l.doneMs,
        leaveServerMs: l.serverMs,
        leavePresences: s.mucUnavail,
        leaveExpect: want,
        leaveCpuUs: rnd((l.serverMs * 1000) / s.mucUnavail),
        cpuUsPerPresence: rnd(((j.serverMs + l.serverMs) * 1000) / (joined + s.mucUnavail)),
        fails: s.fails,
        calMs: j.calMs,
        othersMs: j.othersMs + l.othersMs,
        wallMs: j.wallMs + l.wallMs,
        loadgenMs: j.loadgenMs + l.loadgenMs,
      }
    })
    emit('muc', { ...base(), occupants: N }, runs)
  },

  /** groupchat among --occupants, from ten of them, --mucrate deliveries a second */
  async mucmsg() {
    await ensureOnline()
    const N = A.occupants
    const room = await filledRoom(N)
    const total = Math.max(10, Math.round(A.deliveries / N))
    const runs = await repeat(async () => {
      await quiesce(300)
      const b = await begin()
      const pad = 'x'.repeat(A.pad * 4)
      await one(workers[0], 'mucChat', { room, occupants: N, speakers: 10, total, rate: A.mucrate / N, pad })
      const s = await until((x) => x.recv >= total * N)
      const e = end(b, s),
        L = (await hists()).lat.summary()
      return {
        ...e,
        delivered: s.recv,
        lost: total * N - s.recv,
        cpuUsPerDelivery: rnd((e.serverMs * 1000) / s.recv),
        p50us: L.p50,
        p99us: L.p99,
        fails: s.fails,
      }
    })
    await emptyRoom(room, N)
    emit('mucmsg', { ...base(), occupants: N }, runs)
  },

  /** one joins a room of --occupants and leaves it, 20 times */
  async mucjoin() {
    const N = A.occupants
    // all are shown to the newcomer, who is shown to all
    await joins('mucjoin', A.loudfield, { entering: 2 * N + 1, leaving: N + 1 })
  },
  /** the same in a room that shows only its owner (a moderator) and those who speak */
  async mucjoinquiet() {
    await joins('mucjoinquiet', '', { entering: 3, leaving: 2 })
  },

  /** --occupants join one room within ten seconds; at the end everybody has to see everybody */
  async mucstorm() {
    await storm('mucstorm', A.loudfield, A.occupants ** 2)
  },
  /** the same, where those who come late see only the owner and themselves, and only the owner sees them */
  async mucstormquiet() {
    const early = Math.min(A.occupants, A.quietabove + 1)
    await storm('mucstormquiet', '', early ** 2 + 3 * (A.occupants - early))
  },

  /** memory of an occupant: 50 in each of --rooms rooms */
  async mucidle() {
    await ensureOnline()
    await sleep(A.settle * 1000)
    const m0 = proc.mem(roots)
    const room = `hall${Date.now() % 1e7}x`,
      rooms = A.rooms
    await one(workers[0], 'mucOwn', { room, rooms })
    await all('mucSpread', { room, rooms, stride: 1, each: Math.round((50 * rooms) / A.n), c: share(A.mucc) })
    await quiesce()
    await sleep(A.settle * 1000)
    const m1 = proc.mem(roots)
    emit('mucidle', { ...base(), rooms }, [
      { pssBeforeKb: m0.pss, pssKb: m1.pss, kbPerOccupant: rnd((m1.pss - m0.pss) / (50 * rooms)) },
    ])
  },

  /** 6: everybody is cut off by RST and logs in again at once */
  async reconnect() {
    const runs = await repeat(async () => {
      await ensureOnline()
      const b = await begin()
      await all('rst')
      const s = await login()
      const e = end(b, s),
        h = await hists(),
        L = h.loginLat.summary()
      // late stanzas must not undo what is known
      await quiesce(1500)
      const t = await stat(),
        e2 = end(b, t)
      return {
        ...e,
        serverMsQuiet: e2.serverMs,
        known: t.known,
        expectKnown: A.n * A.r,
        lost: A.n * A.r - t.known,
        logins: t.logins,
        fails: t.fails,
        avail: t.avail,
        unavail: t.unavail,
        cpuMsPerSession: rnd(e2.serverMs / A.n, 3),
        cpuUsPerPresence: rnd((e2.serverMs * 1000) / (t.avail + t.unavail)),
        loginP50Ms: L.p50 / 1000,
        loginP99Ms: L.p99 / 1000,
      }
    })
    emit('reconnect', base(), runs)
  },

  /** 7: users with N contacts: register and subscribe the hubs (hubprovision), then log them in one at a time */
  async hubprovision() {
    await all('register', { c: share(A.c), hubs: true })
    await ensureOnline()
    await all('login', { c: 4, presence: true, hubs: true })
    const r = await one(workers[0], 'hubSubscribe', { window: 100 })
    const s = await until((x) => x.subscribed >= 2 * r.edges, 60)
    note(`hub subscriptions: ${s.subscribed} of ${2 * r.edges}`)
    await quiesce()
    await all('logout', { c: 4, hubs: true })
    await logout()
  },
  async hub() {
    await hubs('hub', true)
  },
  async huboffline() {
    await hubs('huboffline', false)
  },
  async logout() {
    await ensureOffline()
  },
}

/** @param shown presences that each entry and each exit brings about */
async function joins(name, loud, shown) {
  await ensureOnline()
  const N = A.occupants
  const room = await filledRoom(N, loud)
  const runs = await repeat(async () => {
    await quiesce(300)
    const b = await begin()
    const took = []
    for (let k = 0; k < 20; k++) {
      const at = performance.now()
      await one(workers[0], 'muc', { room, from: N, count: N + 1, c: 1, timeout: 60000 })
      took.push(performance.now() - at)
      await until((x) => x.mucAvail >= shown.entering * (k + 1), 10)
      await one(workers[0], 'muc', { room, from: N, count: N + 1, c: 1, timeout: 60000, leave: true })
      await until((x) => x.mucUnavail >= shown.leaving * (k + 1), 10)
    }
    const s = await stat(),
      e = end(b, s)
    return {
      ...e,
      lost: 20 * (shown.entering + shown.leaving) - s.mucAvail - s.mucUnavail,
      joinMs: rnd(median(took)),
      cpuMsPerJoin: rnd(e.serverMs / 20),
      fails: s.fails,
    }
  })
  await emptyRoom(room, N)
  emit(name, { ...base(), occupants: N }, runs)
}
/** @param pairs of sessions of which one has to know of the other at the end */
async function storm(name, loud, pairs) {
  await ensureOnline()
  const N = A.occupants
  const runs = await repeat(async () => {
    const room = await filledRoom(1, loud)
    await all('mucWatch')
    await one(workers[0], 'muc', { room, count: 1, c: 1, timeout: 60000 })
    await quiesce(300)
    const b = await begin()
    await one(workers[0], 'muc', { room, from: 1, count: N, rate: (N - 1) / 10, timeout: 120000 })
    const s = await until((x) => x.mucKnown >= pairs, 30)
    const e = end(b, s)
    await emptyRoom(room, N)
    return {
      ...e,
      lost: pairs - s.mucKnown,
      presences: s.mucAvail,
      cpuMsPerJoin: rnd(e.serverMs / N),
      cpuUsPerPresence: rnd((e.serverMs * 1000) / s.mucAvail),
      fails: s.fails,
    }
  })
  emit(name, { ...base(), occupants: N }, runs)
}

/** a new room with the first N sessions in it */
async function filledRoom(N, loud = '') {
  const room = `flood${Date.now() % 1e7}@${A.muc}`,
    q = { room, count: N, c: share(A.mucc), timeout: 60000 }
  await one(workers[0], 'muc', { ...q, count: 1 }) // the owner, who unlocks the room
  await one(workers[0], 'mucUnlock', { room, loud })
  await sleep(100)
  if (N > 1) await one(workers[0], 'muc', { ...q, from: 1 })
  await quiesce()
  return room
}
async function emptyRoom(room, N) {
  await one(workers[0], 'muc', { room, count: N, c: share(A.mucc), timeout: 60000, leave: true })
  await quiesce()
}
async function fanout(name, how) {
  await ensureOnline()
  const total = Math.round((how.rate ? A.paced : A.deliveries) / A.r / A.workers) * A.workers
  const runs = await repeat(async () => {
    await quiesce(300)
    const b = await begin()
    await all('fan', { ...how, total: total / A.workers, pad: 'x'.repeat(A.pad) })
    const s = await until((x) => x.recv >= total * A.r)
    const e = end(b, s),
      L = (await hists()).lat.summary()
    return {
      ...e,
      changes: s.sent,
      delivered: s.recv,
      expected: total * A.r,
      lost: total * A.r - s.recv,
      disorder: s.disorder,
      selfEchoes: s.self,
      cpuUsPerDelivery: rnd((e.serverMs * 1000) / s.recv),
      userUs: rnd((e.userMs * 1000) / s.recv),
      sysUs: rnd((e.sysMs * 1000) / s.recv),
      deliveriesPerSec: rnd((s.recv / e.doneMs) * 1000, 0),
      p50us: L.p50,
      p90us: L.p90,
      p99us: L.p99,
      maxus: L.max,
      lagMaxUs: s.maxLagUs,
      fails: s.fails,
    }
  })
  emit(name, { ...base(), ...(how.rate ? { deliveryRate: A.rate } : { window: A.window }) }, runs)
}
async function chat(name, how) {
  await ensureOnline()
  const total = Math.round(A.msgs / A.workers) * A.workers
  const runs = await repeat(async () => {
    await quiesce(300)
    const b = await begin()
    await all('chat', { ...how, total: total / A.workers, pad: 'x'.repeat(A.pad * 4), toBare: A.tobare })
    const s = await until((x) => x.recv >= total)
    const e = end(b, s),
      L = (await hists()).lat.summary()
    return {
      ...e,
      sent: s.sent,
      delivered: s.recv,
      lost: total - s.recv,
      cpuUsPerMessage: rnd((e.serverMs * 1000) / s.recv),
      userUs: rnd((e.userMs * 1000) / s.recv),
      sysUs: rnd((e.sysMs * 1000) / s.recv),
      perSec: rnd((s.recv / e.doneMs) * 1000, 0),
      p50us: L.p50,
      p99us: L.p99,
      maxus: L.max,
      fails: s.fails,
    }
  })
  emit(name, { ...base(), ...(how.rate ? { rate: A.msgrate } : { window: A.msgwindow }) }, runs)
}
async function hubs(name, contactsOnline) {
  if (contactsOnline) await ensureOnline()
  else await ensureOffline()
  const N = A.n,
    H = A.hubs
  const runs = await repeat(async () => {
    await quiesce(300)
    let b = await begin()
    for (let j = 0; j < H; j++) {
      await one(workers[0], 'login', { c: 1, presence: true, hubs: true, from: j, to: j + 1 })
      // N to the contacts, N probe answers to the hub
      if (contactsOnline) await until((x) => x.hubAvail >= 2 * N * (j + 1), 10)
    }
    if (!contactsOnline) await quiesce(500)
    let s = await stat()
    const i = end(b, s),
      L = (await hists()).loginLat.summary()
    await quiesce(300)
    let f = null,
      fs
    if (contactsOnline) {
      b = await begin()
      await one(workers[0], 'hubFan', { count: A.hubchanges, gap: 30, pad: 'x'.repeat(A.pad) })
      fs = await until((x) => x.hubAvail >= N * H * A.hubchanges, 10)
      f = end(b, fs)
    }
    await quiesce(300)
    b = await begin()
    await all('logout', { c: 1, hubs: true })
    await quiesce(500)
    const o = end(b, await stat())
    return {
      loginServerMs: i.serverMs,
      cpuMsPerHubLogin: rnd(i.serverMs / H, 2),
      hubPresences: s.hubAvail,
      expect: contactsOnline ? 2 * N * H : 0,
      cpuUsPerPresence: contactsOnline ? rnd((i.serverMs * 1000) / s.hubAvail) : null,
      loginP50Ms: L.p50 / 1000,
      doneMs: i.doneMs,
      ...(f
        ? {
            changeCpuUsPerDelivery: rnd((f.serverMs * 1000) / fs.hubAvail),
            changeDelivered: fs.hubAvail,
            changeExpect: N * H * A.hubchanges,
          }
        : {}),
      logoutCpuMsPerHub: rnd(o.serverMs / H, 2),
      calMs: i.calMs,
      othersMs: i.othersMs,
      wallMs: i.wallMs,
    }
  })
  emit(name, { n: N, hubs: H, r: A.r }, runs)
}

// ---- go --------------------------------------------------------------------------------
const cfg = {
  host: A.host,
  port: A.port,
  domain: A.domain,
  muc: '@' + A.muc,
  n: A.n,
  r: A.r,
  hubs: A.hubs,
  prefix: A.prefix,
  hubPrefix: 'hub' + A.prefix,
  password: A.password,
  tls: A.tls,
  mech: A.mech,
  caps: A.caps,
  workers: A.workers,
}
await Promise.all(workers.map((w, i) => one(w, 'setup', { cfg: { ...cfg, w: i } })))
try {
  for (const s of scenarios) {
    if (!S[s]) {
      console.error(`unknown scenario ${s}; scenarios: ${Object.keys(S).join(' ')}`)
      process.exitCode = 2
      break
    }
    note(`${A.name} ${s} n=${A.n} r=${A.r} tls=${A.tls}`)
    await S[s]()
  }
} finally {
  for (const w of workers) {
    try {
      w.send({ id: 0, cmd: 'exit' })
    } catch {}
  }
  waiting.clear()
  setTimeout(() => process.exit(), 300)
}
