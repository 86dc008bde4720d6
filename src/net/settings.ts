/** Options of the network: on which addresses the server listens, and with which certificates. */
import { between, duration, files, flag, list, path, section, text, type Settings } from '../base/settings.ts'

export const listenSettings = section({
  'c2s': list(
    ['[::]:5222'],
    'Addresses and ports for clients (RFC 6120), "address:port". [::] is every address, IPv6 and IPv4; port 0 is any free one. An empty list: none.',
  ),
  'c2s-direct-tls': list(['[::]:5223'], 'The same for clients that start with TLS at once (XEP-0368).'),
  's2s': list(
    ['[::]:5269'],
    'The same for other servers. Opened when [federation] is enabled and there is a domain that others can know.',
  ),
  's2s-direct-tls': list(['[::]:5270'], 'The same for servers that start with TLS at once (XEP-0368).'),
  'components': list(
    ['127.0.0.1:5347'],
    'The same for components (XEP-0114), loopback and private addresses only. Opened when there is a [[component]].',
  ),
  'bytestreams': list(
    ['[::]:7777'],
    'The same for file transfers through the proxy (XEP-0065). Opened when [bytestreams] is enabled. Empty: no proxy is offered.',
  ),
  'http': list(
    ['127.0.0.1:5280'],
    'The same for browsers: WebSocket (RFC 7395) and everything else on the web port, without TLS. For a reverse proxy on this machine that adds TLS: see [web] trusted-proxies.',
  ),
  'https': list(['[::]:5281'], 'The same with TLS.'),
  'files': list(
    [],
    'The same with TLS for uploaded files (XEP-0363) alone, apart from everything else on the web port. Empty: they are on the web port.',
  ),
  'monitoring': list(
    ['127.0.0.1:9090'],
    'The same for /health and /metrics. They tell how many users are connected, so do not open this port to the world.',
  ),
})
export type ListenSettings = Settings<typeof listenSettings>

export const tlsSettings = section({
  'certificate': files(
    'PEM file with the certificate and the intermediate certificates, or a list of such files. From a list the server chooses by the name that the client asks for. None: a self-signed certificate is made in the data directory.',
  ),
  'key': files(
    'PEM file with the private key of the certificate, without a passphrase. For a list of certificates: a list of keys in the same order.',
  ),
  'client-authorities': path(
    '',
    'PEM file with the authorities whose client certificates are accepted for EXTERNAL. Empty: clients are not asked for a certificate.',
  ),
})

export const webSettings = section({
  'board': flag(
    true,
    'The presence board at /, the wall at /wall and the operator’s view at /admin; and at the very first start, for browsers on this machine, the page that makes the first two accounts.',
  ),
  'origins': list(
    ['*'],
    'Web origins whose pages may connect, such as "https://chat.example.org"; a page from another origin is refused with 403. "*" allows every origin. That is safe because users log in inside the stream, and no cookie is used.',
  ),
  'trusted-proxies': list(
    ['127.0.0.1', '::1'],
    'Addresses and networks, such as "10.0.0.0/8", of trusted reverse proxies. The server believes what they say about the address of the client (X-Forwarded-For) and about encryption (X-Forwarded-Proto). They must set both headers themselves.',
  ),
  'request-timeout': duration(
    '20 seconds',
    between('1 s', '10 minutes'),
    'How long one whole request may take to arrive. A slower connection is closed.',
  ),
  'see-other-uri': text(
    '',
    'Where WebSocket clients are sent instead, such as "wss://other.example.org/xmpp-websocket" (RFC 7395 3.6.1). Empty: they are served here.',
  ),
})
export type WebSettings = Settings<typeof webSettings>
