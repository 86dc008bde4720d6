"""Unmodified matrix-nio and slixmpp in a conversation of two: nio_direct.py URL PASSWORD DOMAIN PORT CERTIFICATE

Eve begins with Matrix, gus answers with XMPP and grants what is asked. Prints one JSON object: what each step has led to.
"""
import asyncio
import json
import sys

import slixmpp
from nio import AsyncClient, RoomMessageText, RoomPreset

URL, PASSWORD, DOMAIN, PORT, CERTIFICATE = sys.argv[1:6]
EVE, GUS = f'eve@{DOMAIN}', f'@gus:{DOMAIN}'
told = {}


async def until(is_so, what):
    for _ in range(1200):
        if is_so():
            return
        await asyncio.sleep(0.05)
    raise SystemExit(f'{what} did not come: {json.dumps(told)}')


def xmpp():
    one = slixmpp.ClientXMPP(f'gus@{DOMAIN}', PASSWORD)
    one.ca_certs, one.default_port, one.use_ipv6 = CERTIFICATE, int(PORT), False
    one.auto_authorize, one.ready, one.said, one.asked = None, asyncio.Event(), [], []

    async def start(_):
        one.send_presence()
        await one.get_roster()
        one.ready.set()

    one.add_event_handler('session_start', start)
    one.add_event_handler('message', lambda m: one.said.append([m['from'].bare, m['body']]))
    one.add_event_handler('presence_subscribe', lambda p: one.asked.append(p['from'].bare))
    one.connect((DOMAIN, int(PORT)))
    return one


async def main():
    eve, gus, said = AsyncClient(URL, 'eve'), xmpp(), []

    async def hear(_, event):
        said.append([event.sender.split(':')[0], event.body])

    eve.add_event_callback(hear, RoomMessageText)
    await eve.login(PASSWORD)
    await eve.sync()
    task = asyncio.create_task(eve.sync_forever(timeout=20_000))
    await gus.ready.wait()
    made = await eve.room_create(is_direct=True, invite=[GUS], preset=RoomPreset.trusted_private_chat)
    room = made.room_id
    await until(lambda: EVE in gus.asked, 'the request')
    told['asked'] = gus.asked
    await until(lambda: room in eve.rooms and GUS in eve.rooms[room].invited_users, 'gus as somebody who is invited')
    gus.send_presence(pto=EVE, ptype='subscribed')
    await until(lambda: GUS in eve.rooms[room].users and GUS not in eve.rooms[room].invited_users, 'gus as a member')
    await eve.room_send(room, 'm.room.message', {'msgtype': 'm.text', 'body': 'one'})
    await until(lambda: len(gus.said) == 1, 'one')
    gus.send_message(mto=EVE, mbody='two', mtype='chat')
    await until(lambda: len(said) == 2, 'two')
    told['said'] = {'eve': said, 'gus': gus.said}
    past = await eve.room_messages(room, eve.next_batch, limit=10)
    told['past'] = [event.body for event in past.chunk if isinstance(event, RoomMessageText)]
    task.cancel()
    await eve.close()
    await gus.disconnect()
    print(json.dumps(told))


asyncio.run(main())
