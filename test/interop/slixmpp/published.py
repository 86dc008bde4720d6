"""Another client beside Gajim's library: published.py publish|read JID PASSWORD PORT CERTIFICATE DOMAIN [OWNER]

publish: a bookmark, an avatar and the devices of OMEMO. read: OWNER's avatar and devices, and one's own bookmarks. Prints one JSON object.
"""
import asyncio
import hashlib
import json
import sys

import slixmpp
from slixmpp.xmlstream import ET

MODE, JID, PASSWORD, PORT, CERTIFICATE, DOMAIN = sys.argv[1:7]
AXOLOTL = 'eu.siacs.conversations.axolotl'
BOOKMARKS = 'urn:xmpp:bookmarks:1'
METADATA = 'urn:xmpp:avatar:metadata'
PICTURE = b'a picture of slixmpp' * 300
result = {}


def element(tag, namespace, **attributes):
    return ET.Element('{%s}%s' % (namespace, tag), attributes)


async def publish(client):
    nodes, avatars = client['xep_0060'], client['xep_0084']
    room = element('conference', BOOKMARKS, name='Tea', autojoin='true')
    await nodes.publish(JID, BOOKMARKS, id=f'tea@conference.{DOMAIN}', payload=room)
    digest = hashlib.sha1(PICTURE).hexdigest()
    await avatars.publish_avatar(PICTURE)
    await avatars.publish_avatar_metadata([{'id': digest, 'type': 'image/png', 'bytes': len(PICTURE)}])
    devices = element('list', AXOLOTL)
    devices.append(element('device', AXOLOTL, id='7'))
    await nodes.publish(JID, f'{AXOLOTL}.devicelist', id='current', payload=devices)
    result['avatar'] = [digest, len(PICTURE)]


async def read(client):
    nodes, owner = client['xep_0060'], sys.argv[7]

    async def payloads(of, node):
        answer = await nodes.get_items(of, node)
        return [(item['id'], item['payload']) for item in answer['pubsub']['items']]

    [(digest, _)] = await payloads(owner, METADATA)
    avatar = await client['xep_0084'].retrieve_avatar(owner, digest)
    data = avatar['pubsub']['items']['item']['avatar_data']['value']
    result['avatar'] = [hashlib.sha1(data).hexdigest() == digest, len(data)]
    [(_, devices)] = await payloads(owner, f'{AXOLOTL}.devicelist')
    result['devices'] = sorted(int(one.get('id')) for one in devices)
    result['bookmarks'] = sorted(
        [name, room.get('name'), room.get('autojoin') in ('1', 'true')] for name, room in await payloads(JID, BOOKMARKS)
    )


async def play():
    client = slixmpp.ClientXMPP(f'{JID}/slixmpp', PASSWORD)
    client.ca_certs = CERTIFICATE
    client.default_port = int(PORT)
    client.use_ipv6 = False
    for plugin in ('xep_0030', 'xep_0060', 'xep_0084', 'xep_0163'):
        client.register_plugin(plugin)
    ready = asyncio.Event()
    client.add_event_handler('session_start', lambda _: ready.set())
    client.connect((DOMAIN, int(PORT)))
    await ready.wait()
    await (publish if MODE == 'publish' else read)(client)
    await client.disconnect()


asyncio.get_event_loop().run_until_complete(asyncio.wait_for(play(), 40))
print(json.dumps(result))
