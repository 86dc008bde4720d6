"""Two unmodified slixmpp clients and security labels: labels.py ALICE-JID BOB-JID PASSWORD PORT CERTIFICATE DOMAIN

Alice asks for the catalogue, sends Bob a message with each label of it, and says the same in a room. Prints one JSON object: what
each step has led to.
"""
import asyncio
import json
import sys

import slixmpp
from slixmpp.plugins.xep_0258 import ESSLabel

ALICE, BOB, PASSWORD, PORT, CERTIFICATE, DOMAIN = sys.argv[1:7]
ROOM = f'den@conference.{DOMAIN}'
ITEM = '{urn:xmpp:sec-label:catalog:2}item'
told = {}


class Client(slixmpp.ClientXMPP):
    def __init__(self, jid):
        super().__init__(jid, PASSWORD)
        self.ca_certs = CERTIFICATE
        self.default_port = int(PORT)
        self.use_ipv6 = False
        self.ready = asyncio.Event()
        self.heard = asyncio.Queue()
        for name in ('xep_0030', 'xep_0045', 'xep_0258'):
            self.register_plugin(name)
        self.add_event_handler('session_start', lambda _: self.ready.set())
        self.add_event_handler('message', self.heard.put_nowait)
        self.add_event_handler('message_error', self.heard.put_nowait)

    async def come(self):
        self.connect((DOMAIN, int(PORT)))
        await asyncio.wait_for(self.ready.wait(), 60)
        await self.get_roster()
        self.send_presence()

    def say(self, to, kind, label, body):
        message = self.make_message(mto=to, mbody=body, mtype=kind)
        ess = ESSLabel()
        ess.xml.text = label
        message['security_label']['label'].append(ess)
        message.send()

    async def hears(self):
        message = await asyncio.wait_for(self.heard.get(), 60)
        if message['type'] == 'error':
            return message['error']['condition']
        return f"{message['body']}: {message['security_label']['display_marking']['value']}"


RESTRICTED, SECRET = 'MQYCAQIGASk=', 'MQYCAQQGASk='


async def main():
    alice, bob = Client(ALICE), Client(BOB)
    for client in (alice, bob):
        await client.come()
    told['advertised'] = 'urn:xmpp:sec-label:catalog:2' in (await alice['xep_0030'].get_info(DOMAIN))['disco_info']['features']
    for name, client in (('alice', alice), ('bob', bob)):
        answer = await client['xep_0258'].get_catalog(DOMAIN)
        told[f'offered to {name}'] = [item.get('selector') for item in answer['security_label_catalog'].xml.findall(ITEM)]
    alice.say(bob.boundjid.full, 'chat', RESTRICTED, 'one')
    told['bob'] = await bob.hears()
    alice.say(bob.boundjid.full, 'chat', SECRET, 'two')
    told['alice'] = await alice.hears()

    await alice['xep_0045'].join_muc_wait(ROOM, 'Alice')
    form = await alice['xep_0045'].get_room_config(ROOM)
    answer = form.get_fields()
    answer['{urn:xmpp:sec-label:0}room_clearance']['value'] = 'secret'
    form['type'] = 'submit'
    await alice['xep_0045'].set_room_config(ROOM, form)
    await bob['xep_0045'].join_muc_wait(ROOM, 'Bob')
    while not alice.heard.empty():
        alice.heard.get_nowait()
    while not bob.heard.empty():
        bob.heard.get_nowait()
    for label, body in ((SECRET, 'three'), (RESTRICTED, 'four')):
        alice.say(ROOM, 'groupchat', label, body)
    heard = []
    while not heard or not heard[-1].startswith('four'):
        heard.append(await alice.hears())
    told['alice in the room'] = [text for text in heard if text[:4] in ('thre', 'four')]
    heard = []
    while not heard or not heard[-1].startswith('four'):
        heard.append(await bob.hears())
    told['bob in the room'] = [text for text in heard if text[:4] in ('thre', 'four')]
    print(json.dumps(told))


asyncio.get_event_loop().run_until_complete(asyncio.wait_for(main(), 140))
