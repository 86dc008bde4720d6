/** The server as the operator's page speaks to it: the login, and orders with their answers. */

export type Role = 'viewer' | 'operator'

/** What the server says it cannot do, or will not; the message is for people. */
export class Refusal extends Error {}

type Answer = { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly message: string }

export class Server {
  #csrf = ''

  /** @param ticket '' to go on with the login that the browser has @throws Refusal */
  async login(ticket: string): Promise<Role> {
    const response = ticket === '' ? await fetch('/admin/login') : await post('/admin/login', { ticket })
    const { role, csrf } = (await checked(response)) as { role: Role; csrf: string }
    this.#csrf = csrf
    return role
  }
  async logout(): Promise<void> {
    await checked(await post('/admin/logout', {}, this.#csrf))
  }
  /** @throws Refusal */
  async order<T>(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<T> {
    const answer = (await checked(await post('/admin/order', { command, args }, this.#csrf))) as Answer
    if (!answer.ok) throw new Refusal(answer.message)
    return answer.result as T
  }
}

function post(path: string, body: unknown, csrf = ''): Promise<Response> {
  const headers = { 'content-type': 'application/json', 'x-csrf-token': csrf }
  return fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })
}

/** @throws Refusal with words for people, also when the answer is not what the server sends */
async function checked(response: Response): Promise<unknown> {
  if (!response.ok) throw new Refusal((await response.text()).trim())
  const text = await response.text()
  try {
    return JSON.parse(text)
  } catch {
    throw new Refusal(`The answer of the server cannot be read. It begins with: ${text.slice(0, 80)}`)
  }
}
