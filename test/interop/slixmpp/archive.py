"""Unmodified slixmpp clients read their archives: archive.py ALICE-JID BOB-JID PASSWORD PORT CERTIFICATE DOMAIN

Prints one JSON object: what each step has led to.
"""
import asyncio
import json
import sys

import slixmpp

ALICE, BOB, PASSWORD, PORT, CERTIFICATE, DOMAIN = sys.argv[1:7]
told = {}


def client(jid):
    one = slixmpp.ClientXMPP(jid, PASSWORD)
    one.ca_certs = CERTIFICATE
    one.default_port = int(PORT)
    one.use_ipv6 = False
    one.ready = asyncio.Event()
    one.heard = []
    for plugin in ('xep_0030', 'xep_0004', 'xep_0059', 'xep_0297', 'xep_0313', 'xep_0359'):
        one.register_plugin(plugin)

    async def start(_):
        await one.get_roster()
        one.send_presence()
        one.ready.set()

    one.add_event_handler('session_start', start)
    one.add_event_handler('message', lambda m: one.heard.append((m['body'], m['stanza_id']['id'])))
    one.connect((DOMAIN, int(PORT)))
    return one


async def until(is_so):
    while not is_so():
        await asyncio.sleep(0.05)


async def archive_of(one, **query):
    found = []
    async for result in one['xep_0313'].iterate(total=100, **query):
        forwarded = result['mam_result']['forwarded']
        found.append((forwarded['stanza']['body'], result['mam_result']['id']))
    return found


async def main():
    alice, bob = client(ALICE), client(BOB)
    await asyncio.gather(alice.ready.wait(), bob.ready.wait())
    for n in range(7):
        one, other = (alice, BOB) if n % 2 == 0 else (bob, ALICE)
        one.send_message(mto=other, mbody=str(n), mtype='chat')
        listener = bob if n % 2 == 0 else alice
        await until(lambda: listener.heard and listener.heard[-1][0] == str(n))
    all_of_bob = await archive_of(bob, rsm={'max': 3})
    all_of_alice = await archive_of(alice, with_jid=slixmpp.JID(BOB), rsm={'max': 2}, reverse=True)
    told['bob'] = [body for body, _ in all_of_bob]
    told['alice'] = [body for body, _ in all_of_alice]
    told['one id'] = [id for _, id in all_of_bob] == [id for _, id in reversed(all_of_alice)]
    told['live ids'] = dict(bob.heard) == {body: id for body, id in all_of_bob if int(body) % 2 == 0}
    print(json.dumps(told))
    sys.stdout.flush()
    import os
    os._exit(0)


asyncio.get_event_loop().run_until_complete(main())
