"""Two unmodified slixmpp clients send each other files: bytestreams.py ALICE-JID BOB-JID PASSWORD PORT CERTIFICATE DOMAIN

Through the proxy (XEP-0065) and inside stanzas (XEP-0047). Prints one JSON object: what each step has led to.
"""
import asyncio
import hashlib
import json
import sys

import slixmpp

ALICE, BOB, PASSWORD, PORT, CERTIFICATE, DOMAIN = sys.argv[1:7]
FILE = b''.join(hashlib.sha256(b'%d' % i).digest() for i in range(8192))
told = {}


def client(jid):
    one = slixmpp.ClientXMPP(jid, PASSWORD)
    one.ca_certs = CERTIFICATE
    one.default_port = int(PORT)
    one.use_ipv6 = False
    one.ready = asyncio.Event()
    one.auto_authorize = one.auto_subscribe = True
    for plugin in ('xep_0030', 'xep_0047', 'xep_0065'):
        one.register_plugin(plugin)
    one['xep_0065'].auto_accept = one['xep_0047'].auto_accept = True
    one['xep_0047'].max_block_size = 65535

    async def start(_):
        one.send_presence()
        await one.get_roster()
        one.ready.set()

    one.add_event_handler('session_start', start)
    one.connect((DOMAIN, int(PORT)))
    return one


async def main():
    alice, bob = client(ALICE), client(BOB)
    await asyncio.gather(alice.ready.wait(), bob.ready.wait())
    sees = asyncio.Event()
    alice.add_event_handler('got_online', lambda p: p['from'].bare == BOB and sees.set())
    alice.send_presence(pto=BOB, ptype='subscribe')
    await asyncio.wait_for(sees.wait(), 20)
    for one, other in ((alice, bob), (bob, alice)):
        one.send_presence(pto=other.boundjid.full)

    told['proxies'] = {str(jid): host for jid, (host, _) in (await alice['xep_0065'].discover_proxies()).items()}
    got, complete = bytearray(), asyncio.Event()

    def arrived(data):
        got.extend(data)
        if len(got) >= len(FILE):
            complete.set()

    bob.add_event_handler('socks5_data', arrived)
    stream = await alice['xep_0065'].handshake(bob.boundjid.full)
    await stream.write(FILE)
    await asyncio.wait_for(complete.wait(), 30)
    told['through the proxy'] = bytes(got) == FILE
    stream.transport.close()

    streams = asyncio.Queue()
    bob.add_event_handler('ibb_stream_start', streams.put_nowait)
    for name, use_messages in (('in IQs', False), ('in messages', True)):
        out = await alice['xep_0047'].open_stream(bob.boundjid.full, block_size=65535, use_messages=use_messages)
        inside = await asyncio.wait_for(streams.get(), 20)
        gathered = asyncio.ensure_future(inside.gather(timeout=60))
        await out.sendall(FILE, timeout=60)
        await out.close()
        told[name] = [inside.block_size, (await gathered) == FILE]
    await alice.disconnect()
    await bob.disconnect()


asyncio.get_event_loop().run_until_complete(asyncio.wait_for(main(), 120))
print(json.dumps(told))
