"""An unmodified slixmpp client uploads files: upload.py ALICE-JID BOB-JID PASSWORD PORT CERTIFICATE DOMAIN

SSL_CERT_FILE names the certificate for HTTPS. In place of aiohttp, which slixmpp only needs for the request itself, stands what
Python brings along. Prints one JSON object: what each step has led to.
"""
import asyncio
import io
import json
import os
import sys
import types
import urllib.request

import slixmpp

ALICE, _, PASSWORD, PORT, CERTIFICATE, DOMAIN = sys.argv[1:7]


class Answer:
    def __init__(self, method, url, headers, data=None):
        self.request = urllib.request.Request(url, method=method, headers=headers, data=data)

    async def __aenter__(self):
        answer = await asyncio.to_thread(urllib.request.urlopen, self.request)
        self.status, self.headers = answer.status, answer.headers
        self.content = await asyncio.to_thread(answer.read)
        return self

    async def __aexit__(self, *_):
        pass

    async def text(self):
        return self.content.decode()

    def close(self):
        pass


class ClientSession:
    def __init__(self, **_):
        pass

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass

    async def put(self, url, data, headers, **_):
        async with Answer('PUT', url, {str(name): str(value) for name, value in headers.items()}, data) as answer:
            return answer


sys.modules['aiohttp'] = types.SimpleNamespace(ClientSession=ClientSession)
FILE = os.urandom(8 * 1024 * 1024)
told = {}


async def main():
    alice = slixmpp.ClientXMPP(ALICE, PASSWORD)
    alice.ca_certs = CERTIFICATE
    alice.default_port = int(PORT)
    alice.use_ipv6 = False
    ready = asyncio.Event()
    alice.register_plugin('xep_0363')
    alice.add_event_handler('session_start', lambda _: ready.set())
    alice.connect((DOMAIN, int(PORT)))
    await asyncio.wait_for(ready.wait(), 20)
    upload = alice['xep_0363']

    # Its own `find_upload_service` does not run on Python 3.11
    disco = alice['xep_0030']
    items = (await disco.get_items(DOMAIN, timeout=20))['disco_items']['items']
    infos = [await disco.get_info(jid, timeout=20) for jid, _, _ in items]
    found = [info for info in infos if 'urn:xmpp:http:upload:0' in info['disco_info']['features']]
    told['services'] = [str(info['from']) for info in found]
    form = found[0]['disco_info'].xml.find('.//{jabber:x:data}field[@var="max-file-size"]/{jabber:x:data}value')
    told['largest'] = upload.max_file_size = int(form.text)
    upload.upload_service = found[0]['from']
    url = await upload.upload_file('picture.png', input_file=io.BytesIO(FILE), size=len(FILE), content_type='image/png')
    async with Answer('GET', url, {}) as answer:
        told['same octets'] = answer.content == FILE
        told['type'] = answer.headers['content-type']
    async with Answer('GET', url, {'range': 'bytes=5000000-'}) as answer:
        told['a part'] = answer.status == 206 and answer.content == FILE[5000000:]
    some = [upload.upload_file(f'{i}.txt', input_file=io.BytesIO(FILE), size=len(FILE)) for i in range(12)]
    told['at once'] = len(set(await asyncio.gather(*some)))
    try:
        await upload.upload_file('x', input_file=io.BytesIO(b''), size=10**9)
    except Exception as error:
        told['too large'] = type(error).__name__
    await alice.disconnect()


asyncio.get_event_loop().run_until_complete(asyncio.wait_for(main(), 120))
print(json.dumps(told))
