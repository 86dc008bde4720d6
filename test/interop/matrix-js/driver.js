/**
 * A user of matrix-js-sdk, unmodified, in a process of its own: driver.js URL USER PASSWORD [TOKEN DEVICE]. It encrypts if it is
 * ordered to (`encrypt`); its keys are in memory.
 *
 * Orders come as lines of JSON with an id, and are answered by lines with that id. What the client is told comes as lines with
 * `shown`. With a token it does not log in again.
 */
import { createInterface } from 'node:readline'
import { createClient, ClientEvent, MatrixEventEvent, RoomEvent, UserEvent } from 'matrix-js-sdk'
import { decodeRecoveryKey } from 'matrix-js-sdk/lib/crypto-api/index.js'
import { logger } from 'matrix-js-sdk/lib/logger.js'

const [url, user, password, token, device] = process.argv.slice(2)
logger.disableAll()
// Some of its parts log past its logger, to where answers are read
for (const level of ['log', 'info', 'warn', 'error', 'debug', 'trace']) console[level] = () => {}

const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)
const known = token === undefined ? null : { access_token: token, device_id: device, user_id: user }
const login =
  known ??
  (await createClient({ baseUrl: url }).loginRequest({
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user },
    password,
  }))
/** Opens what the user has stored in secret. */
let secretKey = null
const client = createClient({
  baseUrl: url,
  accessToken: login.access_token,
  deviceId: login.device_id,
  userId: login.user_id,
  cryptoCallbacks: {
    getSecretStorageKey: async ({ keys }) => [Object.keys(keys)[0], secretKey],
    cacheSecretStorageKey: (_id, _info, key) => (secretKey = key),
  },
})

client.on(ClientEvent.Sync, (state) => tell({ shown: 'state', state }))
client.on(RoomEvent.Timeline, (event, room, toStartOfTimeline) => {
  // The echo of what this client itself sends has a preliminary id
  if (event.getType() !== 'm.room.message' || toStartOfTimeline || event.isSending()) return
  const { body, msgtype: kind, url } = event.getContent()
  tell({ shown: 'message', from: event.getSender(), body, id: event.getId(), kind, url })
})
client.on(MatrixEventEvent.Decrypted, (event) => {
  if (event.isDecryptionFailure() || event.isSending()) return
  tell({ shown: 'message', from: event.getSender(), body: event.getContent().body, id: event.getId(), encrypted: true })
})
client.on(UserEvent.Presence, (_, { userId, presence, presenceStatusMsg }) =>
  tell({ shown: 'presence', of: userId, presence, text: presenceStatusMsg ?? '' }),
)

