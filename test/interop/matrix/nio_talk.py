"""An unmodified matrix-nio client and slixmpp in a room that hides addresses: nio_talk.py URL PASSWORD DOMAIN PORT CERTIFICATE

Gus makes the room with XMPP; eve knows it from nothing but its alias. They correct, react, answer and say what they have read.
Prints one JSON object: what each step has led to.
"""
import asyncio
import json
import sys

import slixmpp
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import StanzaPath
from nio import AsyncClient, ReceiptEvent, RedactionEvent, RoomMessageText, UnknownEvent

URL, PASSWORD, DOMAIN, PORT, CERTIFICATE = sys.argv[1:6]
ROOM = f'den@conference.{DOMAIN}'
told = {}


async def until(is_so, what):
    for _ in range(1200):
        if is_so():
            return
        await asyncio.sleep(0.05)
    raise SystemExit(f'{what} did not come: {json.dumps(told)}')


class Eve:
    """A nio client that syncs on its own and keeps the events that it is told."""

    def __init__(self):
        self.client = AsyncClient(URL, 'eve')
        self.events = []
        self.receipts = []
        self.raw = []
        self.client.add_event_callback(self.hear, (RoomMessageText, UnknownEvent, RedactionEvent))
        self.client.add_ephemeral_callback(self.read, ReceiptEvent)
        self.client.add_response_callback(self.keep)

    async def keep(self, response):
        answer = getattr(response, 'transport_response', None)
        if answer is not None:
            self.raw.append(await answer.text())

    async def hear(self, room, event):
        self.events.append(event)

    async def read(self, room, event):
        self.receipts += [(one.user_id, one.event_id) for one in event.receipts]

    def last(self, kind):
        found = [event for event in self.events if isinstance(event, kind)]
        return found[-1] if found else None

    def has_read(self, body):
        last = self.last(RoomMessageText)
        return last is not None and last.body == body

    async def send(self, room, content, kind='m.room.message'):
        return (await self.client.room_send(room, kind, content)).event_id


class Gus(slixmpp.ClientXMPP):
    def __init__(self):
        super().__init__(f'gus@{DOMAIN}', PASSWORD)
        self.ca_certs, self.default_port, self.use_ipv6 = CERTIFICATE, int(PORT), False
        self.ready, self.heard = asyncio.Event(), []
        for plugin in (30, 45, 308, 333, 359, 424, 428, 444, 461):
            self.register_plugin(f'xep_{plugin:04}')
        self.add_event_handler('session_start', self.start)
        # What has no body is no event of slixmpp
        self.register_handler(Callback('all messages', StanzaPath('message'), self.hear))

    async def start(self, _):
        self.send_presence()
        await self.get_roster()
        self.ready.set()

    def hear(self, message):
        marks = ('{urn:xmpp:sid:0}origin-id', '{urn:xmpp:message-retract:1}retract', '{urn:xmpp:chat-markers:0}displayed')
        is_said = any(message.xml.find(mark) is not None for mark in marks)
        if message['type'] == 'groupchat' and message['from'].resource == 'Evie' and is_said:
            self.heard.append(message)

    async def next(self, what):
        await until(lambda: self.heard, what)
        return self.heard.pop(0)

    def say(self, text, add=lambda message: None):
        message = self.make_message(mto=ROOM, mbody=text, mtype='groupchat')
        message['id'] = self.new_id()
        add(message)
        message.send()
        return message['id']


def stable(message):
    return message['stanza_id']['id']


