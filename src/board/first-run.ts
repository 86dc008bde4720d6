/**
 * The first start. While the server has no account, a person at its machine can create the first two in the browser.
 * Afterwards the page no longer exists. A page from another origin cannot create them without the person's knowledge: the
 * request must name this machine as its host (so that no other name leads here) and contain JSON (which other
 * origins may not send).
 */
import * as v from 'valibot'
import { HttpRefusal, type HttpExchange, type HttpRoutes } from '../base/http.ts'
import type { Host } from '../server/feature.ts'
import { jidOrNull, type Jid } from '../xmpp/jid.ts'
import { opaqueString, PrecisError } from '../xmpp/precis.ts'

type Parts = Pick<Host, 'domains' | 'registrar' | 'stores'>

const BODY_MAX = 4096
const PASSWORD_MIN = 8

const bodySchema = v.strictObject({
  accounts: v.pipe(v.array(v.strictObject({ name: v.string(), password: v.string() })), v.length(2)),
})

/** What is wrong with the request, for the person who sent it. */
class Mistake extends Error {}

export function installFirstRun(routes: HttpRoutes, host: Parts): void {
  let busy = false
  routes.at('/first-run', async (exchange) => {
    exchange.allow('GET', 'POST')
    if (busy || !exchange.peer.atThisMachine || !(await isNew(host)))
      throw new HttpRefusal(404, 'This server already has accounts')
    if (exchange.method === 'GET') return answer(exchange, 200, { domain: host.domains[0] })
    busy = true
    try {
      await makeAccounts(host, await bodyOf(exchange))
      answer(exchange, 201, {})
    } catch (error) {
      if (!(error instanceof Mistake)) throw error
      answer(exchange, 400, { error: error.message })
    } finally {
      busy = false
    }
  })
}

async function isNew({ domains, stores }: Parts): Promise<boolean> {
  for (const domain of domains) if ((await stores.accounts.count(domain)) > 0) return false
  return true
}

async function bodyOf(exchange: HttpExchange): Promise<v.InferOutput<typeof bodySchema>> {
  if (exchange.header('content-type') !== 'application/json') throw new HttpRefusal(415, 'JSON is expected')
  const octets = await exchange.body(BODY_MAX)
  try {
    return v.parse(bodySchema, JSON.parse(octets.toString('utf8')))
  } catch {
    throw new Mistake('Two accounts are expected, each with a name and a password.')
  }
}

async function makeAccounts({ domains, registrar }: Parts, { accounts }: v.InferOutput<typeof bodySchema>): Promise<void> {
  const made = accounts.map(({ name, password }) => ({ address: addressOf(name, domains[0]!), password }))
  if (made[0]!.address.bare === made[1]!.address.bare) throw new Mistake('The two accounts need different names.')
  for (const { address, password } of made) checkPassword(address, password)
  for (const { address, password } of made) await registrar.create(address, password)
}

function checkPassword(address: Jid, password: string): void {
  if (password.length < PASSWORD_MIN) throw new Mistake(`A password has at least ${PASSWORD_MIN} characters.`)
  try {
    opaqueString(password)
  } catch (error) {
    if (error instanceof PrecisError) throw new Mistake(`This cannot be the password of ${address.bare}: ${error.message}.`)
    throw error
  }
}

function addressOf(name: string, domain: string): Jid {
  const address = jidOrNull(`${name}@${domain}`)
  if (address !== null && address.resource === '' && address.local !== '') return address
  throw new Mistake(`"${name}" cannot be a name. Use letters, digits, dots and dashes.`)
}

function answer(exchange: HttpExchange, status: number, value: unknown): void {
  exchange.reply(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }, JSON.stringify(value))
}
