"""Two unmodified matrix-nio clients with encryption, in a room that they encrypt: nio_crypto.py URL PASSWORD FOLDER

Prints one JSON object: what each step has led to.
"""
import asyncio
import json
import os
import sys

from nio import AsyncClient, AsyncClientConfig, RoomMessageText

URL, PASSWORD, FOLDER = sys.argv[1:4]
MEGOLM = {'type': 'm.room.encryption', 'state_key': '', 'content': {'algorithm': 'm.megolm.v1.aes-sha2'}}
told = {}


async def until(step, is_so, what):
    for _ in range(600):
        if is_so():
            return
        await step()
    raise SystemExit(f'{what} did not come: {json.dumps(told)}')


class Person:
    def __init__(self, name):
        folder = os.path.join(FOLDER, name)
        os.makedirs(folder)
        config = AsyncClientConfig(store_sync_tokens=True, encryption_enabled=True)
        self.client = AsyncClient(URL, name, store_path=folder, config=config)
        self.heard = []
        self.client.add_event_callback(self.hear, RoomMessageText)

    async def hear(self, room, event):
        self.heard.append((event.body, event.decrypted))

    async def begin(self):
        await self.client.login(PASSWORD)
        await self.step()

    async def step(self):
        client = self.client
        await client.sync(timeout=200)
        if client.should_upload_keys:
            await client.keys_upload()
        if client.should_query_keys:
            await client.keys_query()
        await client.send_to_device_messages()

    def knows(self, other, room):
        devices = self.client.device_store.active_user_devices(other.client.user_id)
        return room in self.client.rooms and self.client.rooms[room].encrypted and any(True for _ in devices)

    async def say(self, room, text):
        content = {'msgtype': 'm.text', 'body': text}
        await self.client.room_send(room, 'm.room.message', content, ignore_unverified_devices=True)


async def main():
    eve, fay = Person('eve'), Person('fay')

    async def both():
        await eve.step()
        await fay.step()

    for one in (eve, fay):
        await one.begin()
    made = await eve.client.room_create(invite=[fay.client.user_id], initial_state=[MEGOLM])
    room = made.room_id
    await until(both, lambda: room in fay.client.invited_rooms, 'the invitation')
    await fay.client.join(room)
    await until(both, lambda: eve.knows(fay, room) and fay.knows(eve, room), 'the keys of the other')
    await eve.say(room, 'one')
    await until(both, lambda: ('one', True) in fay.heard, 'one')
    await fay.say(room, 'two')
    await until(both, lambda: ('two', True) in eve.heard, 'two')
    for one, text in ((fay, 'one'), (eve, 'two')):
        told[one.client.user_id] = [said for said in one.heard if said[0] == text]
    for one in (eve, fay):
        await one.client.logout()
        await one.client.close()
    print(json.dumps(told))


asyncio.run(main())
