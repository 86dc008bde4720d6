"""slixmpp makes a room and leaves it: make_room.py JID PASSWORD HOST PORT CERTIFICATE ROOM

The room is configured and archived, has a subject, two messages, an admin, a member with a nickname (as far as the server has that), and somebody banned.
"""
import asyncio
import sys

import slixmpp

JID, PASSWORD, HOST, PORT, CERTIFICATE, ROOM = sys.argv[1:7]
DOMAIN = JID.split('@')[1]
WANTED = {
    'muc#roomconfig_roomname': 'The Friar’s cell',
    'muc#roomconfig_roomdesc': 'Where größer & <smaller> meet',
    'muc#roomconfig_persistentroom': True,
    'muc#roomconfig_publicroom': True,
    'muc#roomconfig_moderatedroom': True,
    'muc#roomconfig_changesubject': True,
    'muc#roomconfig_passwordprotectedroom': True,
    'muc#roomconfig_roomsecret': 'sesame',
    'muc#roomconfig_whois': 'anyone',
}


async def archived(client):
    answer = await client['xep_0313'].retrieve(jid=ROOM, timeout=30)
    return len([one for one in answer['mam']['results'] if one['mam_result']['forwarded']['stanza']['body']])


async def play():
    client = slixmpp.ClientXMPP(JID, PASSWORD)
    client.ca_certs = CERTIFICATE
    client.use_ipv6 = False
    for plugin in ('xep_0030', 'xep_0045', 'xep_0313'):
        client.register_plugin(plugin)
    started = asyncio.get_event_loop().create_future()
    client.add_event_handler('session_start', lambda _: started.set_result(None))
    client.connect((HOST, int(PORT)))
    await started
    client.send_presence()
    rooms = client['xep_0045']
    await rooms.join_muc_wait(ROOM, 'Friar', timeout=30)
    form = await rooms.get_room_config(ROOM)
    known = form.get_fields()
    form['type'] = 'submit'
    form.set_values({name: value for name, value in WANTED.items() if name in known})
    await rooms.set_room_config(ROOM, form)
    await rooms.set_affiliation(ROOM, 'admin', jid=f'romeo@{DOMAIN}', reason='a good pupil')
    await rooms.set_affiliation(ROOM, 'member', jid=f'juliet@{DOMAIN}')
    await rooms.set_affiliation(ROOM, 'outcast', jid=f'tybalt@{DOMAIN}', reason='rude')
    heard = asyncio.get_event_loop().create_future()
    client.add_event_handler('groupchat_subject', lambda m: m['subject'] == 'Vows & <rings>' and heard.set_result(None))
    rooms.set_subject(ROOM, 'Vows & <rings>')
    await heard
    for text in ('Good morrow', 'größer & <smaller>'):
        said = asyncio.get_event_loop().create_future()
        client.add_event_handler('groupchat_message', lambda m, said=said, text=text: m['body'] == text and said.set_result(None))
        client.send_message(ROOM, text, mtype='groupchat')
        await said
    while await archived(client) < 2:  # ejabberd stores a message after it has sent it
        await asyncio.sleep(0.1)
    rooms.leave_muc(ROOM, 'Friar')
    await client.disconnect()


asyncio.get_event_loop().run_until_complete(asyncio.wait_for(play(), 60))
