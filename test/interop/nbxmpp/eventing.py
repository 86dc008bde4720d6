"""The library of Gajim, unmodified and without its windows: eventing.py publish|read JID PASSWORD HOST PORT [OWNER]

publish: what Gajim publishes: a bookmark, an avatar and the devices of OMEMO. read: what Gajim is told of OWNER's when it comes online,
what it reads of them, and its own bookmarks. Prints one JSON object. The certificate is the server's own: it is not checked.
"""
import json
import sys

from gi.repository import GLib
from nbxmpp.client import Client
from nbxmpp.const import ConnectionProtocol, ConnectionType
from nbxmpp.modules.user_avatar import Avatar
from nbxmpp.namespaces import Namespace
from nbxmpp.protocol import JID, Presence
from nbxmpp.structs import BookmarkData, DiscoIdentity, StanzaHandler

MODE, ADDRESS, PASSWORD, HOST, PORT = sys.argv[1:6]
OWNER = sys.argv[6] if MODE == 'read' else None
ME = JID.from_string(ADDRESS)
PICTURE = b'a picture of Gajim' * 300
WAIT_MS = 40_000
loop = GLib.MainLoop()
told = {}
result = {'told': told}
# The library itself does not keep what it is to call
kept = []

client = Client(log_context='interop')
client.set_domain(ME.domain)
client.set_username(ME.localpart)
client.set_password(PASSWORD)
client.set_resource('gajim')
client.set_custom_host(f'{HOST}:{PORT}', ConnectionProtocol.TCP, ConnectionType.START_TLS)
client.set_ignore_tls_errors(True)


def fail(what):
    print(json.dumps({'error': what}), flush=True)
    loop.quit()


def steps():
    """Each step is a function that is given what to call when it is done."""
    bookmarks, avatars, omemo = (client.get_module(name) for name in ('NativeBookmarks', 'UserAvatar', 'OMEMO'))
    if MODE == 'publish':
        room = BookmarkData(jid=JID.from_string(f'gajim@conference.{ME.domain}'), name='Gajim', autojoin=True)
        bookmarks.store_bookmarks([room])
        avatar = Avatar()
        avatar.add_image_source(PICTURE, 'image/png', 64, 64)
        yield lambda done: avatars.set_avatar(avatar, public=True, callback=done)
        yield lambda done: omemo.set_devicelist([31337, 42], callback=done)
    else:
        of = JID.from_string(OWNER)
        metadata = yield lambda done: avatars.request_avatar_metadata(jid=of, callback=done)
        data = yield lambda done: avatars.request_avatar_data(metadata.default, jid=of, callback=done)
        result['avatar'] = [metadata.default, len(data.data)]
        devices = yield lambda done: omemo.request_devicelist(jid=of, callback=done)
        result['devices'] = sorted(devices)
    stored = yield lambda done: bookmarks.request_bookmarks(callback=done)
    result['bookmarks'] = sorted([str(one.jid), one.name, one.autojoin] for one in stored)


def run(some, value=None):
    try:
        step = some.send(value)
    except StopIteration:
        finish()
        return

    def done(task):
        try:
            run(some, task.finish())
        except Exception as error:
            fail(repr(error))

    kept.append(done)
    step(done)


def finish():
    """What the client is told comes by itself."""
    if MODE == 'read' and not {'avatar', 'devices'} <= told.keys():
        GLib.timeout_add(50, finish)
    else:
        print(json.dumps(result), flush=True)
        client.disconnect()
    return False


def heard(_client, _stanza, properties):
    if not properties.is_pubsub_event or str(properties.jid) != OWNER:
        return
    node, data = properties.pubsub_event.node, properties.pubsub_event.data
    if node == Namespace.AVATAR_METADATA:
        told['avatar'] = data.default
    elif node == Namespace.OMEMO_TEMP_DL:
        told['devices'] = sorted(data)


def online(*_):
    wanted = [f'{node}+notify' for node in (Namespace.AVATAR_METADATA, Namespace.OMEMO_TEMP_DL, Namespace.BOOKMARKS_1)]
    caps = client.get_module('EntityCaps')
    identity = DiscoIdentity(category='client', type='pc', name='Gajim')
    caps.set_caps([identity], [Namespace.DISCO_INFO, Namespace.CAPS, *wanted], 'https://gajim.org')
    presence = Presence()
    presence.setTag('c', namespace=Namespace.CAPS, attrs=caps.caps._asdict())
    client.send_stanza(presence)
    run(steps())


client.register_handler(StanzaHandler(name='message', callback=heard, ns=Namespace.PUBSUB_EVENT, priority=60))
client.subscribe('connected', online)
client.subscribe('connection-failed', lambda *_: fail('the connection failed'))
client.subscribe('disconnected', lambda *_: loop.quit())
GLib.timeout_add(WAIT_MS, lambda: fail(f'not all came: {result}'))
client.connect()
loop.run()
