"""Unmodified slixmpp clients and what else a server has to answer: standards.py PASSWORD PORT CERTIFICATE DOMAIN TURN-SECRET

Prints one JSON object: by specification, what each step has led to.
"""
import asyncio
import base64
import datetime
import hashlib
import hmac
import json
import sys

import slixmpp
from slixmpp.plugins import xep_0082
from slixmpp.plugins.xep_0055 import stanza as search
from slixmpp.plugins.xep_0059 import stanza as rsm
from slixmpp.xmlstream import ET, register_stanza_plugin

PASSWORD, PORT, CERTIFICATE, DOMAIN, SECRET = sys.argv[1:6]
ALICE, BOB, ESCAPED, BEYOND = (f'{name}@{DOMAIN}' for name in ('alice', 'bob', r'd\27artagnan', 'jörg'))
SEARCH = f'search.{DOMAIN}'
PLUGINS = (4, 12, 30, 54, 55, 59, 92, 106, 115, 199, 202, 249, 352)
told = {}


def client(jid):
    one = slixmpp.ClientXMPP(jid, PASSWORD)
    one.ca_certs = CERTIFICATE
    one.default_port = int(PORT)
    one.use_ipv6 = False
    one.ready = asyncio.Event()
    one.auto_authorize = one.auto_subscribe = True
    for number in PLUGINS:
        one.register_plugin(f'xep_{number:04}', {'provide_search': False} if number == 55 else {})
    one.bodies = asyncio.Queue()
    one.add_event_handler('message', lambda m: m['body'] and one.bodies.put_nowait((str(m['from'].bare), m['body'])))

    async def start(_):
        await one['xep_0115'].update_caps(broadcast=False)
        one.send_presence()
        await one.get_roster()
        one.ready.set()

    one.add_event_handler('session_start', start)
    one.connect((DOMAIN, int(PORT)))
    return one


async def outcome(request):
    try:
        return await request
    except slixmpp.exceptions.IqError as error:
        return error.condition


async def until(check):
    for _ in range(200):
        found = await check()
        if found:
            return found
        await asyncio.sleep(0.05)
    return None


async def befriend(alice, bob):
    sees = asyncio.Event()
    alice.add_event_handler('got_online', lambda p: p['from'].bare == BOB and sees.set())
    seen = asyncio.Event()
    bob.add_event_handler('got_online', lambda p: p['from'].bare == ALICE and seen.set())
    alice.send_presence(pto=BOB, ptype='subscribe')
    await asyncio.wait_for(asyncio.gather(sees.wait(), seen.wait()), 30)


async def forms(alice, bob):
    """XEP-0004 and XEP-0055: the form is filled in as the service has made it."""
    for one, name in ((alice, 'Alice'), (bob, 'Alison')):
        card = one['xep_0054'].make_vcard()
        card['N']['GIVEN'] = name
        card['N']['FAMILY'] = 'Liddell'
        await one['xep_0054'].publish_vcard(card, timeout=20)
    asked = bob.make_iq_get(ito=SEARCH)
    asked.enable('search')
    form = (await asked.send(timeout=20))['search']['form']
    told['0004'] = {'kind': form['type'], 'fields': sorted(form.get_fields()), 'hidden': form.get_fields()['FORM_TYPE']['type']}
    form.reply()
    form['type'] = 'submit'
    form['values'] = {'FORM_TYPE': 'jabber:iq:search', 'first': 'ali', 'last': '', 'nick': '', 'email': ''}
    answer = bob.make_iq_set(ito=SEARCH)
    answer['search'].append(form)
    result = (await answer.send(timeout=20))['search']['form']
    told['0004']['result'] = [result['type'], sorted(result['reported'])]
    told['0055'] = sorted([item['jid'], item['first'], item['last']] for item in result['items'])


async def pages(bob):
    register_stanza_plugin(search.Search, rsm.Set)
    query = bob['xep_0055'].make_search_iq(ito=SEARCH)
    query['search']['form'].add_field('last', value='liddell')
    found = []
    async for page in bob['xep_0059'].iterate(query, 'search', amount=1, iq_options={'timeout': 20}):
        found.append([item['jid'] for item in page['search']['form']['items']])
    told['0059'] = found


