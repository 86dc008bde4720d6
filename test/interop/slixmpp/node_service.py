"""An unmodified slixmpp makes a node at a service, another one, perhaps on another server, subscribes (XEP-0060).

node_service.py SERVICE JID PASSWORD HOST PORT CERTIFICATE JID PASSWORD HOST PORT CERTIFICATE

Prints one JSON object: what each step has led to.
"""
import asyncio
import json
import sys

import slixmpp
from slixmpp.exceptions import IqError
from slixmpp.xmlstream import ET

SERVICE = sys.argv[1]
NODE = 'news & <größer>'
told = {}
heard = []


def client(jid, password, host, port, certificate):
    one = slixmpp.ClientXMPP(jid, password)
    one.ca_certs = certificate
    one.default_port = int(port)
    one.use_ipv6 = False
    one.ready = asyncio.Event()
    for plugin in ('xep_0004', 'xep_0030', 'xep_0060'):
        one.register_plugin(plugin)

    async def start(_):
        one.send_presence()
        one.ready.set()

    one.add_event_handler('session_start', start)
    one.connect((host, int(port)))
    return one


def entry(text):
    element = ET.Element('{urn:example:entry}entry')
    element.text = text
    return element


def listen(one):
    items = lambda message: message['pubsub_event']['items']
    one.add_event_handler('pubsub_publish', lambda m: heard.append(['published', m['from'].full, items(m)['item']['payload'].text]))
    one.add_event_handler('pubsub_retract', lambda m: heard.append(['retracted', items(m)['retract']['id']]))
    one.add_event_handler('pubsub_purge', lambda m: heard.append(['purged', m['pubsub_event']['purge']['node']]))
    one.add_event_handler('pubsub_delete', lambda m: heard.append(['deleted', m['pubsub_event']['delete']['node']]))


async def until(count):
    while len(heard) < count:
        await asyncio.sleep(0.05)


async def refusal(request):
    try:
        await request
    except IqError as error:
        return error.condition
    return ''


async def main():
    alice, bob = client(*sys.argv[2:7]), client(*sys.argv[7:12])
    listen(bob)
    await asyncio.gather(alice.ready.wait(), bob.ready.wait())
    mine, theirs = alice['xep_0060'], bob['xep_0060']
    info = await bob['xep_0030'].get_info(SERVICE, timeout=30)
    told['service'] = sorted(kind[:2] for kind in info['disco_info']['identities'])
    form = alice['xep_0004'].make_form('submit')
    form.add_field(var='FORM_TYPE', ftype='hidden', value='http://jabber.org/protocol/pubsub#node_config')
    form.add_field(var='pubsub#title', value='News')
    form.add_field(var='pubsub#max_items', value='3')
    await mine.create_node(SERVICE, NODE, config=form, timeout=30)
    nodes = await theirs.get_nodes(SERVICE, timeout=30)
    told['nodes'] = sorted([item[1], item[2]] for item in nodes['disco_items']['items'])
    subscription = await theirs.subscribe(SERVICE, NODE, timeout=30)
    told['subscribed'] = subscription['pubsub']['subscription']['subscription']
    await mine.publish(SERVICE, NODE, id='1', payload=entry('one'), timeout=30)
    await mine.publish(SERVICE, NODE, id='2', payload=entry('two'), timeout=30)
    await until(2)
    told['not mine'] = await refusal(theirs.publish(SERVICE, NODE, payload=entry('x'), timeout=30))
    await mine.retract(SERVICE, NODE, '1', notify=True, timeout=30)
    await until(3)
    items = await theirs.get_items(SERVICE, NODE, timeout=30)
    told['items'] = [[item['id'], item['payload'].text] for item in items['pubsub']['items']]
    config = await mine.get_node_config(SERVICE, NODE, timeout=30)
    told['title'] = config['pubsub_owner']['configure']['form'].get_values()['pubsub#title']
    await mine.modify_affiliations(SERVICE, NODE, [(bob.boundjid.bare, 'publisher')], timeout=30)
    await theirs.publish(SERVICE, NODE, id='3', payload=entry('by the other'), timeout=30)
    await until(4)
    await mine.purge(SERVICE, NODE, timeout=30)
    await until(5)
    subscriptions = await mine.get_node_subscriptions(SERVICE, NODE, timeout=30)
    told['subscribers'] = [one['jid'].full for one in subscriptions['pubsub_owner']['subscriptions']]
    await mine.delete_node(SERVICE, NODE, timeout=30)
    await until(6)
    told['gone'] = await refusal(theirs.get_items(SERVICE, NODE, timeout=30))
    told['heard'] = heard
    for one in (alice, bob):
        await one.disconnect()
    print(json.dumps(told))


asyncio.run(asyncio.wait_for(main(), 120))
