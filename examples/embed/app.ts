/**
 * Who is in: a small web application that has an XMPP server inside. Its own users log in with any XMPP client, and its
 * page tells who is reachable.
 *
 *   POST /people    {"name": "romeo", "password": "..."}: a new user, who sees all others and is seen by them
 *   GET /people     everybody, and how they can be reached
 *   GET /changes    the same as it changes (server-sent events)
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createPorchlight, credentialsOf, type Credentials, type Presence } from 'porchlight'

const { XMPP_PORT = '5222', HTTP_PORT = '8080' } = process.env
const DOMAIN = 'localhost'

/** The application's own users, by address: in real life a table of its database. */
const people = new Map<string, Credentials>()

const porchlight = await createPorchlight({
  domain: DOMAIN,
  directory: null, // rosters too are gone when it stops; a path keeps them
  users: { credentials: (address) => people.get(address) ?? null },
  configuration: {
    'listen': {
      'c2s': [`127.0.0.1:${XMPP_PORT}`],
      'c2s-direct-tls': [],
      's2s': [],
      'bytestreams': [],
      'http': [],
      'https': [],
      'monitoring': [],
    },
    'stream-management': { 'resume-time': '2 minutes' },
  },
})

const watchers = new Set<ServerResponse>()
porchlight.on('presence', (presence) => {
  for (const watcher of watchers) watcher.write(`data: ${JSON.stringify(shown(presence))}\n\n`)
})

/** What the page tells of somebody. */
function shown({ address, state, status, lastSeen }: Presence) {
  return { address, state, status, lastSeen }
}

async function signUp(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { name, password } = JSON.parse(Buffer.concat(await request.toArray()).toString()) as Record<string, string>
  const address = `${name}@${DOMAIN}`
  if (!/^[a-z]{1,20}$/.test(name ?? '') || people.has(address)) return void response.writeHead(400).end('Another name, please\n')
  const others = [...people.keys()]
  people.set(address, await credentialsOf(password ?? ''))
  for (const other of others) {
    await porchlight.letSee(address, other)
    await porchlight.letSee(other, address)
  }
  response.writeHead(201).end(`${address}\n`)
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  switch (`${request.method} ${request.url}`) {
    case 'POST /people':
      return signUp(request, response)
    case 'GET /people': {
      const all = await Promise.all([...people.keys()].map((address) => porchlight.presenceOf(address)))
      return void response.end(JSON.stringify(all.map((presence) => shown(presence!))))
    }
    case 'GET /changes':
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
      watchers.add(response)
      return void response.on('close', () => watchers.delete(response))
    default:
      response.writeHead(404).end()
  }
}

const site = createServer((request, response) => {
  answer(request, response).catch((error: Error) => response.writeHead(400).end(`${error.message}\n`))
})
site.listen(Number(HTTP_PORT), '127.0.0.1', () => {
  console.log(`Who is in: http://127.0.0.1:${(site.address() as AddressInfo).port}/people`)
  console.log(`XMPP: 127.0.0.1:${porchlight.ports[0]!.port}, certificate ${porchlight.directory}/self-signed.crt`)
})

process.once('SIGTERM', () => {
  site.close()
  for (const watcher of watchers) watcher.end()
  void porchlight.stop()
})
