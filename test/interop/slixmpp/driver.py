"""Drives an unmodified slixmpp by JSON lines, as driver-protocol.ts describes them.

Only public methods and options are used. What slixmpp does by itself that a person would decide (approving whoever
asks) is switched off.
"""
import asyncio
import json
import logging
import ssl
import sys

import slixmpp
from slixmpp.exceptions import IqError

from in_rooms import InRooms

PLUGINS = ('xep_0030', 'xep_0191', 'xep_0199', 'xep_0203', 'xep_0280')


TO_TEST = sys.stdout


def write(**line):
    TO_TEST.write(json.dumps(line) + '\n')
    TO_TEST.flush()


class Refused(Exception):
    """An order that came to nothing; its text is the condition."""


class Driver(InRooms):
    Refused = Refused

    def __init__(self):
        self.client = None

    async def login(self, jid, password, host, port, security, tls, certificate, managed):
        client = self.client = slixmpp.ClientXMPP(jid, password)
        client.ca_certs = certificate
        client.ssl_context.maximum_version = ssl.TLSVersion[tls]
        # slixmpp 1.8.3 forgets the port that `connect` is given with a name, and waits a second between addresses.
        client.default_port = port
        client.use_ipv6 = False
        client.auto_authorize = None
        client.auto_subscribe = False
        for plugin in PLUGINS + (('xep_0198',) if managed else ()):
            client.register_plugin(plugin)
        if '--rooms' in sys.argv:
            self.prepare_rooms(client, write)
        client.add_event_handler('presence', self.on_presence)
        client.add_event_handler('message', self.on_message)
        client.add_event_handler('carbon_received', lambda m: self.on_carbon(m['carbon_received']))
        client.add_event_handler('carbon_sent', lambda m: self.on_carbon(m['carbon_sent']))
        client.add_event_handler('roster_update', self.on_roster)
        client.add_event_handler('disconnected', lambda reason: write(shown='closed', condition=str(reason or '')))

        over = asyncio.get_running_loop().create_future()
        refusals = []
        settle = lambda outcome: over.done() or over.set_result(outcome)
        reason = lambda otherwise: refusals[-1] if refusals else str(otherwise)
        client.add_event_handler('failed_auth', lambda failure: refusals.append(failure['condition']))
        client.add_event_handler('failed_all_auth', lambda _: settle(reason('no-mechanism')))
        client.add_event_handler('disconnected', lambda why: settle(reason(why)))
        client.add_event_handler('session_start', lambda _: settle(None))
        self.place = dict(address=(host, port), use_ssl=security == 'direct-tls', force_starttls=security == 'starttls')
        client.connect(**self.place)
        refusal = await over
        if refusal is not None:
            raise Refused(refusal)
        await self.know_caps()
        return {'jid': client.boundjid.full, 'mechanism': client['feature_mechanisms'].mech.name}

    async def resume(self):
        client = self.client
        over = asyncio.get_running_loop().create_future()
        settle = lambda outcome: over.done() or over.set_result(outcome)
        client.add_event_handler('session_resumed', lambda _: settle(None), disposable=True)
        client.add_event_handler('sm_failed', lambda _: settle('session-over'), disposable=True)
        if client.transport is not None:
            await client.disconnected
        client.connect(**self.place)
        refusal = await over
        if refusal is not None:
            raise Refused(refusal)

    async def acknowledge(self):
        sm = self.client.plugin['xep_0198']
        if sm.enabled_in:
            sm.send_ack()

    async def logout(self):
        await self.client.disconnect()

    async def presence(self, show, status):
        self.client.send_presence(pshow=None if show == 'online' else show, pstatus=status)

    async def roster(self):
        answered = asyncio.get_running_loop().create_future()
        self.client.get_roster(callback=answered.set_result)
        await answered
        roster = self.client.client_roster
        return [{'jid': jid, 'subscription': roster[jid]['subscription']} for jid in roster.keys()]

    async def add(self, jid):
        self.client.update_roster(jid, name='')
        self.client.send_presence_subscription(pto=jid, ptype='subscribe')

    async def approve(self, jid):
        self.client.send_presence_subscription(pto=jid, ptype='subscribed')

    async def message(self, jid, body):
        self.client.send_message(mto=jid, mbody=body, mtype='chat')

    async def ping(self, jid):
        await self.client['xep_0199'].send_ping(jid)

    async def disco(self, jid):
        info = (await self.client['xep_0030'].get_info(jid=jid))['disco_info']
        return sorted(info['features'])

    async def block(self, jid):
        await self.client['xep_0191'].block(jid)

    async def unblock(self, jid):
        await self.client['xep_0191'].unblock(jid)

    async def carbons(self):
        await self.client['xep_0280'].enable()

    def on_presence(self, presence):
        sender, kind = presence['from'].full, presence['type']
        if kind == 'subscribe':
            write(shown='request', **{'from': sender})
        elif kind == 'unavailable':
            write(shown='presence', show='offline', status=presence['status'], **{'from': sender})
        elif kind in ('available', 'away', 'chat', 'dnd', 'xa'):
            show = 'online' if kind == 'available' else kind
            write(shown='presence', show=show, status=presence['status'], **{'from': sender})

    def on_message(self, message):
        if message['body']:
            self.show_message(message, carbon=False)

    def on_carbon(self, message):
        self.show_message(message, carbon=True)

    def show_message(self, message, carbon):
        delayed = bool(message['delay']['stamp'])
        write(shown='message', body=message['body'], carbon=carbon, delayed=delayed, **{'from': message['from'].full})

    def on_roster(self, iq):
        for jid, item in iq['roster']['items'].items():
            write(shown='contact', jid=str(jid), subscription=item['subscription'])


async def carry_out(driver, order):
    number, name = order.pop('id'), order.pop('do')
    try:
        write(answer=number, value=await getattr(driver, name)(**order))
    except Refused as refusal:
        write(answer=number, error=str(refusal))
    except IqError as error:
        write(answer=number, error=error.condition)


async def main():
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    driver = Driver()
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        await carry_out(driver, json.loads(line))


asyncio.run(main())
