/** Part of `bench/matrix.ts`: clients of XMPP that are online and silent, in a process of their own. */
import { Session } from './load/lib/client.mjs'
import { attempts, type Told } from './matrix-words.ts'

const [port, prefix, count, domain] = [Number(process.argv[2]), process.argv[3]!, Number(process.argv[4]), process.argv[5]!]
const AT_ONCE = 20
const done = (error: string | null): void => void process.send!({ updates: 0, told: 0, p50: 0, p99: 0, error } satisfies Told)

function online(user: string): Promise<void> {
  const at = { host: '127.0.0.1', port, domain, tls: 'none', mech: 'SCRAM-SHA-1', resource: 'bench', roster: true } as const
  const session = new Session(at, 0, user, 'secret')
  session.onStanza = (s, text, start, tagEnd, end) => {
    if (text.startsWith('<iq', start)) s.answerIq(text, start, tagEnd, end)
  }
  return new Promise((ready, failed) => {
    session.onReady = () => {
      session.write('<presence/>')
      ready()
    }
    session.onFail = (_, why) => failed(new Error(`${user} cannot log in: ${why}`))
    session.connect()
  })
}
process.on('message', () => {
  const users = Array.from({ length: count }, (_, i) => `${prefix}${i}`)
  attempts(users, AT_ONCE, online).then(
    () => done(null),
    (error: unknown) => done(String(error)),
  )
})
process.on('disconnect', () => process.exit())
