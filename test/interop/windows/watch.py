"""slixmpp beside Dino (Romeo) and Gajim (Juliet), as a second client of both: watch.py FOLDER

It publishes bookmarks and pictures, and waits until the windows have done what follows. Prints one JSON object.
"""
import asyncio
import base64
import hashlib
import json
import pathlib
import sqlite3
import sys

import slixmpp
from slixmpp.exceptions import IqError
from slixmpp.xmlstream import ET

HERE = pathlib.Path(sys.argv[1])
ROOM = 'tea@conference.localhost'
BOOKMARKS = 'urn:xmpp:bookmarks:1'
DEVICES = 'eu.siacs.conversations.axolotl.devicelist'
TEXT = 'Good morrow, größer & <smaller>'
WHITE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
BLACK = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='


def client(name):
    one = slixmpp.ClientXMPP(f'{name}@localhost/watch', 'but soft')
    one.ca_certs = HERE / 'data/self-signed.crt'
    one.use_ipv6 = False
    for plugin in ('xep_0004', 'xep_0030', 'xep_0045', 'xep_0060', 'xep_0084'):
        one.register_plugin(plugin)
    one.ready = asyncio.Event()

    async def start(_):
        one.send_presence()
        await one.get_roster()
        one.ready.set()

    one.add_event_handler('session_start', start)
    one.connect(('127.0.0.1', 5222))
    return one


async def until(is_so):
    while not is_so():
        await asyncio.sleep(0.1)


def form(one, kind, **fields):
    made = one['xep_0004'].make_form('submit')
    made.add_field(var='FORM_TYPE', ftype='hidden', value=f'http://jabber.org/protocol/{kind}')
    prefix = 'muc#roomconfig_' if kind.startswith('muc') else 'pubsub#'
    for name, value in fields.items():
        made.add_field(var=prefix + name, value=value)
    return made


async def devices_of(one):
    """Until the client with the window has published its device (XEP-0384)."""
    while True:
        try:
            answer = await one['xep_0060'].get_items(one.boundjid.bare, DEVICES)
            devices = [device for item in answer['pubsub']['items'] for device in item['payload']]
            if devices:
                return len(devices)
        except IqError as error:
            assert error.condition == 'item-not-found', error.condition
        await asyncio.sleep(0.1)


async def bookmark(one, nick):
    conference = ET.Element(f'{{{BOOKMARKS}}}conference', {'name': 'Tea House', 'autojoin': 'true'})
    ET.SubElement(conference, f'{{{BOOKMARKS}}}nick').text = nick
    options = form(one, 'pubsub#publish-options', persist_items='true', max_items='max', access_model='whitelist', send_last_published_item='never')
    await one['xep_0060'].publish(one.boundjid.bare, BOOKMARKS, id=ROOM, payload=conference, options=options)


async def picture(one, text):
    data = base64.b64decode(text)
    digest = hashlib.sha1(data).hexdigest()
    await one['xep_0084'].publish_avatar(data)
    await one['xep_0084'].publish_avatar_metadata([{'id': digest, 'type': 'image/png', 'bytes': str(len(data))}])
    return digest


def has_file(folder, name):
    return any(path.name.startswith(name) for path in (HERE / folder).rglob('*'))


def has_row(folder, name, table):
    for file in (HERE / folder).rglob(name):
        try:
            with sqlite3.connect(f'file:{file}?mode=ro', uri=True) as database:
                return any(TEXT in row for row in database.execute(f'select * from {table}'))
        except sqlite3.OperationalError:
            return False
    return False


async def play():
    romeo, juliet = client('romeo'), client('juliet')
    await asyncio.gather(romeo.ready.wait(), juliet.ready.wait())
    told = {'devices': [await devices_of(romeo), await devices_of(juliet)]}
    rooms = romeo['xep_0045']
    await rooms.join_muc_wait(ROOM, 'Host', timeout=60)
    await rooms.set_room_config(ROOM, form(romeo, 'muc#roomconfig', roomname='Tea House', whois='anyone'))
    await bookmark(romeo, 'Romeo')
    await bookmark(juliet, 'Juliet')
    await until(lambda: len(rooms.get_roster(ROOM)) == 3)
    told['room'] = sorted(rooms.get_roster(ROOM))
    romeo.send_message(mto=ROOM, mbody=TEXT, mtype='groupchat')
    await until(lambda: has_row('dino', 'dino.db', 'message'))
    await until(lambda: has_row('gajim', 'logs.db', 'logs'))
    told['read'] = True
    # Dino fetches the picture of somebody when it shows them
    juliet.send_message(mto='romeo@localhost', mbody=TEXT, mtype='chat')
    of_romeo, of_juliet = await picture(romeo, WHITE), await picture(juliet, BLACK)
    await until(lambda: has_file('gajim', of_romeo) and has_file('dino', of_juliet))
    told['pictures'] = True
    return told


# slixmpp prints what it likes
out, sys.stdout = sys.stdout, sys.stderr
print(json.dumps(asyncio.get_event_loop().run_until_complete(asyncio.wait_for(play(), 240))), file=out)
