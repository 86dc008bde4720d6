"""Two unmodified slixmpp clients with personal eventing: eventing.py ALICE-JID BOB-JID PASSWORD PORT CERTIFICATE DOMAIN

Prints one JSON object: what each step has led to.
"""
import asyncio
import hashlib
import json
import sys

import slixmpp
from slixmpp.exceptions import XMPPError
from slixmpp.xmlstream import ET, ElementBase

ALICE, BOB, PASSWORD, PORT, CERTIFICATE, DOMAIN = sys.argv[1:7]
DEVICES = 'eu.siacs.conversations.axolotl.devicelist'
BOOKMARKS = 'urn:xmpp:bookmarks:1'
PICTURE = b'not really a picture' * 500
told = {}
heard = []


class DeviceList(ElementBase):
    name = 'list'
    namespace = 'eu.siacs.conversations.axolotl'
    plugin_attrib = 'devices'
    interfaces = set()


def client(jid):
    one = slixmpp.ClientXMPP(jid, PASSWORD)
    one.ca_certs = CERTIFICATE
    one.default_port = int(PORT)
    one.use_ipv6 = False
    one.auto_authorize = True
    one.auto_subscribe = True
    one.ready = asyncio.Event()
    for plugin in ('xep_0030', 'xep_0060', 'xep_0115', 'xep_0163', 'xep_0084', 'xep_0107', 'xep_0172', 'xep_0222', 'xep_0223'):
        one.register_plugin(plugin)

    async def start(_):
        one.send_presence()
        await one.get_roster()
        one.ready.set()

    one.add_event_handler('session_start', start)
    one.connect((DOMAIN, int(PORT)))
    return one


def listen(one):
    def note(kind, text):
        return lambda message: heard.append([kind, text(message['pubsub_event']['items']['item'])])

    one.add_event_handler('user_mood_publish', note('mood', lambda item: item['mood']['value']))
    one.add_event_handler('user_nick_publish', note('nick', lambda item: item['nick']['nick']))
    one.add_event_handler('avatar_metadata_publish', note('avatar', lambda item: item['id']))


async def until(is_so):
    while not is_so():
        await asyncio.sleep(0.05)


def element(name, namespace, text=''):
    made = ET.Element('{%s}%s' % (namespace, name))
    made.text = text
    return made


async def condition(answer):
    try:
        await answer
        return 'result'
    except XMPPError as error:
        return error.condition


async def play():
    alice, bob = client(ALICE), client(BOB)
    listen(bob)
    await asyncio.gather(alice.ready.wait(), bob.ready.wait())
    bob.send_presence_subscription(pto=ALICE)
    await until(lambda: bob.client_roster[ALICE]['subscription'] == 'both')

    info = await alice['xep_0030'].get_info(jid=ALICE)
    told['identities'] = sorted(list(one[:2]) for one in info['disco_info']['identities'])

    # Of what is published before the server knows what Bob's client can do, Bob is sent the last items, in whatever order
    await alice['xep_0107'].publish_mood('happy', 'it works')
    await until(lambda: len(heard) >= 1)
    await alice['xep_0172'].publish_nick('Al')
    await until(lambda: len(heard) >= 2)
    await alice['xep_0084'].publish_avatar(PICTURE)
    digest = hashlib.sha1(PICTURE).hexdigest()
    await alice['xep_0084'].publish_avatar_metadata([{'id': digest, 'type': 'image/png', 'bytes': len(PICTURE)}])
    await until(lambda: len(heard) >= 3)
    told['heard'] = [[kind, 'the hash' if text == digest else text] for kind, text in heard]
    avatar = await bob['xep_0084'].retrieve_avatar(ALICE, digest)
    told['avatar'] = avatar['pubsub']['items']['item']['avatar_data']['value'] == PICTURE

    private = alice['xep_0223']
    for room in ('tea', 'coffee'):
        made = element('conference', BOOKMARKS)
        await alice['xep_0060'].publish(ALICE, BOOKMARKS, id=f'{room}@conference.{DOMAIN}', payload=made)
    own = await private.retrieve(BOOKMARKS)
    told['bookmarks'] = [item['id'] for item in own['pubsub']['items']]
    told['bookmarks of others'] = await condition(bob['xep_0060'].get_items(ALICE, BOOKMARKS))
    await alice['xep_0060'].retract(ALICE, BOOKMARKS, f'tea@conference.{DOMAIN}', notify=True)
    ids = await alice['xep_0030'].get_items(jid=ALICE, node=BOOKMARKS)
    told['left'] = [name for _, _, name in ids['disco_items']['items']]

    await alice['xep_0222'].store(DeviceList(), node=DEVICES, id='current')
    form = await alice['xep_0060'].get_node_config(ALICE, DEVICES)
    told['devices'] = form['pubsub_owner']['configure']['form'].get_values()['pubsub#access_model']
    nodes = await bob['xep_0060'].get_nodes(jid=ALICE)
    told['nodes'] = sorted(node for _, node, _ in nodes['disco_items']['items'])

    await bob['xep_0060'].subscribe(ALICE, DEVICES)
    subscriptions = await alice['xep_0060'].get_node_subscriptions(ALICE, DEVICES)
    told['subscribers'] = [str(one['jid']) for one in subscriptions['pubsub_owner']['subscriptions']]
    await alice['xep_0060'].delete_node(ALICE, DEVICES)
    told['deleted'] = await condition(bob['xep_0060'].get_items(ALICE, DEVICES))

    again = client(BOB)
    heard.clear()
    listen(again)
    await again.ready.wait()
    await until(lambda: len([one for one in heard if one[0] == 'avatar']) >= 1 and len(heard) >= 3)
    told['again'] = sorted(kind for kind, _ in heard)
    for one in (alice, bob, again):
        await one.disconnect()


asyncio.get_event_loop().run_until_complete(asyncio.wait_for(play(), 120))
print(json.dumps(told))
