"""Two unmodified slixmpp clients keep cards and private data: storage.py ALICE-JID BOB-JID PASSWORD PORT CERTIFICATE DOMAIN

Prints one JSON object: what each step has led to.
"""
import asyncio
import json
import sys

import slixmpp
from slixmpp.xmlstream import ElementBase, register_stanza_plugin

ALICE, BOB, PASSWORD, PORT, CERTIFICATE, DOMAIN = sys.argv[1:7]
told = {}


class Notes(ElementBase):
    name = 'storage'
    namespace = 'storage:rosternotes'
    plugin_attrib = 'notes'
    interfaces = {'note'}
    sub_interfaces = interfaces


def client(jid):
    one = slixmpp.ClientXMPP(jid, PASSWORD)
    one.ca_certs = CERTIFICATE
    one.default_port = int(PORT)
    one.use_ipv6 = False
    one.ready = asyncio.Event()
    for plugin in ('xep_0030', 'xep_0045', 'xep_0049', 'xep_0054'):
        one.register_plugin(plugin)
    one['xep_0049'].register(Notes)

    async def start(_):
        one.send_presence()
        await one.get_roster()
        one.ready.set()

    one.add_event_handler('session_start', start)
    one.connect((DOMAIN, int(PORT)))
    return one


async def outcome(request):
    try:
        return await request
    except slixmpp.exceptions.IqError as error:
        return error.condition


async def main():
    alice, bob = client(ALICE), client(BOB)
    await asyncio.gather(alice.ready.wait(), bob.ready.wait())
    told['none'] = await outcome(bob['xep_0054'].get_vcard(ALICE, timeout=20))
    card = alice['xep_0054'].make_vcard()
    card['FN'] = 'Alice Liddell'
    card['PHOTO']['TYPE'] = 'image/png'
    card['PHOTO']['BINVAL'] = b'not really a picture'
    await alice['xep_0054'].publish_vcard(card, timeout=20)
    read = (await bob['xep_0054'].get_vcard(ALICE, timeout=20))['vcard_temp']
    told['read'] = [read['FN'], read['PHOTO']['TYPE'], read['PHOTO']['BINVAL'].decode()]
    told['own'] = (await alice['xep_0054'].get_vcard(local=False, cached=False, timeout=20))['vcard_temp']['FN']
    room = f'tea@conference.{DOMAIN}'
    await alice['xep_0045'].join_muc_wait(room, 'Alice', timeout=20)
    await alice['xep_0045'].set_room_config(room, alice['xep_0004'].make_form('submit'))
    await bob['xep_0045'].join_muc_wait(room, 'Bob', timeout=20)
    answer = await bob['xep_0054'].get_vcard(f'{room}/Alice', cached=False, timeout=20)
    told['in the room'] = [str(answer['from']), answer['vcard_temp']['FN'], 'alice@' in str(answer)]

    notes = Notes()
    notes['note'] = 'né <3'
    await alice['xep_0049'].store(notes, timeout=20)
    told['note'] = (await alice['xep_0049'].retrieve('notes', timeout=20))['private']['notes']['note']
    told['note of bob'] = (await bob['xep_0049'].retrieve('notes', timeout=20))['private']['notes']['note']
    await alice.disconnect()
    await bob.disconnect()


asyncio.get_event_loop().run_until_complete(asyncio.wait_for(main(), 120))
print(json.dumps(told))
