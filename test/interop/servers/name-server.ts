/**
 * A name server of the loopback (RFC 1035) for servers that are not ours and look up ours: it knows on which port of this
 * machine the servers of a few domains are (RFC 2782), and of all else that it does not exist. Nobody is to remember it.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { Afterwards } from '../../support/afterwards.ts'

const SRV = 33
const INTERNET = 1
const NO_SUCH_NAME = 3
/** QR, AA, RD, RA. */
const ANSWER = 0x8580
const HEADER = 12
const SERVICE = '_xmpp-server._tcp.'
/** ejabberd asks the C library for the addresses of a host, and that knows no other name server than the system's. */
const HOST = 'localhost'

export class NameServer {
  /** By domain; asked for with each question. */
  readonly services = new Map<string, () => number>()
  readonly #socket: Socket

  static async open(t: Afterwards): Promise<NameServer> {
    const socket = createSocket('udp4')
    const server = new NameServer(socket)
    socket.on('message', (question, from) => socket.send(server.#answer(question), from.port, from.address))
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    t.after(() => socket.close())
    return server
  }
  private constructor(socket: Socket) {
    this.#socket = socket
  }
  get port(): number {
    return this.#socket.address().port
  }

  #answer(question: Buffer): Buffer {
    const { name, type, end } = readQuestion(question)
    const port = name.startsWith(SERVICE) ? this.services.get(name.slice(SERVICE.length)) : undefined
    const records = port !== undefined && type === SRV ? [recordFor(port())] : []
    const header = Buffer.alloc(HEADER)
    question.copy(header, 0, 0, 2)
    header.writeUInt16BE(ANSWER | (port === undefined ? NO_SUCH_NAME : 0), 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(records.length, 6)
    return Buffer.concat([header, question.subarray(HEADER, end), ...records])
  }
}

function readQuestion(question: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const parts: string[] = []
  let at = HEADER
  for (let length = question[at]!; length > 0; length = question[at]!) {
    parts.push(question.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  return { name: parts.join('.').toLowerCase(), type: question.readUInt16BE(at + 1), end: at + 5 }
}

/** The name is that of the question; priority and weight are 0, and it may be kept for no time at all. */
function recordFor(port: number): Buffer {
  const data = Buffer.concat([Buffer.alloc(4), uint16(port), Buffer.from([HOST.length]), Buffer.from(HOST), Buffer.alloc(1)])
  return Buffer.concat([uint16(0xc000 | HEADER), uint16(SRV), uint16(INTERNET), Buffer.alloc(4), uint16(data.length), data])
}

const uint16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff])
