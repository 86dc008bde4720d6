/**
 * A user of matrix-js-sdk, unmodified and without encryption, in a process of its own: driver.js URL USER PASSWORD [TOKEN DEVICE]
 *
 * Orders come as lines of JSON with an id, and are answered by lines with that id. What the client is told comes as lines with
 * `shown`. With a token it does not log in again.
 */
import { createInterface } from 'node:readline'
import { createClient, ClientEvent, RoomEvent, UserEvent } from 'matrix-js-sdk'
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
const client = createClient({ baseUrl: url, accessToken: login.access_token, deviceId: login.device_id, userId: login.user_id })

client.on(ClientEvent.Sync, (state) => tell({ shown: 'state', state }))
client.on(RoomEvent.Timeline, (event, room, toStartOfTimeline) => {
  // The echo of what this client itself sends has a preliminary id
  if (event.getType() !== 'm.room.message' || toStartOfTimeline || event.isSending()) return
  const { body, msgtype: kind, url } = event.getContent()
  tell({ shown: 'message', from: event.getSender(), body, id: event.getId(), kind, url })
})
client.on(UserEvent.Presence, (_, { userId, presence, presenceStatusMsg }) =>
  tell({ shown: 'presence', of: userId, presence, text: presenceStatusMsg ?? '' }),
)

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
