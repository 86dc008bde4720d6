"""An unmodified slixmpp administers a server (XEP-0133, 0050): administration.py ADMIN-JID PASSWORD PORT CERTIFICATE DOMAIN

The administrator has just logged in and knows nothing but the XEP. Adds a user, lists, disables, enables and deletes; the user
tries to log in after each step, and a user who is no administrator tries the same. Prints one JSON object.
"""
import asyncio
import json
import sys

import slixmpp
from slixmpp.exceptions import IqError

ADMIN, PASSWORD, PORT, CERTIFICATE, DOMAIN = sys.argv[1:6]
NEW = f'newt@{DOMAIN}'
NODE = 'http://jabber.org/protocol/admin#'
told = {}


class Client(slixmpp.ClientXMPP):
    def __init__(self, jid):
        super().__init__(jid, PASSWORD)
        self.ca_certs = CERTIFICATE
        self.default_port = int(PORT)
        self.use_ipv6 = False
        self.outcome = asyncio.get_event_loop().create_future()
        self.notices = []
        for plugin in ('xep_0030', 'xep_0004', 'xep_0050', 'xep_0133'):
            self.register_plugin(plugin)
        self.add_event_handler('session_start', self.started)
        self.add_event_handler('failed_auth', lambda failure: self.settle(failure['condition']))
        self.add_event_handler('message', lambda m: self.notices.append([m['type'], m['from'].full, m['body']]))

    def started(self, _):
        self.send_presence()
        self.settle('in')

    def settle(self, how):
        if not self.outcome.done():
            self.outcome.set_result(how)


async def log_in(jid):
    one = Client(jid)
    one.connect((DOMAIN, int(PORT)))
    return one, await asyncio.wait_for(one.outcome, 60)


async def run(client, name, fill):
    """The command `name`, as a person would use it: the form is shown, and filled in where the page says."""
    plugin, node = client['xep_0050'], NODE + name
    try:
        command = (await plugin.send_command(DOMAIN, node, timeout=30))['command']
        if fill is None or command['status'] == 'completed':
            return command
        form = command['form']
        form['type'] = 'submit'
        for key, value in fill.items():
            form.get_fields()[key]['value'] = value
        again = {'payload': form, 'sessionid': command['sessionid'], 'action': 'complete', 'timeout': 30}
        return (await plugin.send_command(DOMAIN, node, **again))['command']
    except IqError as error:
        return error.condition


async def listed(client, name, field):
    command = await run(client, name, {'max_items': '100'})
    value = command['form'].get_values()[field]
    return sorted(value) if isinstance(value, list) else [value]


async def nodes(client):
    found = await client['xep_0133'].get_commands(timeout=20)
    return sum(1 for _, node, _ in found['disco_items']['items'] if node.startswith(NODE))


async def main():
    admin, told['admin'] = await log_in(ADMIN)
    told['commands'] = await nodes(admin)
    account = {'accountjid': NEW, 'password': PASSWORD, 'password-verify': PASSWORD}
    told['added'] = (await run(admin, 'add-user', account))['status']
    told['added twice'] = await run(admin, 'add-user', account)
    told['registered'] = await listed(admin, 'get-registered-users-list', 'registereduserjids')
    newt, told['newt'] = await log_in(NEW)
    told['newt sees'] = await nodes(newt)
    told['newt may'] = await run(newt, 'delete-user', {'accountjids': [ADMIN]})
    await run(admin, 'announce', {'announcement': 'Tea is ready'})
    while not newt.notices:
        await asyncio.sleep(0.05)
    told['announced'] = newt.notices
    told['online'] = await listed(admin, 'get-online-users-list', 'onlineuserjids')
    gone = asyncio.get_event_loop().create_future()
    newt.add_event_handler('disconnected', lambda _: gone.done() or gone.set_result(True))
    told['disabled'] = (await run(admin, 'disable-user', {'accountjids': [NEW]}))['status']
    told['newt is out'] = await asyncio.wait_for(gone, 30)
    again, told['newt again'] = await log_in(NEW)
    await again.disconnect()
    told['disabled ones'] = await listed(admin, 'get-disabled-users-list', 'disableduserjids')
    told['enabled'] = (await run(admin, 'reenable-user', {'accountjids': [NEW]}))['status']
    back, told['newt is back'] = await log_in(NEW)
    told['deleted'] = (await run(admin, 'delete-user', {'accountjids': [NEW]}))['status']
    told['left'] = await listed(admin, 'get-registered-users-list', 'registereduserjids')
    number = await run(admin, 'get-registered-users-num', None)
    told['number'] = number['form'].get_values()['registeredusersnum']
    print(json.dumps(told))
    await admin.disconnect()


asyncio.get_event_loop().run_until_complete(asyncio.wait_for(main(), 150))
