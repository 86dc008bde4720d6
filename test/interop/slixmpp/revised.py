"""A slixmpp client that asks for the revision of XEP-0310, and one that loses its connection: revised.py ALICE-JID BOB-JID PASSWORD PORT CERTIFICATE DOMAIN

Prints one JSON array: Bob's presence with the doubt, and with the end of the doubt, as Alice has got them.
"""
import asyncio
import json
import sys

import slixmpp

ALICE, BOB, PASSWORD, PORT, CERTIFICATE, DOMAIN = sys.argv[1:7]
ANNOTATION = '{urn:xmpp:psa:0}state-annotation'


def client(jid):
    one = slixmpp.ClientXMPP(jid, PASSWORD)
    one.ca_certs = CERTIFICATE
    one.default_port = int(PORT)
    one.use_ipv6 = False
    one.ready = asyncio.Event()
    one.auto_authorize = one.auto_subscribe = True
    for plugin in ('xep_0030', 'xep_0115', 'xep_0198'):
        one.register_plugin(plugin)

    async def start(_):
        one['xep_0030'].add_feature('urn:xmpp:psa:0')
        await one['xep_0115'].update_caps(broadcast=False)
        one.send_presence(pstatus='here')
        await one.get_roster()
        one.ready.set()

    one.add_event_handler('session_start', start)
    one.connect((DOMAIN, int(PORT)))
    return one


async def main():
    alice, bob = client(ALICE), client(BOB)
    await asyncio.gather(alice.ready.wait(), bob.ready.wait())
    sees, resumed, annotated = asyncio.Event(), asyncio.Event(), asyncio.Queue()
    bob.add_event_handler('session_resumed', lambda _: resumed.set())

    def hear(presence):
        if presence['from'].bare != BOB:
            return
        sees.set()
        if presence.xml.find(ANNOTATION) is not None:
            annotated.put_nowait(presence)

    alice.add_event_handler('presence', hear)
    alice.send_presence(pto=BOB, ptype='subscribe')
    await asyncio.wait_for(sees.wait(), 30)
    bob.transport.abort()
    paused = await asyncio.wait_for(annotated.get(), 30)
    bob.connect((DOMAIN, int(PORT)))
    await asyncio.wait_for(resumed.wait(), 30)
    # Whatever has come of the subscription meanwhile repeats the doubt
    while len((back := await asyncio.wait_for(annotated.get(), 30)).xml.find(ANNOTATION)):
        pass
    await alice.disconnect()
    await bob.disconnect()
    return [str(paused), str(back)]


print(json.dumps(asyncio.get_event_loop().run_until_complete(asyncio.wait_for(main(), 140))))
