"""An unmodified matrix-nio: nio_account.py URL USER PASSWORD. Prints one JSON object: what each step has led to."""
import asyncio
import json
import sys

from nio import AsyncClient

URL, USER, PASSWORD = sys.argv[1:4]


async def main():
    told = {}
    wrong = AsyncClient(URL, USER)
    told['wrong password'] = (await wrong.login('wrong')).status_code
    await wrong.close()

    client = AsyncClient(URL, USER)
    login = await client.login(PASSWORD, device_name='nio')
    told['user'] = login.user_id
    told['device is named'] = login.device_id != ''
    told['whoami'] = (await client.whoami()).user_id
    await client.set_displayname('Alice ♥')
    told['name'] = (await client.get_displayname()).displayname
    told['profile'] = (await client.get_profile()).displayname
    told['devices'] = [device.display_name for device in (await client.devices()).devices]
    await client.set_presence('unavailable', 'reading')
    presence = await client.get_presence(client.user_id)
    told['presence'] = [presence.presence, presence.status_msg]
    filter_id = (await client.upload_filter(room={'timeline': {'limit': 5}})).filter_id
    told['filter is named'] = filter_id != ''
    token = client.access_token
    told['logout'] = type(await client.logout()).__name__
    client.access_token = token
    told['after logout'] = (await client.whoami()).status_code
    await client.close()
    print(json.dumps(told))


asyncio.run(main())
