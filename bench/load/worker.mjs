// One load process: owns a share of the sessions, obeys the master (loadgen.mjs) over IPC.
// Commands are {id, cmd, ...}; replies {id, ok|err, ...}. Counters are read by 'stat'.
import { Session, attr, CAPS_NODE, CAPS_VER } from './lib/client.mjs'
import { Hist } from './lib/hist.mjs'
import { Graph } from './lib/graph.mjs'

const OFF = Number(process.hrtime.bigint() / 1000n) / 1000 - performance.now()
const clockUs = () => Math.round((performance.now() + OFF) * 1000) // CLOCK_MONOTONIC: the same in every process

let cfg,
  graph,
  sess = [],
  hubs = [],
  C,
  lat,
  loginLat,
  seqs,
  last,
  avail,
  inRoom = null
const fresh = () => ({
  stanzas: 0,
  avail: 0,
  unavail: 0,
  self: 0,
  other: 0,
  probes: 0,
  iq: 0,
  msg: 0,
  mucAvail: 0,
  mucUnavail: 0,
  mucSelf: 0,
  mucKnown: 0,
  sent: 0,
  recv: 0,
  disorder: 0,
  stranger: 0,
  closed: 0,
  fails: 0,
  logins: 0,
  subscribe: 0,
  subscribed: 0,
  known: 0,
  lastUs: 0,
  hubAvail: 0,
  bytes: 0,
  maxLagUs: 0,
})
C = fresh()
lat = new Hist()
loginLat = new Hist()
let lastFail = '',
  onRecv = null
const CAPS = `<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='${CAPS_NODE}' ver='${CAPS_VER}'/>`
const caps = () => (cfg.caps ? CAPS : '')

const userOf = (i) => `${cfg.prefix}${i}`
const bare = (i) => `${userOf(i)}@${cfg.domain}`
/** population index of a JID, or -1 */
function idxOf(jid) {
  if (jid === null || !jid.startsWith(cfg.prefix)) return -1
  const at = jid.indexOf('@')
  return at < 0 ? -1 : +jid.slice(cfg.prefix.length, at)
}

function onStanza(me, s, a, h, b) {
  C.stanzas++
  const c = s.charCodeAt(a + 1)
  if (c === 112) return onPresence(me, s, a, h, b)
  if (c === 109) {
    const m = s.indexOf('LG|', h)
    if (m < 0 || m > b) {
      C.other++
      return
    }
    mark(me, s, m, -1)
    C.msg++
    return
  }
  C.iq++
  me.answerIq(s, a, h, b)
}

/** a marked stanza LG|seq|us| from contact slot `slot` (or -1: order is not checked) */
function mark(me, s, m, slot) {
  const p = s.indexOf('|', m + 3),
    q = s.indexOf('|', p + 1)
  const now = clockUs(),
    ts = +s.slice(p + 1, q)
  lat.add(now - ts)
  C.recv++
  C.lastUs = now
  onRecv?.()
  if (slot >= 0) {
    const seq = +s.slice(m + 3, p),
      k = me.local * cfg.r + slot
    if (last[k] + 1 !== seq) C.disorder++
    last[k] = seq
  }
}

function onPresence(me, s, a, h, b) {
  const tag = s.slice(a, h)
  const type = attr(tag, ' type='),
    from = attr(tag, ' from=')
  if (type !== null && type !== 'unavailable') {
    if (type === 'subscribe') return onSubscribe(me, from)
    if (type === 'subscribed') {
      C.subscribed++
      return
    }
    if (type === 'probe') {
      C.probes++
      return
    }
    C.other++
    return
  }
  if (cfg.muc && from !== null && from.includes(cfg.muc)) {
    if (!from.includes('/')) {
      C.other++
      return
    } // ejabberd: the room's own presence (avatar hash)
    C.lastUs = clockUs()
    if (type === null) C.mucAvail++
    else C.mucUnavail++
    noteOccupant(me, from, type === null ? 1 : 0)
    const st = s.indexOf("code='110'", h),
      st2 = st < 0 ? s.indexOf('code="110"', h) : st
    if (st2 >= 0 && st2 < b) {
      C.mucSelf++
      me.mucDone?.(type)
    }
    return
  }
  const i = idxOf(from)
  if (i === me.idx && me.idx >= 0) {
    C.self++
    return
  }
  if (me.idx < 0) {
    if (from?.startsWith(me.user + '@')) {
      C.self++
      return
    }
    C.hubAvail++
    C.lastUs = clockUs()
    return
  }
  const slot = i < 0 || !graph ? -1 : graph.slot(i, me.idx)
  if (type === null) C.avail++
  else C.unavail++
  if (slot < 0) {
    if (i < 0 && from?.startsWith(cfg.hubPrefix)) {
      C.hubAvail++
      C.lastUs = clockUs()
    } else C.stranger++
    return
  }
  const k = me.local * cfg.r + slot,
    up = type === null ? 1 : 0
  if (avail[k] !== up) {
    avail[k] = up
    C.known += up ? 1 : -1
    C.lastUs = clockUs()
  }
  const m = s.indexOf('LG|', h)
  if (m >= 0 && m < b) mark(me, s, m, slot)
}