async def main():
    eve, gus = Eve(), Gus()
    gus.connect((DOMAIN, int(PORT)))
    await eve.client.login(PASSWORD)
    await asyncio.gather(eve.client.sync(), gus.ready.wait())
    await gus['xep_0045'].join_muc_wait(ROOM, 'Gus', timeout=60)
    form = await gus['xep_0045'].get_room_config(ROOM)
    form['type'] = 'submit'
    await gus['xep_0045'].set_room_config(ROOM, form)
    await eve.client.set_displayname('Evie')
    room = (await eve.client.join(f'#den:{DOMAIN}')).room_id
    task = asyncio.create_task(eve.client.sync_forever(timeout=20_000))
    await until(lambda: room in eve.client.rooms and len(eve.client.rooms[room].users) == 2, 'two members')
    told['members'] = sorted(
        [user.display_name, 'hidden' if key.startswith('@_occ_') else key] for key, user in eve.client.rooms[room].users.items()
    )

    first = await eve.send(room, {'msgtype': 'm.text', 'body': 'helo'})
    heard = await gus.next('helo')
    told['sender'] = heard['from'].resource
    told['same id'] = '$' + stable(heard) == first
    now = {'msgtype': 'm.text', 'body': 'hello'}
    await eve.send(room, {**now, 'body': '* hello', 'm.new_content': now,
                          'm.relates_to': {'rel_type': 'm.replace', 'event_id': first}})
    corrected = await gus.next('the correction')
    told['corrected'] = [corrected['body'], corrected['replace']['id'] == heard['id']]

    own = gus.say('ther')
    await until(lambda: eve.has_read('ther'), 'ther')
    event = eve.last(RoomMessageText)
    told['sender is hidden'] = event.sender.startswith('@_occ_')

    def correct(message):
        message['replace']['id'] = own

    gus.say('there', correct)
    await until(lambda: eve.has_read('* there'), '* there')
    relation = eve.last(RoomMessageText).source['content']['m.relates_to']
    told['correction'] = [relation['rel_type'], relation['event_id'] == event.event_id]

    reaction = gus.make_message(mto=ROOM, mtype='groupchat')
    gus['xep_0444'].set_reactions(reaction, first[1:], {'👍'})
    reaction.send()
    await until(lambda: eve.last(UnknownEvent), 'a reaction')
    seen = eve.last(UnknownEvent)
    relation = seen.source['content']['m.relates_to']
    told['reaction'] = [seen.type, relation['key'], relation['event_id'] == first]
    none = gus.make_message(mto=ROOM, mtype='groupchat')
    gus['xep_0444'].set_reactions(none, first[1:], set())
    none.send()
    await until(lambda: eve.last(RedactionEvent), 'the end of the reaction')
    told['taken back'] = eve.last(RedactionEvent).redacts == seen.event_id
    await eve.send(room, {'m.relates_to': {'rel_type': 'm.annotation', 'event_id': event.event_id, 'key': '🐢'}}, 'm.reaction')
    turtle = await gus.next('a turtle')
    told['turtle'] = [sorted(turtle['reactions'].get_values()), turtle['reactions']['id'] == event.event_id[1:]]

    await eve.send(room, {'msgtype': 'm.text', 'body': 'fine',
                          'm.relates_to': {'m.in_reply_to': {'event_id': event.event_id}}})
    answer = await gus.next('an answer')
    told['answer'] = [answer['body'], answer['reply']['id'] == event.event_id[1:], answer.xml.find('{urn:xmpp:fallback:0}fallback').get('for')]
    said = await eve.send(room, {'msgtype': 'm.text', 'body': 'oops'})
    await gus.next('oops')
    await eve.client.room_redact(room, said)
    retracted = await gus.next('a retraction')
    told['retraction'] = retracted.xml.find('{urn:xmpp:message-retract:1}retract').get('id') == said[1:]

    await eve.client.room_read_markers(room, event.event_id, event.event_id)
    marker = await gus.next('a marker')
    told['marker'] = marker['displayed']['id'] == event.event_id[1:]
    displayed = gus.make_message(mto=ROOM, mtype='groupchat')
    displayed['displayed']['id'] = first[1:]
    displayed.send()
    await until(lambda: any(one == first for _, one in eve.receipts), 'a receipt')
    told['receipt is hidden'] = all(user.startswith(('@_occ_', '@eve:')) for user, _ in eve.receipts)

    task.cancel()
    members = await eve.client.joined_members(room)
    past = await eve.client.room_messages(room, eve.client.next_batch, limit=50)
    told['past'] = len([one for one in past.chunk if isinstance(one, RoomMessageText)])
    whole = ' '.join(eve.raw) + repr(members) + repr(past)
    told['address is hidden'] = f'@gus:{DOMAIN}' not in whole and f'gus@{DOMAIN}' not in whole
    told['something was looked at'] = len(whole) > 10_000
    await eve.client.close()
    await gus.disconnect()
    print(json.dumps(told))


asyncio.run(main())
