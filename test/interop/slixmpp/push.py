"""The server of an app as a slixmpp component, and its client: push.py ALICE-JID BOB-JID PASSWORD PORT CERTIFICATE DOMAIN COMPONENT-PORT SECRET

Alice's client names the service (XEP-0357) and leaves; Bob writes. Prints one JSON object: what the service was told.
"""
import asyncio
import json
import sys
from xml.etree import ElementTree

import slixmpp
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

ALICE, BOB, PASSWORD, PORT, CERTIFICATE, DOMAIN, COMPONENT_PORT, SECRET = sys.argv[1:9]
SERVICE = f'push.{DOMAIN}'
PUSH = 'urn:xmpp:push:0'
PUBSUB = 'http://jabber.org/protocol/pubsub'
FORM = '{jabber:x:data}'
told = []


def client(jid):
    one = slixmpp.ClientXMPP(jid, PASSWORD)
    one.ca_certs = CERTIFICATE
    one.default_port = int(PORT)
    one.use_ipv6 = False
    one.ready = asyncio.Event()

    def start(_):
        one.send_presence()
        one.ready.set()

    one.add_event_handler('session_start', start)
    one.connect((DOMAIN, int(PORT)))
    return one


def service(came):
    one = slixmpp.ComponentXMPP(SERVICE, SECRET, '127.0.0.1', int(COMPONENT_PORT))
    one.ready = asyncio.Event()
    one.add_event_handler('session_start', lambda _: one.ready.set())

    def publish(iq):
        publication = iq.xml.find(f'.//{{{PUBSUB}}}publish')
        fields = {field.get('var'): field.findtext(f'{FORM}value') for field in iq.xml.iter(f'{FORM}field')}
        told.append([str(iq['from']), publication.get('node'), fields['message-count'], fields.get('secret'), 'secret words' in str(iq)])
        iq.reply().send()
        came.set()

    one.register_handler(Callback('publish', MatchXPath(f'{{jabber:component:accept}}iq/{{{PUBSUB}}}pubsub'), publish))
    one.connect()
    return one


async def main():
    came = asyncio.Event()
    app, alice, bob = service(came), client(ALICE), client(BOB)
    await asyncio.wait_for(asyncio.gather(app.ready.wait(), alice.ready.wait(), bob.ready.wait()), 30)
    enable = ElementTree.fromstring(
        f"<enable xmlns='{PUSH}' jid='{SERVICE}' node='phone'><x xmlns='jabber:x:data' type='submit'>"
        f"<field var='FORM_TYPE'><value>{PUBSUB}#publish-options</value></field>"
        "<field var='secret'><value>s3cret</value></field></x></enable>"
    )
    request = alice.make_iq_set()
    request.append(enable)
    await request.send(timeout=20)
    await alice.disconnect()
    bob.send_message(mto=ALICE, mbody='secret words', mtype='chat')
    await asyncio.wait_for(came.wait(), 30)
    await bob.disconnect()
    await app.disconnect()


asyncio.get_event_loop().run_until_complete(asyncio.wait_for(main(), 120))
print(json.dumps(told))