async def small_questions(alice, bob, stranger):
    last = alice['xep_0012'].get_last_activity
    uptime = (await last(DOMAIN, timeout=20))['last_activity']['seconds']
    told['0012'] = [
        (await bob['xep_0012'].get_last_activity(ALICE, timeout=20))['last_activity']['seconds'],
        0 <= uptime < 600,
        await outcome(stranger['xep_0012'].get_last_activity(ALICE, timeout=20)),
    ]
    version = (await alice['xep_0092'].get_version(DOMAIN, timeout=20))['software_version']
    told['0092'] = [version['name'], version['version'] != '']
    answer = await alice['xep_0202'].get_entity_time(DOMAIN, timeout=20)
    # Its own way to read the answer puts a second "Z" behind the time
    utc, zone = (answer.xml.find(f'{{urn:xmpp:time}}time/{{urn:xmpp:time}}{name}').text for name in ('utc', 'tzo'))
    now = datetime.datetime.now(datetime.timezone.utc)
    told['0202'] = [abs((now - xep_0082.parse(utc)).total_seconds()) < 60, zone]


async def capabilities(alice, bob):
    """A hash that slixmpp knows is one that it has made again from what the entity answered."""
    known = [await until(lambda jid=jid: bob['xep_0115'].get_verstring(jid)) for jid in (DOMAIN, alice.boundjid.full)]
    caps = await bob['xep_0115'].get_caps(verstring=known[0])
    told['0115'] = [ver is not None for ver in known] + ['http://jabber.org/protocol/disco#info' in caps['features']]


async def client_state(alice, bob):
    seen, complete = [], asyncio.Event()

    def hears(presence):
        seen.append(presence['status'])
        if presence['status'] == 'second':
            complete.set()

    alice.add_event_handler('presence_available', lambda p: p['from'].bare == BOB and hears(p))
    alice['xep_0352'].send_inactive()
    await alice['xep_0199'].ping(DOMAIN, timeout=20)
    for status in ('first', 'second'):
        bob.send_presence(pstatus=status)
    await bob['xep_0199'].ping(DOMAIN, timeout=20)
    await alice['xep_0199'].ping(DOMAIN, timeout=20)
    told['0352'] = [alice['xep_0352'].enabled, list(seen)]
    alice['xep_0352'].send_active()
    await asyncio.wait_for(complete.wait(), 20)
    told['0352'].append(seen)


async def addresses(alice, escaped, beyond):
    alice.send_message(mto=ESCAPED, mbody='en garde', mtype='chat')
    told['0106'] = [*(await asyncio.wait_for(escaped.bodies.get(), 20)), escaped.boundjid.bare, escaped.boundjid.unescape().bare]
    alice.send_message(mto=f'JÖRG@{DOMAIN}', mbody='Grüße', mtype='chat')
    heard = await asyncio.wait_for(beyond.bodies.get(), 20)
    beyond.send_message(mto=ALICE, mbody='ebenso', mtype='chat')
    told['7622'] = [heard[1], *(await asyncio.wait_for(alice.bodies.get(), 20))]


async def invited(alice, bob):
    invitation = asyncio.get_event_loop().create_future()
    alice.add_event_handler('groupchat_direct_invite', invitation.set_result)
    bob['xep_0249'].send_invitation(alice.boundjid.bare, f'tea@conference.{DOMAIN}', reason='at six')
    got = await asyncio.wait_for(invitation, 20)
    told['0249'] = [str(got['from'].bare), str(got['groupchat_invite']['jid']), got['groupchat_invite']['reason']]


async def relays(alice):
    question = alice.make_iq_get(ito=DOMAIN)
    question.append(ET.Element('{urn:xmpp:extdisco:2}services'))
    services = [dict(one.attrib) for one in (await question.send(timeout=20)).xml.iter('{urn:xmpp:extdisco:2}service')]
    relay = next(one for one in services if one['type'] == 'turn')
    proof = base64.b64encode(hmac.new(SECRET.encode(), relay['username'].encode(), hashlib.sha1).digest()).decode()
    told['0215'] = [sorted((one['type'], one['host']) for one in services), relay['password'] == proof]


async def main():
    everybody = [client(jid) for jid in (ALICE, BOB, ESCAPED, BEYOND)]
    alice, bob, escaped, beyond = everybody
    await asyncio.gather(*(one.ready.wait() for one in everybody))
    await befriend(alice, bob)
    await forms(alice, bob)
    await pages(bob)
    await small_questions(alice, bob, beyond)
    await capabilities(alice, bob)
    await client_state(alice, bob)
    await addresses(alice, escaped, beyond)
    await invited(alice, bob)
    await relays(alice)
    for one in everybody:
        await one.disconnect()


asyncio.get_event_loop().run_until_complete(asyncio.wait_for(main(), 120))
print(json.dumps(told))