/** what each session sees of one room: a bit for each pair; the nick of a session is its user name */
function noteOccupant(me, from, up) {
  if (inRoom === null) return
  const i = +from.slice(from.indexOf('/') + 1 + cfg.prefix.length)
  const k = me.local * cfg.n + i
  if (Number.isNaN(i) || inRoom[k] === up) return
  inRoom[k] = up
  C.mucKnown += up ? 1 : -1
}

const pendingSub = new Set()
function onSubscribe(me, from) {
  C.subscribe++
  me.write(`<presence type='subscribed' to='${from}'/>`)
  const key = `${me.user}>${from.slice(0, from.indexOf('@'))}`
  if (!pendingSub.has(key)) {
    pendingSub.add(key)
    me.write(`<presence type='subscribe' to='${from}'/>`)
  }
}

function make(idx, user, o) {
  const m = new Session(o, idx, user, cfg.password)
  m.onStanza = onStanza
  m.onClosed = (_, was) => {
    if (was === 'online') C.closed++
    m.closeCb?.()
  }
  return m
}

/** run f(item, done) over list with at most `limit` under way; resolves when all are done */
function pool(list, limit, f) {
  return new Promise((resolve) => {
    let i = 0,
      left = list.length
    if (!left) return resolve()
    const next = () => {
      if (i < list.length) f(list[i++], done)
    }
    const done = () => {
      if (--left === 0) resolve()
      else next()
    }
    for (let k = 0; k < limit && k < list.length; k++) next()
  })
}

const joining = (room, m) =>
  `<presence to='${room}/${m.user}'>${caps()}<x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>`
const field = (name, value) => `<field var='${name}'><value>${value}</value></field>`
/** `loud`: of a server whose large rooms show only those who speak, the field by which the owner switches that off */
const unlocking = (room, loud) =>
  `<iq type='set' id='unlock' to='${room}'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'>${field('FORM_TYPE', 'http://jabber.org/protocol/muc#roomconfig')}${field('muc#roomconfig_maxusers', 3000)}${loud ? field(loud, 0) : ''}</x></query></iq>`
const initial = () => `<presence>${caps()}</presence>`

function loginOne(m, presence, done, tries = 0) {
  m.onReady = () => {
    C.logins++
    loginLat.add(m.loginMs * 1000)
    if (presence) m.write(initial())
    done()
  }
  m.onFail = (_, why) => {
    C.fails++
    lastFail = why
    if (tries < 5) setTimeout(() => loginOne(m, presence, done, tries + 1), 200)
    else done()
  }
  m.connect()
}