const MEGOLM = { algorithm: 'm.megolm.v1.aes-sha2' }
const orders = {
  start: () => client.startClient({ initialSyncLimit: 20, lazyLoadMembers: true, pollTimeout: 10_000 }),
  whoami: () => ({ token: login.access_token, device: login.device_id, user: login.user_id }),
  create: ({ alias, name }) =>
    client
      .createRoom({ room_alias_name: alias, name, preset: 'public_chat', visibility: 'public' })
      .then(({ room_id: id }) => id),
  talk: ({ with: other }) =>
    client.createRoom({ is_direct: true, preset: 'trusted_private_chat', invite: [other] }).then(({ room_id: id }) => id),
  invited: () =>
    client
      .getRooms()
      .filter((room) => room.getMyMembership() === 'invite')
      .map((room) => [room.roomId, room.getDMInviter() ?? null]),
  direct: () => client.getAccountData('m.direct')?.getContent() ?? {},
  member: ({ room, of }) => client.getRoom(room)?.getMember(of)?.membership ?? null,
  encrypt: () => client.initRustCrypto({ useIndexedDB: false }),
  createEncrypted: ({ invite }) =>
    client
      .createRoom({
        preset: 'private_chat',
        invite,
        initial_state: [{ type: 'm.room.encryption', state_key: '', content: MEGOLM }],
      })
      .then(({ room_id: id }) => id),
  switchOn: ({ room }) => client.sendStateEvent(room, 'm.room.encryption', MEGOLM, '').then(({ event_id: id }) => id),
  isEncrypted: ({ room }) => client.getCrypto().isEncryptionEnabledInRoom(room),
  /** What the user reads of encrypted messages; null for what cannot be read. */
  read: ({ room }) =>
    client
      .getRoom(room)
      .getLiveTimeline()
      .getEvents()
      .filter((event) => event.isEncrypted())
      .map((event) => (event.isDecryptionFailure() ? null : (event.getContent().body ?? null))),
  /** The ids of the devices of a user whom the client knows, and whether their user has signed them. */
  async devices({ of }) {
    const crypto = client.getCrypto()
    const devices = (await crypto.getUserDeviceInfo([of], true)).get(of) ?? new Map()
    const states = [...devices.keys()]
      .sort()
      .map(async (id) => [id, (await crypto.getDeviceVerificationStatus(of, id))?.signedByOwner ?? false])
    return Promise.all(states)
  },
  /** Cross-signing, a place for secrets, and a backup. @returns the key of the user for all that */
  async secure() {
    const crypto = client.getCrypto()
    await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: (request) => request(null) })
    const key = await crypto.createRecoveryKeyFromPassphrase()
    await crypto.bootstrapSecretStorage({ createSecretStorageKey: async () => key, setupNewKeyBackup: true })
    return key.encodedPrivateKey
  },
  backedUp: async () => (await client.getCrypto().checkKeyBackupAndEnable())?.backupInfo.count ?? 0,
  async restore({ key }) {
    secretKey = decodeRecoveryKey(key)
    const crypto = client.getCrypto()
    await crypto.userHasCrossSigningKeys(undefined, true)
    await crypto.bootstrapCrossSigning({})
    await crypto.loadSessionBackupPrivateKeyFromSecretStorage()
    return (await crypto.restoreKeyBackup()).imported
  },
  join: ({ alias }) => client.joinRoom(alias).then(({ roomId }) => roomId),
  say: ({ room, text }) => client.sendTextMessage(room, text).then(({ event_id: id }) => id),
  upload: ({ hex, name, type }) =>
    client.uploadContent(Buffer.from(hex, 'hex'), { name, type }).then(({ content_uri: url }) => url),
  picture: ({ room, url, name }) => client.sendImageMessage(room, url, { mimetype: 'image/png' }, name).then(() => null),
  /** With a width: the picture in that size. */
  async fetch({ url, width }) {
    const at = client.mxcUrlToHttp(url, width, width, width && 'scale', false, true, true)
    const answer = await fetch(at, { headers: { Authorization: `Bearer ${login.access_token}` } })
    return answer.ok ? Buffer.from(await answer.arrayBuffer()).toString('hex') : answer.status
  },
  portrait: ({ url }) => client.setAvatarUrl(url).then(() => null),
  profile: ({ of }) => client.getProfileInfo(of),
  show: ({ presence, text }) => client.setPresence({ presence, status_msg: text }),
  status: ({ of }) => client.getUser(of)?.presenceStatusMsg ?? '',
  async about({ room: id }) {
    const room = client.getRoom(id)
    await room.loadMembersIfNeeded()
    return {
      name: room.name,
      members: room
        .getJoinedMembers()
        .map(({ userId }) => userId)
        .sort(),
    }
  },
  async past({ room: id }) {
    const room = client.getRoom(id)
    while (await client.paginateEventTimeline(room.getLiveTimeline(), { backwards: true, limit: 5 }));
    const events = room.getLiveTimeline().getEvents()
    return events.filter((event) => event.getType() === 'm.room.message').map((event) => event.getContent().body)
  },
  leave: ({ room }) => client.leave(room).then(() => null),
  async logout() {
    await client.logout(true)
    return null
  },
}
for await (const line of createInterface({ input: process.stdin })) {
  const { id, do: what, ...more } = JSON.parse(line)
  Promise.resolve()
    .then(() => orders[what](more))
    .then(
      (answer) => tell({ id, answer: answer ?? null }),
      (error) => tell({ id, error: error.errcode ?? String(error) }),
    )
}
