/**
 * A client's WebSocket (RFC 7395) under a story: what the story writes as a stream goes out as messages, one for each
 * first-level element, and messages come in as the stream that they stand for. Each must be a document of its own.
 */
import assert from 'node:assert/strict'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { SaxesParser } from 'saxes'
import type { WebSocket } from 'ws'
import type { Link } from './link.ts'
import { firstLevel } from './first-level.ts'

const FRAMING = 'urn:ietf:params:xml:ns:xmpp-framing'
const HEADER = /^(?:<\?xml[^>]*\?>)?<stream:stream xmlns='jabber:client' xmlns:stream='[^']*'([^>]*)>$/
const FOOTER = '</stream:stream>'

export class WebSocketLink implements Link {
  listener: (text: string | null) => void = () => {}
  /** Called with each message, as it is. */
  onMessage: (text: string) => void = () => {}
  readonly tls: TLSSocket | null
  /** Of the WebSocket, when it is closed. */
  closeCode: number | null = null
  readonly #ws: WebSocket
  readonly #socket: Duplex
  /** Our side of the stream is closed. */
  #closed = false
  /** Who has closed his side first; null: both are open. */
  #closing: 'us' | 'them' | null = null

  /** @param ws that is open. @param socket its connection */
  constructor(ws: WebSocket, socket: Duplex) {
    this.#ws = ws
    this.#socket = socket
    this.tls = socket instanceof TLSSocket ? socket : null
    ws.on('message', (data, isBinary) => {
      assert(!isBinary, 'RFC 7395 3.2: text')
      this.onMessage(String(data))
      this.#read(String(data))
    })
    ws.on('close', (code) => {
      this.closeCode = code
      this.listener(null)
    })
    ws.on('error', () => {})
  }
  write(text: string | Buffer): void {
    if (typeof text === 'string') for (const piece of firstLevel(text)) this.#send(piece)
    else this.#ws.send(text, { binary: false })
  }
  /** One message, as it is. */
  message(data: string | Buffer, options: { readonly binary?: boolean } = {}): void {
    this.#ws.send(data, { binary: false, ...options })
  }
  /** One message in several frames. */
  pieces(all: readonly string[]): void {
    for (const [i, piece] of all.entries()) this.#ws.send(piece, { binary: false, fin: i === all.length - 1 })
  }
  /** The beginning of a frame, whose rest never comes. */
  breakFrame(): void {
    // Text, masked, of 100 octets, of which there is one.
    this.#socket.write(Buffer.from([0x81, 0x80 | 100, 0, 0, 0, 0, 0x3c]))
  }
  ping(): void {
    this.#ws.ping()
  }
  /** The answer to the next ping of the WebSocket. */
  pong(): Promise<void> {
    return new Promise((resolve) => this.#ws.once('pong', () => resolve()))
  }
  /** Reads nothing any more. */
  pause(): void {
    this.#ws.pause()
  }
  /** 3.6: our footer, and the closing handshake, if it is ours to begin. */
  end(): void {
    if (!this.#closed) this.#send(FOOTER)
    if (this.#closing === 'us') this.#ws.close(1000)
  }
  drop(): void {
    this.#ws.terminate()
  }
  secure(): Promise<void> {
    return Promise.reject(new Error('RFC 7395 3.9: there is no STARTTLS'))
  }

  #send(piece: string): void {
    if (piece === FOOTER) {
      this.#closed = true
      this.#closing ??= 'us'
    }
    const attributes = HEADER.exec(piece)?.[1]
    const open = `<open xmlns='${FRAMING}'${attributes}/>`
    this.#ws.send(piece === FOOTER ? `<close xmlns='${FRAMING}'/>` : attributes === undefined ? named(piece) : open)
  }
  #read(message: string): void {
    const { name, ns } = document(message)
    assert.notEqual(ns, '', `RFC 7395 3.3.3: ${message} declares its namespace`)
    if (ns !== FRAMING) return this.listener(message)
    if (name === 'close') {
      this.#closing ??= 'them'
      return this.listener(FOOTER)
    }
    assert.equal(name, 'open')
    const declarations = `xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'`
    this.listener(`<stream:stream ${declarations}${/^<open xmlns='[^']*'([^>]*)\/>$/.exec(message)![1]}>`)
  }
}

/** 3.3.3: stanzas declare their namespace. */
const named = (piece: string): string => piece.replace(/^<(message|presence|iq)(?=[ />])(?! xmlns=)/, `<$1 xmlns='jabber:client'`)

/** The root of a complete document. @throws Error for what is none */
function document(text: string): { readonly name: string; readonly ns: string } {
  let root: { name: string; ns: string } | null = null
  const parser = new SaxesParser({ xmlns: true, position: false })
  parser.on('opentag', ({ local, uri }) => (root ??= { name: local, ns: uri }))
  parser.write(text).close()
  return root!
}
