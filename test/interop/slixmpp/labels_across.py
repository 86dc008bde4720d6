"""Unmodified slixmpp clients on two servers with two label policies: labels_across.py WHERE-OF-ROMEO WHERE-OF-JULIET

Each argument is `JID PASSWORD PORT CERTIFICATE`. Reads orders from standard input, one JSON list a line, and answers each with one JSON value:
  ["say", who, to, type, label-xml, body]   who says it; label-xml '' for none
  ["hear", who]                             the next message: its body and its display marking, or its error
  ["join", who, room, nick]                 how that ends: 'in', or the condition of the error
  ["leaves", who]                           the status codes of the next unavailable presence of a room to itself
"""
import asyncio
import json
import sys
from xml.etree import ElementTree

import slixmpp

CLIENTS = {}
SEC = 'urn:xmpp:sec-label:0'
MUC_USER = '{http://jabber.org/protocol/muc#user}'


class Client(slixmpp.ClientXMPP):
    def __init__(self, jid, password, port, certificate):
        super().__init__(jid, password)
        self.ca_certs = certificate
        self.use_ipv6 = False
        self.place = ('127.0.0.1', int(port))
        self.default_port = int(port)
        self.ready = asyncio.Event()
        self.heard = asyncio.Queue()
        self.left = asyncio.Queue()
        for name in ('xep_0030', 'xep_0045', 'xep_0258'):
            self.register_plugin(name)
        self.add_event_handler('session_start', lambda _: self.ready.set())
        for name in ('message', 'message_error'):
            self.add_event_handler(name, self.heard.put_nowait)
        self.add_event_handler('groupchat_presence', self.changed)

    def changed(self, presence):
        if presence['type'] != 'unavailable':
            return
        codes = [status.get('code') for status in presence.xml.findall(f'{MUC_USER}x/{MUC_USER}status')]
        if '110' in codes:
            self.left.put_nowait(sorted(codes))

    async def come(self):
        self.connect(address=self.place)
        await asyncio.wait_for(self.ready.wait(), 60)
        await self.get_roster()
        self.send_presence()

    def say(self, to, kind, label, body):
        message = self.make_message(mto=to, mbody=body, mtype=kind)
        if label != '':
            wrapper = ElementTree.SubElement(message.xml, f'{{{SEC}}}securitylabel')
            ElementTree.SubElement(wrapper, f'{{{SEC}}}label').append(ElementTree.fromstring(label))
        message.send()

    async def hear(self):
        message = await asyncio.wait_for(self.heard.get(), 60)
        if message['type'] == 'error':
            return message['error']['condition']
        marking = message.xml.find(f'{{{SEC}}}securitylabel/{{{SEC}}}displaymarking')
        return [message['body'], None if marking is None else marking.text]

    async def join(self, room, nick):
        try:
            await self['xep_0045'].join_muc_wait(room, nick, timeout=60)
            return 'in'
        except slixmpp.exceptions.XMPPError as error:
            return error.condition


async def perform(order, who, *rest):
    client = CLIENTS[who]
    if order == 'say':
        client.say(*rest)
        return None
    if order == 'leaves':
        return await asyncio.wait_for(client.left.get(), 60)
    return await getattr(client, order)(*rest)


async def main():
    for jid, password, port, certificate in (argument.split(' ') for argument in sys.argv[1:]):
        client = Client(jid, password, port, certificate)
        await client.come()
        CLIENTS[jid.split('@')[0]] = client
    print(json.dumps('ready'), flush=True)
    loop = asyncio.get_event_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(await perform(*json.loads(line))), flush=True)


asyncio.get_event_loop().run_until_complete(main())
