// One XMPP client session: TCP / direct TLS / STARTTLS, SASL PLAIN or SCRAM, bind, roster.
// Written for speed over generality: input is cut into top-level stanzas by a scanner that
// knows tags and quotes, nothing is parsed into a tree. All our own content is ASCII.
import net from 'node:net'
import tls from 'node:tls'
import crypto from 'node:crypto'

const RBUF = Buffer.allocUnsafe(1 << 16) // one read buffer for all plain sockets: its use is synchronous
const saltedCache = new Map() // hash|salt|iterations|password -> SaltedPassword

// XEP-0115 caps that hash correctly, for servers that ask
export const CAPS_NODE = 'https://loadgen.example'
export const CAPS_VER = crypto
  .createHash('sha1')
  .update('client/pc//lg<http://jabber.org/protocol/caps<http://jabber.org/protocol/disco#info<')
  .digest('base64')
const DISCO = `<identity category='client' type='pc' name='lg'/><feature var='http://jabber.org/protocol/caps'/><feature var='http://jabber.org/protocol/disco#info'/>`

/** index of the '>' that ends the tag whose name starts at i, or -1 if the text stops before it */
function tagEnd(s, i) {
  const n = s.length
  for (; i < n; i++) {
    const c = s.charCodeAt(i)
    if (c === 62) return i
    if (c === 39 || c === 34) {
      i = s.indexOf(c === 39 ? "'" : '"', i + 1)
      if (i < 0) return -1
    }
  }
  return -1
}

/** value of an attribute in a start tag's text; key is ' name=' */
export function attr(tag, key) {
  const i = tag.indexOf(key)
  if (i < 0) return null
  const q = i + key.length
  return tag.slice(q + 1, tag.indexOf(tag[q], q + 1))
}

export class Session {
  /** o: {host, port, domain, tls:'none'|'starttls'|'direct', mech, resource, roster, presence} */
  constructor(o, idx, user, password) {
    this.o = o
    this.idx = idx
    this.user = user
    this.password = password
    this.sock = null
    this.raw = null
    this.rest = ''
    this.state = 'closed'
    this.jid = ''
    this.onReady = null
    this.onFail = null
    this.onClosed = null
    this.bytesIn = 0
  }

  /** start logging in; action 'register' only makes the account */
  connect(action = 'login') {
    const { o } = this
    this.action = action
    this.rest = ''
    this.authed = false
    this.secure = o.tls === 'direct'
    this.state = 'connecting'
    this.t0 = performance.now()
    const ip = { host: o.host, port: o.port, noDelay: true }
    let s
    if (o.tls === 'direct') {
      const raw = (this.raw = net.connect(ip)) // kept apart from the TLS socket so that reset() can send a RST
      raw.on('error', (e) => this.gone(raw, e))
      s = tls.connect({ socket: raw, rejectUnauthorized: false, servername: o.domain, ALPNProtocols: ['xmpp-client'] })
      this.hook(s)
      s.once('secureConnect', () => this.open())
    } else if (o.tls === 'starttls') {
      s = this.raw = net.connect(ip)
      this.hook(s)
      s.once('connect', () => this.open())
    } else {
      s = this.raw = net.connect({
        ...ip,
        onread: {
          buffer: RBUF,
          callback: (n, b) => {
            this.feed(b.latin1Slice(0, n))
            return true
          },
        },
      })
      this.hookEnd(s)
      s.once('connect', () => this.open())
    }
    this.sock = s
  }
  hook(s) {
    s.on('data', (this.dataFn = (b) => this.feed(b.latin1Slice(0, b.length))))
    this.hookEnd(s)
  }
  hookEnd(s) {
    s.setNoDelay(true)
    s.on('error', (e) => this.gone(s, e))
    s.on('close', () => this.gone(s, null))
  }
  gone(s, e) {
    if (s !== this.sock && s !== this.raw) return
    const was = this.state
    if (was === 'closed') return
    this.state = 'closed'
    this.sock = this.raw = null
    s.destroy()
    if (was !== 'online' && was !== 'closing') this.onFail?.(this, `${e?.code ?? 'closed'} while ${was}`)
    this.onClosed?.(this, was)
  }
  fail(why) {
    if (this.state === 'closed') return
    this.state = 'closed'
    const s = this.sock
    this.sock = this.raw = null
    s?.destroy()
    this.onFail?.(this, why)
  }
  write(x) {
    this.sock.write(x, 'latin1')
  }
  open() {
    this.state = 'features'
    this.write(
      `<?xml version='1.0'?><stream:stream to='${this.o.domain}' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>`,
    )
  }
  /** drop the connection with a TCP RST */
  reset() {
    const { raw, sock } = this
    this.state = 'closed'
    this.sock = this.raw = null
    if (!raw) return
    raw.on('error', () => {})
    sock.on('error', () => {})
    raw.resetAndDestroy()
    if (sock !== raw) sock.destroy()
  }
  /** say goodbye properly; onClosed fires when the server has closed */
  close() {
    if (this.state !== 'online') return
    this.state = 'closing'
    this.write(`<presence type='unavailable'/></stream:stream>`)
    this.sock.end()
  }

