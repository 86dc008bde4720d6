"""Two unmodified matrix-nio clients and slixmpp in one room: nio_rooms.py URL PASSWORD DOMAIN PORT CERTIFICATE

Eve makes a public room, fay joins with Matrix, gus with XMPP. Prints one JSON object: what each step has led to.
"""
import asyncio
import json
import sys

import slixmpp
from nio import AsyncClient, PresenceEvent, RoomMessageText, RoomPreset, RoomVisibility

URL, PASSWORD, DOMAIN, PORT, CERTIFICATE = sys.argv[1:6]
ROOM = f'den@conference.{DOMAIN}'
GUS = f'@gus:{DOMAIN}'
told = {}


class Person:
    """A nio client that syncs on its own and remembers what it is told."""

    def __init__(self, name):
        self.client = AsyncClient(URL, name)
        self.said = []
        self.presence = {}
        self.client.add_event_callback(self.hear, RoomMessageText)
        self.client.add_presence_callback(self.see, PresenceEvent)

    async def hear(self, room, event):
        self.said.append([event.sender.split(':')[0], event.body])

    async def see(self, event):
        self.presence[event.user_id] = event.presence

    async def begin(self):
        await self.client.login(PASSWORD)
        await self.client.sync()
        self.task = asyncio.create_task(self.client.sync_forever(timeout=20_000))

    async def kill(self):
        """Without a word to the server. The token of the last answer is all that is left."""
        self.task.cancel()
        await self.client.close()
        return self.client.next_batch

    def say(self, room, text):
        return self.client.room_send(room, 'm.room.message', {'msgtype': 'm.text', 'body': text})


async def until(is_so, what):
    for _ in range(1200):
        if is_so():
            return
        await asyncio.sleep(0.05)
    raise SystemExit(f'{what} did not come: {json.dumps(told)}')


def xmpp():
    one = slixmpp.ClientXMPP(f'gus@{DOMAIN}', PASSWORD)
    one.ca_certs, one.default_port, one.use_ipv6 = CERTIFICATE, int(PORT), False
    one.ready, one.said, one.shown = asyncio.Event(), [], {}
    for plugin in ('xep_0030', 'xep_0045'):
        one.register_plugin(plugin)

    async def start(_):
        one.send_presence()
        await one.get_roster()
        one.ready.set()

    def shown(presence):
        one.shown[presence['from'].resource] = presence['type']

    one.add_event_handler('session_start', start)
    one.add_event_handler('groupchat_message', lambda m: one.said.append([m['from'].resource, m['body']]))
    one.add_event_handler('groupchat_presence', shown)
    one.connect((DOMAIN, int(PORT)))
    return one


async def main():
    eve, fay, gus = Person('eve'), Person('fay'), xmpp()
    await asyncio.gather(eve.begin(), fay.begin(), gus.ready.wait())
    made = await eve.client.room_create(RoomVisibility.public, 'den', 'The den', 'Foxes', preset=RoomPreset.public_chat)
    room = made.room_id
    told['joined'] = (await fay.client.join(f'#den:{DOMAIN}')).room_id == room
    await gus['xep_0045'].join_muc_wait(ROOM, 'Gus', timeout=60)
    for one in (eve, fay):
        await until(lambda one=one: room in one.client.rooms and GUS in one.client.rooms[room].users, 'gus in the room')
        await until(lambda one=one: one.presence.get(GUS) == 'online', 'presence of gus')
    told['members'] = sorted(eve.client.rooms[room].users)
    told['name'] = [fay.client.rooms[room].name, fay.client.rooms[room].topic]
    await until(lambda: gus.shown.get('eve') == gus.shown.get('fay') == 'available', 'eve and fay in slixmpp')

    await eve.say(room, 'one')
    await until(lambda: len(gus.said) == 1, 'one')
    gus.send_message(mto=ROOM, mbody='two', mtype='groupchat')
    await until(lambda: ['@gus', 'two'] in fay.said, 'two')
    await fay.say(room, 'three')
    for said in (eve.said, fay.said, gus.said):
        await until(lambda said=said: len(said) >= 3, 'three')

    await eve.client.set_presence('unavailable', 'reading')
    await until(lambda: gus.shown.get('eve') == 'away', 'eve away')
    gus.send_presence(pto=f'{ROOM}/Gus', pshow='away')
    gus.send_presence(pshow='away')
    await until(lambda: fay.presence.get(GUS) == 'unavailable', 'gus away')

    token, secret, user = await fay.kill(), fay.client.access_token, fay.client.user_id
    gus.send_message(mto=ROOM, mbody='four', mtype='groupchat')
    await until(lambda: ['@gus', 'four'] in eve.said, 'four')
    again = AsyncClient(URL, user)
    again.access_token, again.user_id = secret, user
    answer = await again.sync(since=token)
    told['missed'] = [event.body for event in answer.rooms.join[room].timeline.events if isinstance(event, RoomMessageText)]
    await again.close()
    told['said'] = {'eve': eve.said, 'fay': fay.said, 'gus': gus.said}
    await eve.kill()
    await gus.disconnect()
    print(json.dumps(told))


asyncio.run(main())
