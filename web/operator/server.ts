/** The page's connection to the server: the login, and orders with their answers. */
import { o } from './words.ts'

export type Role = 'viewer' | 'operator'

/** The server cannot or will not do something. The message is for people. */
export class Refusal extends Error {}

type Answer = { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly message: string }

export class Server {
  #csrf = ''

  /** @param ticket '' to continue with the browser's present login @throws Refusal */
  async login(ticket: string): Promise<Role> {
    const answer = ticket === '' ? await ask('/admin/login') : await post('/admin/login', { ticket })
    const { role, csrf } = answer as { role: Role; csrf: string }
    this.#csrf = csrf
    return role
  }
  async logout(): Promise<void> {
    await post('/admin/logout', {}, this.#csrf)
  }
  /** @throws Refusal */
  async order<T>(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<T> {
    const answer = (await post('/admin/order', { command, args }, this.#csrf)) as Answer
    if (!answer.ok) throw new Refusal(answer.message)
    return answer.result as T
  }
}

function post(path: string, body: unknown, csrf = ''): Promise<object> {
  const headers = { 'content-type': 'application/json', 'x-csrf-token': csrf }
  return ask(path, { method: 'POST', headers, body: JSON.stringify(body) })
}

/** @throws Refusal with words for people: the server refuses, cannot be reached, or its answer cannot be read */
async function ask(path: string, request: RequestInit = {}): Promise<object> {
  const [status, text] = await fetch(path, request)
    .then(async (response) => [response.status, await response.text()] as const)
    .catch(() => {
      throw new Refusal(o.unreachable)
    })
  if (status !== 200) throw new Refusal(text.trim() || o.status(status))
  const answer = parsed(text)
  if (answer === null) throw new Refusal(o.unreadable(text.slice(0, 80)))
  return answer
}

/** Null if the text is not an object in JSON. */
function parsed(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' ? value : null
  } catch {
    return null
  }
}
