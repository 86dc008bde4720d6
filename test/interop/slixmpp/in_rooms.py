"""What the driver of slixmpp does in rooms (XEP-0045, XEP-0054, XEP-0199), with `--rooms`."""
import asyncio
import contextlib
import sys
import urllib.request

from slixmpp.exceptions import PresenceError

PLUGINS = ('xep_0045', 'xep_0050', 'xep_0054', 'xep_0066', 'xep_0115', 'xep_0249', 'xep_0363')


class InRooms:
    def prepare_rooms(self, client, write):
        """Asks for state annotations too (XEP-0310), and remembers all that arrives."""
        self.heard = []
        for plugin in PLUGINS:
            client.register_plugin(plugin)
        client.add_filter('in', self.hear)
        client.add_event_handler('groupchat_presence', lambda p: write(**self.occupant(p)))

    def hear(self, stanza):
        self.heard.append(str(stanza))
        return stanza

    async def know_caps(self):
        if '--rooms' in sys.argv:
            self.client['xep_0030'].add_feature('urn:xmpp:psa')
            await self.client['xep_0115'].update_caps(broadcast=False)

    @staticmethod
    def occupant(presence):
        codes = sorted(int(status.attrib['code']) for status in presence.xml.iter('{http://jabber.org/protocol/muc#user}status'))
        annotation = presence.xml.find('{urn:xmpp:psa}state-annotation')
        doubts = [] if annotation is None else [child.tag.split('}')[1] for child in annotation]
        return {
            'shown': 'occupant',
            'from': presence['from'].full,
            'there': presence['type'] != 'unavailable',
            'codes': codes,
            'jid': str(presence['muc']['jid']),
            'by': '' if annotation is None else annotation.attrib['from'],
            'doubts': [doubt for doubt in doubts if doubt in ('server-unavailable', 'connection-paused')],
        }

    async def enter(self, room, nick):
        with contextlib.redirect_stdout(sys.stderr):  # slixmpp 1.8.3 prints
            try:
                await self.client['xep_0045'].join_muc_wait(room, nick, maxstanzas=0, timeout=15)
            except PresenceError as error:
                raise self.Refused(error.condition)
            except asyncio.TimeoutError:
                raise self.Refused('timeout')

    async def open(self, room):
        await self.client['xep_0045'].set_room_config(room, self.client['xep_0004'].make_form('submit'))

    async def leave(self, room, nick):
        self.client['xep_0045'].leave_muc(room, nick)

    async def rename(self, room, nick):
        self.client.send_presence(pto=f'{room}/{nick}')

    async def kick(self, room, nick):
        await self.client['xep_0045'].set_role(room, nick, 'none')

    async def ban(self, room, jid, reason):
        await self.client['xep_0045'].set_affiliation(room, 'outcast', jid=jid, reason=reason)

    async def destroy(self, room, to, reason):
        await self.client['xep_0045'].destroy(room, reason=reason, altroom=to)

    async def command(self, room, node, fields):
        form = self.client['xep_0004'].make_form('submit')
        for name, value in fields.items():
            form.add_field(var=name, value=value)
        await self.client['xep_0050'].send_command(room, node, payload=form)

    async def invite(self, room, jid, reason):
        self.client['xep_0045'].invite(room, jid, reason=reason)

    async def invite_directly(self, room, jid, reason):
        self.client['xep_0249'].send_invitation(jid, room, reason=reason)

    async def tell(self, room, body):
        self.client.send_message(mto=room, mbody=body, mtype='groupchat')

    async def share(self, room, name, hex):
        octets = bytes.fromhex(hex)
        # Its own `find_upload_service` does not run on Python 3.11
        service = f'upload.{self.client.boundjid.domain}'
        answer = await self.client['xep_0363'].request_slot(service, name, len(octets), 'image/png')
        slot = answer['http_upload_slot']
        await self.http('PUT', slot['put']['url'], octets)
        url = slot['get']['url']
        message = self.client.make_message(mto=room, mbody=url, mtype='groupchat')
        message['oob']['url'] = url
        message.send()

    async def fetch(self, url):
        return (await self.http('GET', url)).hex()

    @staticmethod
    async def http(method, url, octets=None):
        request = urllib.request.Request(url, method=method, data=octets, headers={'Content-Type': 'image/png'})
        answer = await asyncio.to_thread(urllib.request.urlopen, request)
        return await asyncio.to_thread(answer.read)

    async def publish(self, name):
        card = self.client['xep_0054'].make_vcard()
        card['FN'] = name
        await self.client['xep_0054'].publish_vcard(card)

    async def card(self, jid):
        answer = await self.client['xep_0054'].get_vcard(jid=jid, cached=False, local=False)
        return answer['vcard_temp']['FN']

    async def octets(self):
        heard, self.heard = self.heard, []
        return heard
