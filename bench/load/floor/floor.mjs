// The physical floor of presence fan-out in Node (or Bun through node:net): speaks just enough
// pretend-XMPP for the rig to log in, then answers each presence of user i by sending it, with a
// from (and, STAMP=1, a to) attribute, to the R contacts of i. No parsing, no routing, no state.
//   node floor.mjs PORT N R   env: MODE=write|string|tick|cork|raw  TLS=1 (CERTS=dir)  STAMP=1  DELAY=ms
//   write   one socket.write(Buffer) a recipient, at once       string  the same with a latin1 string
//   tick    strings gathered per socket, one write each when the loop has read all its input (setImmediate)
//   cork    socket.cork() on the first write of a tick, uncork() in setImmediate (writev)
//   raw     handle.writeLatin1String, past the stream layer (internal API), gathered as 'tick'
//   TLSOPTS JSON merged into tls.createServer's options, for memory trials
//   DELAY   tick/cork/raw gather for that many ms instead of one loop turn
import net from 'node:net'
import tls from 'node:tls'
import { readFileSync } from 'node:fs'
import { Graph } from '../lib/graph.mjs'
import { Rooms } from './room.mjs'

const [port, n, r] = process.argv.slice(2).map(Number)
const MODE = process.env.MODE ?? 'tick',
  STAMP = process.env.STAMP === '1',
  DELAY = Number(process.env.DELAY ?? 0)
const g = r ? new Graph(n, r) : null
const D = 'example.test',
  prefix = process.env.PREFIX ?? `n${n}r${r}u`
const HEAD = `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='x' from='${D}' version='1.0'>`
const F1 = `${HEAD}<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>`
const F2 = `${HEAD}<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>`
const users = new Array(n).fill(null) // idx -> Conn
const contacts = g ? Array.from({ length: n }, (_, i) => g.contacts(i)) : null

let WriteWrap
if (MODE === 'raw') ({ WriteWrap } = process.binding('stream_wrap'))

const dirty = []
let armed = false
function flush() {
  armed = false
  for (let i = 0; i < dirty.length; i++) {
    const c = dirty[i]
    if (MODE === 'cork') {
      c.out = ''
      c.s.uncork()
      continue
    }
    const out = c.out
    c.out = ''
    if (MODE === 'raw') rawWrite(c, out)
    else c.s.write(out, 'latin1')
  }
  dirty.length = 0
}
function rawWrite(c, out) {
  const h = c.s._handle
  if (!h) return
  const req = new WriteWrap()
  req.handle = h
  req.oncomplete = noop
  req.async = false
  h.writeLatin1String(req, out)
}
const noop = () => {}
const arm = DELAY ? () => setTimeout(flush, DELAY) : () => setImmediate(flush)
function gather(c, x) {
  if (c.out === '') {
    dirty.push(c)
    if (MODE === 'cork') {
      c.s.cork()
      c.out = '.'
    }
    if (!armed) {
      armed = true
      arm()
    }
  }
  if (MODE === 'cork') c.s.write(x, 'latin1')
  else c.out += x
}

function fan(c, x) {
  const head = `<presence from='${prefix}${c.idx}@${D}/lg'`,
    tail = x.slice(9)
  const to = contacts[c.idx]
  if (MODE === 'write') {
    if (!STAMP) {
      const b = Buffer.from(head + tail, 'latin1')
      for (let i = 0; i < to.length; i++) users[to[i]]?.s.write(b)
      return
    }
    for (let i = 0; i < to.length; i++) {
      const u = users[to[i]]
      if (u) u.s.write(Buffer.from(`${head} to='${u.bare}'${tail}`, 'latin1'))
    }
    return
  }
  const all = STAMP ? '' : head + tail
  for (let i = 0; i < to.length; i++) {
    const u = users[to[i]]
    if (u === null) continue
    const m = STAMP ? `${head} to='${u.bare}'${tail}` : all
    if (MODE === 'string') u.s.write(m, 'latin1')
    else gather(u, m)
  }
}

const rooms = new Rooms(gather)

class Conn {
  constructor(s) {
    this.s = s
    this.idx = -1
    this.out = ''
    this.bare = ''
    this.rest = ''
    this.nick = ''
    s.setNoDelay(true)
    s.on('data', (b) => this.data(b.latin1Slice(0, b.length)))
    s.on('close', () => {
      if (this.idx >= 0 && users[this.idx] === this) users[this.idx] = null
    })
    s.on('error', noop)
    s.on('end', () => s.end())
  }
  data(x) {
    if (this.idx >= 0) for (let left = x; left !== null; left = rooms.take(this, left)) x = left
    if (x === '') return
    if (this.idx >= 0 && x.startsWith('<presence>')) {
      if (!g) return
      for (;;) {
        const e = x.indexOf('</presence>')
        if (e < 0) return
        if (x.startsWith('<presence><show>')) fan(this, x.slice(0, e + 11))
        x = x.slice(e + 11)
        if (x === '') return
      }
    }
    if (this.idx >= 0 && x.startsWith('<message')) {
      // 1:1: to='<prefix>K@...' -> user K
      for (;;) {
        const e = x.indexOf('</message>')
        if (e < 0) return
        const p = x.indexOf(" to='") + 5,
          u = users[+x.slice(p + prefix.length, x.indexOf('@', p))]
        const m = `<message from='${this.bare}/lg'` + x.slice(8, e + 10)
        if (u) {
          if (MODE === 'write' || MODE === 'string') u.s.write(m, 'latin1')
          else gather(u, m)
        }
        x = x.slice(e + 10)
        if (x === '') return
      }
    }
    if (x.startsWith('<?xml')) return this.s.write(this.bare ? F2 : F1)
    if (x.startsWith('<auth')) {
      this.bare =
        Buffer.from(x.slice(x.indexOf('>') + 1, x.indexOf('</')), 'base64')
          .toString()
          .split('\0')[1] +
        '@' +
        D
      return this.s.write(`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`)
    }
    if (x.includes('xmpp-bind')) {
      const i = +/(\d+)@/.exec(this.bare)[1]
      this.idx = i
      users[i] = this
      return this.s.write(
        `<iq type='result' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>${this.bare}/lg</jid></bind></iq>`,
      )
    }
    if (x.includes('iq:roster')) return this.s.write(`<iq type='result' id='r'><query xmlns='jabber:iq:roster'/></iq>`)
    if (x.includes('</stream')) this.s.end('</stream:stream>')
  }
}
const certs = process.env.CERTS ?? '/tmp/peers/certs'
const srv =
  process.env.TLS === '1'
    ? tls.createServer(
        {
          key: readFileSync(`${certs}/key.pem`),
          cert: readFileSync(`${certs}/cert.pem`),
          ALPNProtocols: ['xmpp-client'],
          allowHalfOpen: true,
          ...JSON.parse(process.env.TLSOPTS ?? '{}'),
        },
        (s) => new Conn(s),
      )
    : net.createServer({ allowHalfOpen: true, noDelay: true }, (s) => new Conn(s))
srv.listen({ port, host: '127.0.0.1', backlog: 4096 })
