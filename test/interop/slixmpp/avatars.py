"""Unmodified slixmpp clients set and see a picture, and bookmark rooms: avatars.py ALICE-JID BOB-JID PASSWORD PORT CERTIFICATE DOMAIN

Prints one JSON object: what each step has led to.
"""
import asyncio
import hashlib
import json
import sys

import slixmpp
from slixmpp.plugins.xep_0048 import Bookmarks

ALICE, BOB, PASSWORD, PORT, CERTIFICATE, DOMAIN = sys.argv[1:7]
FIRST, SECOND = b'\x89PNG\r\n\x1a\nfirst', b'\x89PNG\r\n\x1a\nsecond'
told = {}


def client(jid, *plugins):
    one = slixmpp.ClientXMPP(jid, PASSWORD)
    one.ca_certs = CERTIFICATE
    one.default_port = int(PORT)
    one.use_ipv6 = False
    one.ready = asyncio.Event()
    for plugin in ('xep_0030', 'xep_0054', 'xep_0060', 'xep_0115', 'xep_0163', *plugins):
        one.register_plugin(plugin)

    async def start(_):
        await one.get_roster()
        one.send_presence()
        one.ready.set()

    one.add_event_handler('session_start', start)
    one.connect((DOMAIN, int(PORT)))
    return one


async def until(is_so):
    while not is_so():
        await asyncio.sleep(0.05)


def hash_of(data):
    return hashlib.sha1(data).hexdigest()


async def main():
    alice, bob = client(ALICE, 'xep_0084'), client(BOB, 'xep_0084', 'xep_0153')
    hashes, published = [], []
    bob.add_event_handler('vcard_avatar_update', lambda p: p['from'].bare == ALICE and hashes.append(p['vcard_temp_update']['photo']))
    bob.add_event_handler('avatar_metadata_publish', lambda m: published.append(m['pubsub_event']['items']['item']['id']))
    await asyncio.gather(alice.ready.wait(), bob.ready.wait())
    alice.send_presence_subscription(pto=BOB)
    await until(lambda: bob.client_roster[ALICE]['subscription'] == 'both' and alice.client_roster[BOB]['subscription'] == 'both')

    await alice['xep_0084'].publish_avatar(FIRST, timeout=20)
    await alice['xep_0084'].publish_avatar_metadata(dict(id=hash_of(FIRST), type='image/png', bytes=len(FIRST)), timeout=20)
    await until(lambda: hash_of(FIRST) in hashes)
    photo = (await bob['xep_0054'].get_vcard(ALICE, cached=False, timeout=20))['vcard_temp']['PHOTO']
    told['published, seen in the card'] = photo['BINVAL'] == FIRST

    old = client(ALICE, 'xep_0153', 'xep_0048', 'xep_0223')
    await old.ready.wait()
    await old['xep_0153'].set_avatar(avatar=SECOND, mtype='image/png', timeout=20)
    await until(lambda: hash_of(SECOND) in hashes and hash_of(SECOND) in published)
    data = await bob['xep_0084'].retrieve_avatar(ALICE, hash_of(SECOND), timeout=20)
    told['in the card, seen as an item'] = data['pubsub']['items']['item']['avatar_data']['value'] == SECOND

    bookmarks = Bookmarks()
    bookmarks.add_conference(f'tea@conference.{DOMAIN}', 'Alice', name='Tea', autojoin=True)
    await old['xep_0048'].set_bookmarks(bookmarks, method='xep_0049', timeout=20)
    rooms = lambda stanza: [[str(c['jid']), c['nick'], c['name'], c['autojoin']] for c in stanza['bookmarks']['conferences']]
    told['private'] = rooms((await old['xep_0048'].get_bookmarks(method='xep_0049', timeout=20))['private'])
    told['as an item'] = rooms((await old['xep_0048'].get_bookmarks(method='xep_0223', timeout=20))['pubsub']['items']['item'])
    items = await alice['xep_0060'].get_items(ALICE, 'urn:xmpp:bookmarks:1', timeout=20)
    told['one for each room'] = [item['id'] for item in items['pubsub']['items']]
    for one in (alice, bob, old):
        await one.disconnect()


asyncio.get_event_loop().run_until_complete(asyncio.wait_for(main(), 120))
print(json.dumps(told))
