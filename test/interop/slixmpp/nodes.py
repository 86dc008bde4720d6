"""An unmodified slixmpp keeps a picture and a bookmark, or says what it finds: nodes.py JID PASSWORD HOST PORT CERTIFICATE keep|find

Prints one JSON object.
"""
import asyncio
import hashlib
import json
import sys

import slixmpp
from slixmpp.xmlstream import ET

JID, PASSWORD, HOST, PORT, CERTIFICATE, WHAT = sys.argv[1:7]
DATA = b'\x89PNG\r\n\x1a\nmoved'
ID = hashlib.sha1(DATA).hexdigest()
BOOKMARKS = 'urn:xmpp:bookmarks:1'
ROOM = 'tea@conference.localhost'


def bookmark():
    conference = ET.Element(f'{{{BOOKMARKS}}}conference', {'name': 'Tea & größer', 'autojoin': 'true'})
    ET.SubElement(conference, f'{{{BOOKMARKS}}}nick').text = 'Me'
    return conference


def private(client):
    form = client['xep_0004'].make_form('submit')
    form.add_field(var='FORM_TYPE', ftype='hidden', value='http://jabber.org/protocol/pubsub#publish-options')
    for name, value in dict(persist_items='true', max_items='50', access_model='whitelist', send_last_published_item='never').items():
        form.add_field(var=f'pubsub#{name}', value=value)
    return form


async def keep(client):
    await client['xep_0084'].publish_avatar(DATA, timeout=20)
    await client['xep_0084'].publish_avatar_metadata(dict(id=ID, type='image/png', bytes=len(DATA)), timeout=20)
    await client['xep_0060'].publish(JID, BOOKMARKS, id=ROOM, payload=bookmark(), options=private(client), timeout=20)
    return {}


async def find(client):
    data = await client['xep_0084'].retrieve_avatar(JID, ID, timeout=20)
    items = (await client['xep_0060'].get_items(JID, BOOKMARKS, timeout=20))['pubsub']['items']
    config = await client['xep_0060'].get_node_config(JID, BOOKMARKS, timeout=20)
    card = await client['xep_0054'].get_vcard(JID, cached=False, timeout=20)
    return {
        'picture': data['pubsub']['items']['item']['avatar_data']['value'] == DATA,
        'picture in the card': card['vcard_temp']['PHOTO']['BINVAL'] == DATA,
        'bookmarks': [[item['id'], item['payload'].get('name'), item['payload'][0].text] for item in items],
        'access': config['pubsub_owner']['configure']['form'].get_values()['pubsub#access_model'],
    }


async def main():
    client = slixmpp.ClientXMPP(JID, PASSWORD)
    client.ca_certs = CERTIFICATE
    client.default_port = int(PORT)
    client.use_ipv6 = False
    for plugin in ('xep_0004', 'xep_0054', 'xep_0060', 'xep_0084', 'xep_0163'):
        client.register_plugin(plugin)
    ready = asyncio.get_running_loop().create_future()
    client.add_event_handler('session_start', lambda _: ready.set_result(None))
    client.connect((HOST, int(PORT)))
    await ready
    client.send_presence()
    told = await (keep if WHAT == 'keep' else find)(client)
    await client.disconnect()
    print(json.dumps(told))


asyncio.get_event_loop().run_until_complete(asyncio.wait_for(main(), 80))