  feed(chunk) {
    this.bytesIn += chunk.length
    const s = this.rest === '' ? chunk : this.rest + chunk
    let pos = 0
    for (;;) {
      const a = s.indexOf('<', pos)
      if (a < 0) {
        this.rest = ''
        return
      }
      const h = tagEnd(s, a + 1)
      if (h < 0) {
        this.rest = s.slice(a)
        return
      }
      const c = s.charCodeAt(a + 1)
      if (c === 63) {
        pos = h + 1
        continue
      } // <?xml ?>
      if (c === 47) {
        this.rest = ''
        if (this.state !== 'online') this.sock?.end()
        else {
          this.state = 'closing'
          this.sock?.end()
        }
        return
      } // </stream:stream>
      if (c === 115 && s.startsWith('stream:stream', a + 1)) {
        pos = h + 1
        continue
      }
      let b = h + 1
      if (s.charCodeAt(h - 1) !== 47) {
        for (let depth = 1; depth;) {
          const lt = s.indexOf('<', b)
          if (lt < 0) {
            this.rest = s.slice(a)
            return
          }
          const gt = tagEnd(s, lt + 1)
          if (gt < 0) {
            this.rest = s.slice(a)
            return
          }
          if (s.charCodeAt(lt + 1) === 47) depth--
          else if (s.charCodeAt(gt - 1) !== 47) depth++
          b = gt + 1
        }
      }
      pos = b
      if (this.state === 'online') this.onStanza(this, s, a, h, b)
      else {
        this.login(s.slice(a, b), s.slice(a, h + 1))
        if (this.state === 'closed') {
          this.rest = ''
          return
        }
      }
    }
  }

