/**
 * A client's BOSH session (XEP-0124, XEP-0206) under a story: what the story writes as a stream goes out in requests, and
 * answers come in as the stream that they stand for. It keeps one request waiting at the server, as browsers do.
 */
import assert from 'node:assert/strict'
import type { Duplex } from 'node:stream'
import { SaxesParser } from 'saxes'
import { firstLevel } from './first-level.ts'
import { HttpVisitor } from './http-visitor.ts'
import type { Link } from './link.ts'

const HTTPBIND = 'http://jabber.org/protocol/httpbind'
const STREAM = 'http://etherx.jabber.org/streams'
const STREAM_ERRORS = 'urn:ietf:params:xml:ns:xmpp-streams'
const HEADER = /^(?:<\?xml[^>]*\?>)?<stream:stream ([^>]*)>$/
const FOOTER = '</stream:stream>'

/** An answer's `<body/>`. */
export interface BoshAnswer {
  readonly attrs: Readonly<Record<string, string>>
  readonly content: string
}

/** Posts requests, each on a connection of its own or one that is free. */
export class BoshPoster {
  readonly #connect: () => Duplex
  readonly #free: HttpVisitor[] = []
  readonly #busy = new Set<HttpVisitor>()
  readonly headers: string

  constructor(connect: () => Duplex, headers = '') {
    this.#connect = connect
    this.headers = headers
  }
  /** The same, with other headers: '\nname: value'. */
  with(headers: string): BoshPoster {
    return new BoshPoster(this.#connect, headers)
  }
  /** @param xml a whole `<body/>`. @throws Error when it is not answered, or not with 200 */
  async post(xml: string | Buffer): Promise<BoshAnswer> {
    const { status, head, body } = await this.request('POST', xml)
    assert.equal(status, 200, head)
    return answerIn(Buffer.from(body, 'latin1').toString())
  }
  async request(method: string, xml: string | Buffer): ReturnType<HttpVisitor['answer']> {
    const octets = Buffer.from(xml)
    let visitor = this.#free.pop()
    while (visitor?.connection.destroyed === true) visitor = this.#free.pop()
    visitor ??= new HttpVisitor(this.#connect())
    this.#busy.add(visitor)
    visitor.send(
      `${method} /http-bind HTTP/1.1\nhost: a.example\ncontent-type: text/xml; charset=utf-8\ncontent-length: ${octets.length}${this.headers}`,
      octets,
    )
    const answer = await visitor.answer()
    this.#busy.delete(visitor)
    this.#free.push(visitor)
    return answer
  }
  /** Every connection breaks. */
  cut(): void {
    for (const visitor of [...this.#free.splice(0), ...this.#busy]) visitor.connection.destroy()
    this.#busy.clear()
  }
}

export class BoshLink implements Link {
  listener: (text: string | null) => void = () => {}
  readonly tls = null
  /** For requests that the link would not make. */
  readonly poster: BoshPoster
  sid: string | null = null
  /** Of the next request. */
  rid = 1_573_741_820
  /** What has not gone out. */
  #pieces: string[] = []
  #underWay = 0
  #requestsMax = 1
  /** Answers that came before those of earlier requests. */
  readonly #early = new Map<number, BoshAnswer>()
  #nextAnswer = this.rid
  /** The next answer begins a stream. */
  #begins = true
  #isResting = false
  #isClosed = false
  /** Requests without an answer, by rid. */
  readonly #open = new Map<number, string>()
  /** Called with each answer, as it is. */
  onAnswer: (answer: BoshAnswer) => void = () => {}

  constructor(poster: BoshPoster) {
    this.poster = poster
  }
  write(text: string | Buffer): void {
    this.#pieces.push(...(typeof text === 'string' ? firstLevel(text) : [text.toString('latin1')]))
    this.#pump()
  }
  end(): void {}
  drop(): void {
    this.#isClosed = true
    this.poster.cut()
  }
  /** Makes no request but what is written. */
  rest(): void {
    this.#isResting = true
  }
  /** Section 10: says that it will be silent for so many seconds, and is. */
  pause(seconds: number): void {
    this.#isResting = true
    this.#post(` pause='${seconds}'`, '')
  }
  wake(): void {
    this.#isResting = false
    this.#pump()
  }
  secure(): Promise<void> {
    return Promise.reject(new Error('XEP-0206 2: there is no STARTTLS'))
  }

  #pump(): void {
    if (this.#isClosed) return
    while (this.#pieces.length > 0 && this.#underWay < this.#requestsMax) {
      const header = HEADER.exec(this.#pieces[0]!)?.[1]
      if (header !== undefined) {
        if (this.#underWay > 0 && this.sid === null) return // nothing but its creation is to be done
        this.#pieces.shift()
        this.#begin(header)
      } else if (this.sid === null) return
      else this.#postPieces()
    }
    if (this.#underWay === 0 && this.sid !== null && !this.#isResting) this.#post('', '')
  }
  #begin(header: string): void {
    const attributes = header.replace(/xmlns(:stream)?='[^']*'/g, '').replace(/ version=/, ' xmpp:version=')
    this.#begins = true
    const xmpp = ` xmlns:xmpp='urn:xmpp:xbosh' ${attributes}`
    this.#post(this.sid === null ? `${xmpp} ver='1.11' wait='60' hold='1'` : `${xmpp} xmpp:restart='true'`, '')
  }
  #postPieces(): void {
    const end = this.#pieces.findIndex((piece) => HEADER.test(piece) || piece === FOOTER)
    const elements = this.#pieces.splice(0, end === -1 ? this.#pieces.length : end)
    const isLast = this.#pieces[0] === FOOTER
    if (isLast) this.#pieces.shift()
    this.#post(isLast ? ` type='terminate'` : '', elements.join(''))
  }
  #post(attributes: string, content: string): void {
    const rid = this.rid++
    const sid = this.sid === null ? '' : ` sid='${this.sid}'`
    this.#underWay += 1
    this.#open.set(rid, `<body xmlns='${HTTPBIND}' rid='${rid}'${sid}${attributes}>${content}</body>`)
    this.#send(rid)
  }
  #send(rid: number): void {
    this.poster.post(this.#open.get(rid)!).then(
      (answer) => this.#answered(rid, answer),
      () => this.#isClosed || this.#send(rid), // 14.3: the same once more
    )
  }
  /** All its connections break. */
  breakUp(): void {
    this.poster.cut()
  }
  #answered(rid: number, answer: BoshAnswer): void {
    if (!this.#open.delete(rid)) return
    this.onAnswer(answer)
    this.#underWay -= 1
    this.#early.set(rid, answer)
    for (let next = this.#early.get(this.#nextAnswer); next !== undefined; next = this.#early.get(this.#nextAnswer)) {
      this.#early.delete(this.#nextAnswer)
      this.#nextAnswer += 1
      if (!this.#isClosed) this.#read(next)
    }
    this.#pump()
  }
  #read({ attrs, content }: BoshAnswer): void {
    if (attrs['sid'] !== undefined) {
      this.sid = attrs['sid']
      this.#requestsMax = Number(attrs['requests'])
    }
    if (this.#begins) this.listener(header(attrs))
    this.#begins = false
    const isBinding = attrs['condition'] !== undefined && attrs['condition'] !== 'remote-stream-error'
    const error = `<stream:error><${attrs['condition']} xmlns='${STREAM_ERRORS}'/></stream:error>`
    this.listener(isBinding ? content + error : content)
    if (attrs['type'] !== 'terminate') return
    this.#isClosed = true
    this.listener(FOOTER)
    this.listener(null)
  }
}

function header(attrs: BoshAnswer['attrs']): string {
  const given = { 'from': attrs['from'], 'id': attrs['authid'], 'xml:lang': attrs['xml:lang'], 'version': attrs['xmpp:version'] }
  const text = Object.entries(given).map(([name, value]) => (value === undefined ? '' : ` ${name}='${value}'`))
  return `<stream:stream xmlns='jabber:client' xmlns:stream='${STREAM}'${text.join('')}>`
}

/** @throws Error for what is no XML, or names an element of BOSH where there is to be one of XMPP (XEP-0206 2) */
function answerIn(xml: string): BoshAnswer {
  let body: Record<string, string> | null = null
  let depth = 0
  const parser = new SaxesParser({ xmlns: true, position: false })
  parser.on('opentag', ({ name, uri, attributes }) => {
    depth += 1
    if (depth === 2) assert(uri !== HTTPBIND && uri !== '', `${xml}: <${name}> names its namespace`)
    if (depth > 1) return
    assert.deepEqual([name, uri], ['body', HTTPBIND])
    body = Object.fromEntries(Object.values(attributes).map((a) => [a.name, a.value]))
  })
  parser.on('closetag', () => (depth -= 1))
  parser.write(xml).close()
  return { attrs: body!, content: /^<body [^>]*>(.*)<\/body>$/s.exec(xml)?.[1] ?? '' }
}