const cmds = {
  setup(q) {
    cfg = q.cfg
    graph = cfg.r ? new Graph(cfg.n, cfg.r) : null
    const o = { host: cfg.host, port: cfg.port, domain: cfg.domain, tls: cfg.tls, mech: cfg.mech, resource: 'lg', roster: true }
    sess = []
    hubs = []
    for (let i = cfg.w; i < cfg.n; i += cfg.workers) {
      const m = make(i, userOf(i), o)
      m.local = sess.length
      sess.push(m)
    }
    if (cfg.w === 0)
      for (let k = 0; k < cfg.hubs; k++) {
        const m = make(-1 - k, `${cfg.hubPrefix}${k}`, o)
        hubs.push(m)
      }
    avail = new Uint8Array(sess.length * cfg.r)
    last = new Int32Array(sess.length * cfg.r)
    seqs = new Int32Array(sess.length)
  },
  reset() {
    const { known, mucKnown } = C
    C = { ...fresh(), known, mucKnown }
    lat = new Hist()
    loginLat = new Hist()
    last.fill(0)
    seqs.fill(0)
  },
  stat() {
    let online = 0
    for (const m of sess) if (m.state === 'online') online++
    const u = process.cpuUsage()
    return { c: { ...C, online, cpuMs: (u.user + u.system) / 1000 }, lastFail }
  },
  hists() {
    return { lat, loginLat }
  },

  async register(q) {
    const list = q.hubs ? hubs : sess
    await pool(list, q.c, (m, done) => {
      let fin = false,
        timer
      const end = (why) => {
        if (fin) return
        fin = true
        clearTimeout(timer)
        if (why) {
          C.fails++
          lastFail = why
        }
        m.closeCb = null
        done()
      }
      m.onReady = () => {
        const { sock } = m
        m.closeCb = () => end()
        timer = setTimeout(() => {
          sock?.destroy()
          end()
        }, 2000)
      }
      m.onFail = (_, why) => end(why)
      m.connect('register')
    })
    for (const m of list) {
      m.onReady = m.onFail = m.closeCb = null
    }
  },
  async login(q) {
    await pool(q.hubs ? hubs.slice(q.from ?? 0, q.to) : sess, q.c, (m, done) => loginOne(m, q.presence, done))
  },
  async logout(q) {
    await pool(q.hubs ? hubs : sess, q.c, (m, done) => {
      if (m.state !== 'online') return done()
      const t = setTimeout(() => {
        m.closeCb = null
        m.reset()
        done()
      }, 10000)
      m.closeCb = () => {
        clearTimeout(t)
        m.closeCb = null
        done()
      }
      m.close()
    })
    avail.fill(0)
    C.known = 0
  },
  rst() {
    for (const m of sess) m.reset()
    avail.fill(0)
    C.known = 0
  },

  /** make every edge of the graph a mutual subscription, by protocol, with a window of edges under way */
  async subscribe(q) {
    const edges = []
    for (const d of graph.half) for (const m of sess) edges.push([m, (m.idx + d) % cfg.n])
    let i = 0
    while (i < edges.length) {
      // 2 'subscribed' arrive per edge, somewhere; by symmetry each worker sees its share
      while (i < edges.length && 2 * i - C.subscribed < 2 * q.window) {
        const [m, j] = edges[i++]
        pendingSub.add(`${m.user}>${userOf(j)}`)
        m.write(`<presence type='subscribe' to='${bare(j)}'/>`)
      }
      await new Promise((r) => setTimeout(r, 1))
    }
    return { edges: edges.length }
  },

  /** presence changes: paced (rate changes/s) or closed-loop (window changes under way) */
  fan(q) {
    return traffic(
      q,
      (m, us) => {
        const seq = ++seqs[m.local]
        m.write(
          `<presence><show>${seq & 1 ? 'away' : 'dnd'}</show><status>LG|${seq}|${us}|${q.pad}</status><priority>5</priority>${caps()}</presence>`,
        )
      },
      cfg.r,
    )
  },
  /** 1:1 chat messages to the full JID of a contact */
  chat(q) {
    const d = cfg.r ? graph.half[0] : 1
    return traffic(
      q,
      (m, us) => {
        const seq = ++seqs[m.local],
          to = (m.idx + d) % cfg.n
        m.write(
          `<message type='chat' to='${bare(to)}${q.toBare ? '' : '/lg'}' id='m${seq}'><body>LG|${seq}|${us}|${q.pad}</body></message>`,
        )
      },
      1,
    )
  },

  /** from now on what each session sees of the one room is counted (mucKnown) */
  mucWatch() {
    inRoom = new Uint8Array(sess.length * cfg.n)
    C.mucKnown = 0
  },
  /** sessions q.from up to q.count join (or leave) a room, q.c at a time, or q.rate a second */
  async muc(q) {
    const who = sess.filter((m) => m.idx >= (q.from ?? 0) && m.idx < q.count)
    const begun = performance.now()
    let turn = 0
    await pool(who, q.rate ? who.length : q.c, async (m, done) => {
      const due = q.rate ? (turn++ * 1000) / q.rate : 0
      await new Promise((r) => setTimeout(r, Math.max(0, begun + due - performance.now())))
      const t = setTimeout(() => {
        C.fails++
        lastFail = 'muc timeout'
        m.mucDone = null
        done()
      }, q.timeout)
      m.mucDone = () => {
        clearTimeout(t)
        m.mucDone = null
        done()
      }
      if (q.leave) m.write(`<presence to='${q.room}/${m.user}' type='unavailable'/>`)
      else m.write(joining(q.room, m))
    })
  },
  /** each session joins q.each of q.rooms rooms, in turn, q.c sessions at a time */
  async mucSpread(q) {
    await pool(sess, q.c, (m, done) => {
      let left = q.each
      m.mucDone = () => {
        if (--left === 0) {
          m.mucDone = null
          done()
        } else next()
      }
      const next = () => m.write(joining(`${q.room}${(m.idx + left * q.stride) % q.rooms}@${cfg.muc.slice(1)}`, m))
      next()
    })
  },
  /** an owner for each of q.rooms rooms, which are unlocked at once */
  async mucOwn(q) {
    const rooms = Array.from({ length: q.rooms }, (_, i) => `${q.room}${i}@${cfg.muc.slice(1)}`)
    await pool(rooms, 1, (room, done) => {
      const m = sess[rooms.indexOf(room) % sess.length]
      m.mucDone = () => {
        m.mucDone = null
        m.write(unlocking(room))
        setTimeout(done, 5)
      }
      m.write(joining(room, m))
    })
  },
  /** groupchat in a room by its first q.speakers occupants */
  mucChat(q) {
    return traffic(
      { ...q, among: q.speakers },
      (m, us) => {
        const seq = ++seqs[m.local]
        m.write(`<message type='groupchat' to='${q.room}' id='g${seq}'><body>LG|${seq}|${us}|${q.pad}</body></message>`)
      },
      q.occupants,
    )
  },
  mucUnlock(q) {
    sess[0].write(unlocking(q.room, q.loud))
  },

  /** one hub's presence change, k times, waiting for nothing (the master counts) */
  async hubFan(q) {
    for (let k = 0; k < q.count; k++) {
      for (const m of hubs)
        if (m.state === 'online') {
          m.write(`<presence><show>${k & 1 ? 'away' : 'dnd'}</show><status>${q.pad}</status>${caps()}</presence>`)
          C.sent++
        }
      await new Promise((r) => setTimeout(r, q.gap))
    }
  },
  hubSubscribe: async (q) => {
    let i = 0
    const edges = []
    for (const h of hubs) for (let j = 0; j < cfg.n; j++) edges.push([h, j])
    while (i < edges.length) {
      while (i < edges.length && 2 * i - C.subscribed < 2 * q.window) {
        const [h, j] = edges[i++]
        pendingSub.add(`${h.user}>${userOf(j)}`)
        h.write(`<presence type='subscribe' to='${bare(j)}'/>`)
      }
      await new Promise((r) => setTimeout(r, 1))
    }
    return { edges: edges.length }
  },
  exit() {
    setImmediate(() => process.exit(0))
  },
}

