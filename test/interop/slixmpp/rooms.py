"""Two unmodified slixmpp clients in a room: rooms.py ALICE-JID BOB-JID PASSWORD PORT CERTIFICATE DOMAIN first|again

Prints one JSON object: what each step has led to. `again`: only whether Bob is let in.
"""
import asyncio
import json
import sys

import slixmpp

ALICE, BOB, PASSWORD, PORT, CERTIFICATE, DOMAIN, WHEN = sys.argv[1:8]
SERVICE = f'conference.{DOMAIN}'
ROOM = f'tea@{SERVICE}'
said = []
told = {}


def client(jid, nick):
    one = slixmpp.ClientXMPP(jid, PASSWORD)
    one.ca_certs = CERTIFICATE
    one.default_port = int(PORT)
    one.use_ipv6 = False
    one.ready = asyncio.Event()
    for plugin in ('xep_0030', 'xep_0045'):
        one.register_plugin(plugin)

    async def start(_):
        one.send_presence()
        await one.get_roster()
        one.ready.set()

    one.add_event_handler('session_start', start)
    one.add_event_handler('groupchat_message', lambda m: said.append([nick, m['from'].resource, m['body']]))
    one.connect((DOMAIN, int(PORT)))
    return one


async def until(is_so):
    while not is_so():
        await asyncio.sleep(0.05)


async def enter_banned(bob):
    try:
        await bob['xep_0045'].join_muc_wait(ROOM, 'Bob', timeout=30)
    except slixmpp.exceptions.XMPPError as error:
        told['refused'] = error.condition


async def first():
    alice, bob = client(ALICE, 'Alice'), client(BOB, 'Bob')
    await asyncio.gather(alice.ready.wait(), bob.ready.wait())
    services = await alice['xep_0030'].get_items(DOMAIN)
    told['services'] = sorted(item[0] for item in services['disco_items']['items'])
    rooms = alice['xep_0045']
    await rooms.join_muc_wait(ROOM, 'Alice', timeout=30)
    form = await rooms.get_room_config(ROOM)
    form['type'] = 'submit'
    form.set_values({'muc#roomconfig_publicroom': True, 'muc#roomconfig_persistentroom': True, 'muc#roomconfig_roomname': 'Tea'})
    await rooms.set_room_config(ROOM, form)
    await bob['xep_0045'].join_muc_wait(ROOM, 'Bob', timeout=30)
    bob.send_message(mto=ROOM, mbody='hello', mtype='groupchat')
    await until(lambda: len(said) == 2)
    told['said'] = sorted(said)
    told['occupants'] = sorted(rooms.get_roster(ROOM))
    listed = await alice['xep_0030'].get_items(SERVICE)
    told['listed'] = [[item[0], item[2]] for item in listed['disco_items']['items']]
    await rooms.set_role(ROOM, 'Bob', 'none', reason='enough')
    await until(lambda: 'Bob' not in rooms.get_roster(ROOM))
    # Otherwise slixmpp might take this presence for the answer when Bob enters again
    await until(lambda: 'Bob' not in bob['xep_0045'].get_roster(ROOM))
    told['after'] = sorted(rooms.get_roster(ROOM))
    await rooms.set_affiliation(ROOM, 'outcast', jid=BOB)
    await enter_banned(bob)
    await alice.disconnect()
    await bob.disconnect()


async def again():
    bob = client(BOB, 'Bob')
    await bob.ready.wait()
    await enter_banned(bob)
    await bob.disconnect()


asyncio.get_event_loop().run_until_complete(asyncio.wait_for(first() if WHEN == 'first' else again(), 120))
print(json.dumps(told))