  login(x, tag) {
    const { o } = this
    switch (this.state) {
      case 'features':
        if (tag.startsWith('<stream:error')) return this.fail(x)
        if (!tag.startsWith('<stream:features')) return
        if (o.tls === 'starttls' && !this.secure) {
          this.state = 'starttls'
          return this.write(`<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`)
        }
        if (this.action === 'register') {
          this.state = 'register'
          return this.write(
            `<iq type='set' id='reg' to='${o.domain}'><query xmlns='jabber:iq:register'><username>${this.user}</username><password>${this.password}</password></query></iq>`,
          )
        }
        if (!this.authed) return this.auth()
        this.state = 'bind'
        return this.write(
          `<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>${o.resource}</resource></bind></iq>`,
        )
      case 'starttls': {
        if (!tag.startsWith('<proceed')) return this.fail(x)
        const raw = this.raw
        raw.removeListener('data', this.dataFn)
        raw.removeAllListeners('close')
        this.secure = true
        this.rest = ''
        const t = (this.sock = tls.connect({ socket: raw, rejectUnauthorized: false, servername: o.domain }))
        this.hook(t)
        t.once('secureConnect', () => this.open())
        this.state = 'tls'
        return
      }
      case 'register':
        this.state = 'closing'
        if (tag.includes("type='result'") || tag.includes('type="result"') || x.includes('<conflict')) this.onReady?.(this)
        else this.onFail?.(this, x)
        this.write('</stream:stream>')
        this.sock.end()
        return
      case 'sasl-plain':
      case 'sasl-2':
        if (!tag.startsWith('<success')) return this.fail(x)
        this.authed = true
        return this.open()
      case 'sasl-1':
        return this.scram2(x)
      case 'bind':
        this.jid = /<jid>([^<]*)</.exec(x)?.[1]
        if (!this.jid) return this.fail(x)
        if (!o.roster) return this.ready()
        this.state = 'roster'
        return this.write(`<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>`)
      case 'roster':
        if (!tag.startsWith('<iq')) return
        this.rosterBytes = x.length
        return this.ready()
    }
  }
  ready() {
    this.state = 'online'
    this.loginMs = performance.now() - this.t0
    this.onReady?.(this)
  }
  auth() {
    const { mech } = this.o
    if (mech === 'PLAIN') {
      this.state = 'sasl-plain'
      return this.write(
        `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${Buffer.from(`\0${this.user}\0${this.password}`).toString('base64')}</auth>`,
      )
    }
    this.state = 'sasl-1'
    this.nonce = crypto.randomBytes(15).toString('base64')
    this.first = `n=${this.user},r=${this.nonce}`
    this.write(
      `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='${mech}'>${Buffer.from('n,,' + this.first).toString('base64')}</auth>`,
    )
  }
  scram2(x) {
    const m = /<challenge[^>]*>([^<]*)</.exec(x)
    if (!m) return this.fail(x)
    const hash = this.o.mech.includes('512') ? 'sha512' : this.o.mech.includes('256') ? 'sha256' : 'sha1'
    const server = Buffer.from(m[1], 'base64').toString()
    const p = Object.fromEntries(server.split(',').map((kv) => [kv[0], kv.slice(2)]))
    const ck = `${hash}|${p.s}|${p.i}|${this.password}`
    let salted = saltedCache.get(ck)
    if (!salted)
      saltedCache.set(
        ck,
        (salted = crypto.pbkdf2Sync(
          this.password,
          Buffer.from(p.s, 'base64'),
          +p.i,
          hash === 'sha1' ? 20 : hash === 'sha256' ? 32 : 64,
          hash,
        )),
      )
    const hmac = (k, d) => crypto.createHmac(hash, k).update(d).digest()
    const ckey = hmac(salted, 'Client Key'),
      stored = crypto.createHash(hash).update(ckey).digest()
    const noProof = `c=biws,r=${p.r}`
    const sig = hmac(stored, `${this.first},${server},${noProof}`)
    for (let i = 0; i < ckey.length; i++) ckey[i] ^= sig[i]
    this.state = 'sasl-2'
    this.write(
      `<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>${Buffer.from(`${noProof},p=${ckey.toString('base64')}`).toString('base64')}</response>`,
    )
  }

  /** what any client must answer: pings and disco#info; s.slice(a,b) is an iq */
  answerIq(s, a, h, b) {
    const tag = s.slice(a, h)
    if (attr(tag, ' type=') !== 'get') return
    const x = s.slice(a, b),
      from = attr(tag, ' from='),
      id = attr(tag, ' id=')
    const to = from ? ` to='${from}'` : ''
    if (x.includes('disco#info')) {
      const node = /<query[^>]* node=['"]([^'"]*)/.exec(x)?.[1]
      this.write(
        `<iq type='result' id='${id}'${to}><query xmlns='http://jabber.org/protocol/disco#info'${node ? ` node='${node}'` : ''}>${DISCO}</query></iq>`,
      )
    } else if (x.includes('urn:xmpp:ping')) this.write(`<iq type='result' id='${id}'${to}/>`)
    else
      this.write(
        `<iq type='error' id='${id}'${to}><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`,
      )
  }
}
