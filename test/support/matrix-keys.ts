/** Matrix devices with keys, and what they are told, for stories. */
import { matrixAtPort, matrixIn, type MatrixClient } from './matrix-client.ts'
import type { Cast } from './story.ts'

export const settings = {
  'enabled': true,
  'logins-per-minute': 0,
  'rooms-per-hour': 0,
  'joins-per-minute': 0,
  'sends-per-second': 0,
  'to-device': 100,
  'one-time-keys': 50,
}
/** A device of a user. */
export async function matrix(cast: Cast, user: string, device: string): Promise<MatrixClient> {
  await cast.server.account(user)
  const come = cast.transport === 'memory' ? matrixIn(cast.server) : matrixAtPort(cast.server.port!)
  return come().login(user, { device_id: device })
}
export const CURVE = 'signed_curve25519'
export const keysOf = ({ userId, device }: MatrixClient, more: object = {}) => ({
  user_id: userId,
  device_id: device,
  algorithms: ['m.megolm.v1.aes-sha2'],
  keys: { [`ed25519:${device}`]: 'abc', [`curve25519:${device}`]: 'def' },
  signatures: { [userId]: { [`ed25519:${device}`]: 'sig' } },
  ...more,
})
export const upload = (client: MatrixClient, body: object = { device_keys: keysOf(client) }) =>
  client.good('POST', '/v3/keys/upload', body)
export const room = async (client: MatrixClient): Promise<string> =>
  (await client.good('POST', '/v3/createRoom', { preset: 'public_chat', room_alias_name: 'den' })).room_id

/** Reads what is new with the token of the last time. */
export class Reader {
  readonly client: MatrixClient
  token: string | null = null

  constructor(client: MatrixClient) {
    this.client = client
  }
  static async of(client: MatrixClient): Promise<Reader> {
    const reader = new Reader(client)
    await reader.news()
    return reader
  }
  async peek() {
    return this.client.get(`/v3/sync?set_presence=offline${this.token === null ? '' : `&since=${this.token}`}`)
  }
  async news() {
    const answer = await this.peek()
    this.token = answer.next_batch
    return answer
  }
  async letters(): Promise<readonly unknown[]> {
    const { to_device: letters } = await this.news()
    return (letters?.events ?? []).map(({ content }: { readonly content: { readonly n?: unknown } }) => content.n)
  }
  async lists(): Promise<readonly [changed: readonly string[], left: readonly string[]]> {
    const { device_lists: lists } = await this.news()
    return [(lists?.changed ?? []).toSorted(), lists?.left ?? []]
  }
}