/** send q.total stanzas over all sessions in a scattered order; each is answered by `per` deliveries */
function traffic(q, send, per) {
  return new Promise((resolve) => {
    const n = q.among ?? sess.length,
      t0 = performance.now()
    let stride = Math.floor(n * 0.618) | 1
    while (gcd(stride, n) !== 1) stride += 2
    let k = Math.floor(n / 3),
      sent = 0
    const one = () => {
      k = (k + stride) % n
      const m = sess[k]
      sent++
      if (m.state !== 'online') {
        C.fails++
        return
      }
      send(m, clockUs())
      C.sent++
    }
    if (q.rate) {
      const iv = setInterval(() => {
        const due = Math.min(q.total, Math.floor(((performance.now() - t0) / 1000) * q.rate))
        const lag = ((due - sent) / q.rate) * 1e6
        if (lag > C.maxLagUs) C.maxLagUs = Math.round(lag)
        while (sent < due) one()
        if (sent >= q.total) {
          clearInterval(iv)
          resolve()
        }
      }, q.tick ?? 2)
    } else {
      let busy = false
      const pump = (onRecv = () => {
        if (busy) return
        busy = true
        while (sent < q.total && sent * per - C.recv < q.window * per) one()
        busy = false
        if (sent >= q.total) {
          onRecv = null
          clearInterval(iv)
          resolve()
        }
      })
      const iv = setInterval(() => onRecv?.(), 20) // other workers' deliveries also open the window
      pump()
    }
  })
}
const gcd = (a, b) => (b ? gcd(b, a % b) : a)

process.on('message', async (q) => {
  try {
    process.send({ id: q.id, ...((await cmds[q.cmd](q)) ?? {}) })
  } catch (e) {
    process.send({ id: q.id, err: String(e?.stack ?? e) })
  }
})
process.on('disconnect', () => process.exit(0))
