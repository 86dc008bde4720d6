"""Unmodified slixmpp clients invite and are invited: invitations.py ALICE-JID NEW-JID PASSWORD PORT CERTIFICATE DOMAIN

Alice asks for an invitation (XEP-0401). A newcomer shows its token (XEP-0445), registers (XEP-0077) and logs in.
Prints one JSON object: what each step has led to.
"""
import asyncio
import json
import re
import sys

import slixmpp

ALICE, NEW, PASSWORD, PORT, CERTIFICATE, DOMAIN = sys.argv[1:7]
told = {}


def client(jid, *plugins):
    one = slixmpp.ClientXMPP(jid, PASSWORD)
    one.ca_certs = CERTIFICATE
    one.default_port = int(PORT)
    one.use_ipv6 = False
    one.ready = asyncio.Event()
    for plugin in ('xep_0030', *plugins):
        one.register_plugin(plugin)

    async def start(_):
        await one.get_roster()
        one.send_presence()
        one.ready.set()

    one.add_event_handler('session_start', start)
    return one


async def until(is_so):
    while not is_so():
        await asyncio.sleep(0.05)


async def main():
    alice = client(ALICE, 'xep_0004', 'xep_0050')
    alice.connect((DOMAIN, int(PORT)))
    await alice.ready.wait()
    commands = await alice['xep_0050'].get_commands(DOMAIN, local=False, timeout=20)
    told['offered'] = 'urn:xmpp:invite#invite' in [node for _, node, _ in commands['disco_items']['items']]
    made = await alice['xep_0050'].send_command(DOMAIN, 'urn:xmpp:invite#invite', timeout=20)
    uri = made['command']['form'].get_values()['uri']
    told['uri'] = re.sub('preauth=[0-9a-f]+', 'preauth=TOKEN', uri)
    token = re.search('preauth=([0-9a-f]+)', uri).group(1)

    newt = client(NEW, 'xep_0004', 'xep_0066', 'xep_0077')
    online = []
    alice.add_event_handler('got_online', lambda p: online.append(p['from'].bare))

    async def ask(number, content):
        """This version of slixmpp keeps back what is sent before the login, unless it is sent as it is."""
        answered = asyncio.get_event_loop().create_future()
        matcher = slixmpp.xmlstream.matcher.MatcherId(number)
        newt.register_handler(slixmpp.xmlstream.handler.Callback(number, matcher, answered.set_result, once=True))
        newt.send_raw(f"<iq type='set' to='{DOMAIN}' id='{number}'>{content}</iq>")
        answer = await asyncio.wait_for(answered, 20)
        return answer['type'] if answer['type'] == 'result' else answer['error']['condition']

    async def register(_):
        if 'registered' in told:
            return
        preauth = "<preauth xmlns='urn:xmpp:pars:0' token='%s'/>"
        told['a wrong token'] = await ask('p1', preauth % ('0' * 24))
        told['the token'] = await ask('p2', preauth % token)
        account = f"<username>{newt.boundjid.user}</username><password>{PASSWORD}</password>"
        told['registered'] = await ask('r', f"<query xmlns='jabber:iq:register'>{account}</query>")

    newt.register_feature('register', register, restart=False, order=40)
    newt.connect((DOMAIN, int(PORT)))
    await newt.ready.wait()
    await until(lambda: NEW in online)
    told['contacts'] = [alice.client_roster[NEW]['subscription'], newt.client_roster[ALICE]['subscription']]
    print(json.dumps(told))
    for one in (alice, newt):
        await one.disconnect()


asyncio.get_event_loop().run_until_complete(asyncio.wait_for(main(), 120))
